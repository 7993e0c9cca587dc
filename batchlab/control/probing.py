"""Hold a limit near the knee, and probe now and then whether less will do or more brings more."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import harmonic_mean

from batchlab.control.concurrency import LimitChange
from batchlab.control.rounds import Round


@dataclass(frozen=True, slots=True)
class _Baseline:
    """What a probe is measured against: the rate before it, and how many times less is as good."""

    rate: float
    may_cost: float


class Probing:
    """Hold the limit for some rounds, try another one for a round, and keep the better.

    A probe comes after three rounds, after twice as many each time that one was taken back, up to sixteen where what
    calls take tells a change sooner. A fifth less is kept unless it costs 5 % of the rate; if it does, the next three
    probes try a quarter more, each kept if it brings 5 %. Without the way down, chance alone would carry the limit to
    its ceiling. Where calls take twice as long as on an idle server, or longer, it probes at once, and as far down as
    that tells the knee to be. Where they take no longer, it probes upwards at once.

    Attributes
    ----------
    held
        Calls in flight that are known to be worth it.
    finds_room
        Whether the last probe brought more, of a server that is not crowded: there may be much more.

    Examples
    --------
    >>> probing, told = Probing(held=20), Round(limit=20, began=0.0)
    >>> [probing.judge(20, told, before=told, rate=100.0) for _ in range(2)]
    [None, None]
    >>> probing.judge(20, told, before=told, rate=100.0)
    LimitChange(limit=16, why='probes whether less will do')
    >>> probing.judge(16, told, before=told, rate=80.0)
    LimitChange(limit=20, why='probe taken back: 80 calls/s after 100')
    """

    KEEP = 1.05
    PROBE = 1.25
    MAY_COST = 1.15  # where calls tell the crowd: the round is short, and what was too much comes back upwards
    ROUNDS = 3  # held between probes, at least
    PATIENCE = 16  # rounds
    UPWARDS = 3  # probes

    def __init__(self, held: int) -> None:
        self.held, self.finds_room = held, False
        self._rates: list[float] = []
        self._baseline = _Baseline(0.0, self.KEEP)
        self._upwards, self._patience = 0, 1
        self._believed, self._alarmed = Round.CROWDED, False

    def is_enough(self, limit: int, told: Round) -> bool:
        """Tell whether a round under a limit is over: after two turns."""
        return told.delivered >= max(Round.LOOK, 2 * limit)

    def forget(self) -> None:
        """Begin to hold anew: what was delivered says nothing of what comes."""
        self._rates.clear()

    def notices(self, limit: int, told: Round, before: Round) -> bool:
        """Tell, once a round, whether calls take so much longer all at once that its rate is one of two servers."""
        if self._alarmed or limit != self.held or told.lately < self._believed:
            return False
        self._alarmed = told.lately >= Round.ROOM * before.slowdown
        if self._alarmed:
            self.forget()
        return self._alarmed

    def judge(self, limit: int, told: Round, before: Round, rate: float) -> LimitChange | None:
        """Take note of a round under a limit, of the one before and of its rate; return the limit to go on with."""
        self._alarmed = self.finds_room = False
        if told.is_free and before.crowd > 1.0 and before.limit == limit:
            self._patience = 1  # the server has become quicker: what was probed before says little
        return self._hold(told, rate) if limit == self.held else self._judge_probe(limit, told, rate)

    def _hold(self, told: Round, rate: float) -> LimitChange | None:
        self._rates.append(rate)
        crowded = told.slowdown >= self._believed
        if len(self._rates) < self._rounds_to_hold(told) and not crowded:
            return None
        self._baseline = _Baseline(harmonic_mean(self._rates), self.MAY_COST if crowded else self.KEEP)
        self.forget()
        return self._probe_near_the_knee(told) if crowded else self._probe(told)

    def _rounds_to_hold(self, told: Round) -> int:
        if told.is_free:
            return self._patience
        # Where calls do not tell how crowded it is, only probes find out that a server has changed.
        return max(self.ROUNDS, self._patience) if told.slowdowns else self.ROUNDS

    def _probe_near_the_knee(self, told: Round) -> LimitChange:
        self._believed = told.slowdown
        why = f"calls take {told.slowdown:.1f} times as long as idle: probes near the knee"
        return LimitChange(math.floor(Round.ROOM * self.held / told.slowdown), why)

    def _probe(self, told: Round) -> LimitChange:
        if self._upwards == 0 and not told.is_free and self.held > 1:
            return LimitChange(math.floor(self.held / self.PROBE), "probes whether less will do")
        self._upwards = max(0, self._upwards - 1)
        return LimitChange(math.ceil(self.held * self.PROBE), "probes for more")

    def _judge_probe(self, limit: int, told: Round, rate: float) -> LimitChange | None:
        upwards = limit > self.held
        if rate < self._baseline.rate * (self.KEEP if upwards else 1.0 / self._baseline.may_cost):
            return self._take_back(upwards, rate)
        self.held, self._believed, self._patience = limit, Round.CROWDED, 1
        self.finds_room = upwards and told.is_free
        return None

    def _take_back(self, upwards: bool, rate: float) -> LimitChange:
        if not upwards:
            self._upwards = self.UPWARDS
            self._believed *= Round.ROOM  # so much it is for some other reason than the crowd
        self._patience = min(2 * self._patience, self.PATIENCE)
        return LimitChange(self.held, f"probe taken back: {rate:.0f} calls/s after {self._baseline.rate:.0f}")
