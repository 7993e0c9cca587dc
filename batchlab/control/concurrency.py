"""Decide how many calls may be in flight: a fixed limit, or one learned from the rate of delivery."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import harmonic_mean, median
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Completion:
    """One call that has ended.

    Parameters
    ----------
    sent, finished
        Seconds on the run's clock.
    ok
        Whether it brought what was asked for.
    at_limit
        Whether it ended with the limit about reached. Otherwise something else sets the rate, such as a budget's
        pace, and the rate says nothing of the limit.
    work
        How many calls for a single file take as long as this one would on an idle server.
    slowdown
        How many times as long it took as it would there; None where that cannot be told. Of calls that failed, only
        those have one that the server ended for their time.
    in_flight
        Calls under way when it was sent, itself included; 0 where that is not known.
    beside
        Others that were under way when it ended.
    refused
        Whether a rate limit refused it.
    """

    sent: float
    finished: float
    ok: bool
    at_limit: bool = True
    work: float = 1.0
    slowdown: float | None = None
    in_flight: int = 0
    beside: int = 0
    refused: bool = False


@dataclass(frozen=True, slots=True)
class LimitChange:
    """A new concurrency limit, and why."""

    limit: int
    why: str


class ConcurrencyController(Protocol):
    """What sets the concurrency limit.

    The engine asks for ``limit`` before each call and clamps it to ``max_concurrent_requests``; it tells of
    each completion and of each rate limit met.
    """

    limit: int

    def completed(self, completion: Completion) -> LimitChange | None:
        """Take note of a call that has ended; return a change of the limit, if any."""
        ...

    def throttled(self, now: float) -> LimitChange | None:
        """Take note of a rate limit that was met; return a change of the limit, if any."""
        ...

    def clamp(self, ceiling: int) -> None:
        """Take note of a new ceiling."""
        ...


class FixedLimit:
    """The same limit throughout; halved by a rate limit that was met, and regrown by one a round.

    Parameters
    ----------
    ceiling
        The limit, in calls.
    """

    def __init__(self, ceiling: int) -> None:
        self.limit = self._ceiling = ceiling
        self._since_change = 0

    def completed(self, completion: Completion) -> LimitChange | None:
        """Grow back by one for each round of calls, after a halving."""
        if self.limit >= self._ceiling or not completion.ok:
            return None
        self._since_change += 1
        if self._since_change < self.limit:
            return None
        self._since_change = 0
        self.limit += 1
        return LimitChange(self.limit, "regrows after a rate limit")

    def throttled(self, now: float) -> LimitChange | None:
        """Halve."""
        self.limit, self._since_change = max(1, self.limit // 2), 0
        return LimitChange(self.limit, "halved after a rate limit")

    def clamp(self, ceiling: int) -> None:
        """Follow a change of the ceiling at once; the same ceiling again undoes no halving."""
        if ceiling != self._ceiling:
            self.limit = self._ceiling = ceiling


class RateKnee:
    """Learn the limit from the delivery rate: grow while the rate grows, then hold near the knee.

    A round begins with the first completion of a call sent under its limit, so that the pipe is filled to it, and
    where the limit has fallen, once those sent before hold less than a third of it. It lasts ``max(8, 2 x limit)``
    deliveries, in slow start half of that; its rate is the work delivered a second. In slow start the limit doubles
    as long as the rate follows it by at least a fifth; where calls take longer than on an idle server, it grows by as
    much less, and ends where they tell the knee to be. Then it holds, and probes after three rounds, after twice as
    many each time that a probe was taken back, up to sixteen: what calls take tells a change sooner. A fifth less is
    kept unless it costs 5 % of the rate; if it does, the next three probes try a quarter more, each kept if it brings
    5 %. Without the way down, chance alone would carry the limit to its ceiling. Where calls take twice as long as on
    an idle server, or longer, it probes at once, and as far down as that tells the knee to be. Where they take no
    longer, it probes upwards at once, and if that brings more, slow start goes on.

    A call that the server ended for its time, though small enough for an idle server, tells that too many are in
    flight: the limit falls by more than the call was slowed down. A rate limit ends slow start until the ceiling rises
    and is remembered: for the next hour the limit stays below, for twice as long after each further one. Below what:
    where the first refused call was sent on the way to a higher limit, with more in flight than any good one of late,
    nine tenths of what was good; else half of the calls that are served at once.

    Parameters
    ----------
    start, ceiling
        First limit and highest, in calls.

    References
    ----------
    N. Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM Queue 14 (5), 2016: delivery rate as
    the signal, start-up until it stops growing, then probing in cycles.
    """

    FOLLOWS = 0.2
    MISSES = 2
    KEEP = 1.05
    PROBE = 1.25
    ROOM = 1.5  # times the knee that the slowdown tells, since that is an estimate
    LOOK = 8  # calls that tell a change from chance
    ROUNDS = 3  # held between probes, at least
    PATIENCE = 16  # rounds
    UPWARDS = 3
    FREE = 1.2  # times as long as on an idle server, up to which chance explains it
    CROWDED = 2.0  # times as long as on an idle server
    STEP = 1.1  # times the limit below which slow start has no more to try
    STRAGGLERS = 1 / 3  # share of the limit that calls sent before may hold
    TURNS = 4  # times the limit: calls after which no straggler is waited for
    PROVED = 0.9  # of the calls in flight that no limit refused
    OF_LATE = 256  # calls: what a limit refuses by now it may have borne before
    WARY = 3600.0  # seconds

    def __init__(self, start: int, ceiling: int) -> None:
        self.limit = min(start, ceiling)
        self._ceiling = ceiling
        self._starting = True
        self._best_rate = 0.0
        self._held = self.limit
        self._misses = 0
        self._held_rates: list[float] = []
        self._upward_probes = 0
        self._patience = 1
        self._alarmed = False
        self._believed, self._slowdown = self.CROWDED, 1.0
        self._cut_at = -math.inf
        self._proved: deque[int] = deque(maxlen=self.OF_LATE)
        self._refused_at, self._tried = math.inf, 0
        self._most_after_refusal = math.inf
        self._wary_until, self._wary_for = -math.inf, self.WARY
        self._beside = 0
        self._round_limit = self.limit
        self._begin_round(-math.inf)

    def _begin_round(self, now: float) -> None:
        self._round_start = now
        self._stragglers = self._beside if self.limit < self._round_limit else 0
        self._round_limit = self.limit
        self._measured_since: float | None = None
        self._delivered = self._at_limit = self._turned = 0
        self._work = 0.0
        self._slowdowns: list[float] = []

    def completed(self, completion: Completion) -> LimitChange | None:
        """Count it; at the end of a round decide."""
        self._beside = completion.beside
        self._stragglers -= completion.sent < self._round_start
        if completion.ok:
            self._proved.append(completion.in_flight)
        if completion.refused:
            return self._refused(completion)
        if not completion.ok and completion.slowdown is not None and completion.sent >= self._cut_at:
            return self._overloaded(completion.slowdown, completion.finished)
        if self._measured_since is None:
            self._turned += completion.sent >= self._round_start
            if self._turned and self._has_drained:
                self._measured_since = completion.finished
            return None
        self._count(completion)
        if self._has_turned:
            self._alarmed = True
            self._held_rates.clear()
            self._begin_round(completion.finished)  # what was delivered before says nothing of the rate now
        if self._delivered < self._round_length:
            return None
        change = self._end_round(completion.finished) if self._at_limit >= self._delivered / 2 else None
        self._begin_round(completion.finished)
        return change

    @property
    def _has_drained(self) -> bool:
        """Whether the calls sent under a higher limit hold few slots by now."""
        return self._stragglers <= self.STRAGGLERS * self.limit or self._turned >= self.TURNS * self.limit

    @property
    def _round_length(self) -> int:
        return max(self.LOOK, self.limit if self._starting else 2 * self.limit)

    @property
    def _has_turned(self) -> bool:
        """Whether calls take so much longer all at once that the rate of this round is one of two servers."""
        seen = self._slowdowns
        if self._starting or self._alarmed or self.limit != self._held or not seen or len(seen) % self.LOOK:
            return False
        return median(seen[-self.LOOK :]) >= max(self._believed, self.ROOM * self._slowdown)

    def _count(self, completion: Completion) -> None:
        self._at_limit += completion.at_limit
        if completion.ok:
            self._delivered += 1
            self._work += completion.work
            if completion.slowdown is not None:
                self._slowdowns.append(completion.slowdown)

    def _end_round(self, now: float) -> LimitChange | None:
        assert self._measured_since is not None
        if now >= self._wary_until:
            self._most_after_refusal = math.inf
        self._alarmed = False
        rate = self._work / max(1e-9, now - self._measured_since)
        before, self._slowdown = self._slowdown, median(self._slowdowns) if self._slowdowns else 1.0
        if self._is_free and before >= self.FREE:
            self._patience = 1
        return self._slow_start(rate) if self._starting else self._hold(rate)

    @property
    def _is_free(self) -> bool:
        """Whether calls take no longer than on an idle server."""
        return bool(self._slowdowns) and self._slowdown < self.FREE

    @property
    def _crowd(self) -> float:
        """How many times as long calls take for the crowd: 1 where chance explains it."""
        return 1.0 if self._slowdown < self.FREE else self._slowdown

    def _overloaded(self, slowdown: float, now: float) -> LimitChange | None:
        self._starting = False
        # It would have taken longer still, had the clock let it.
        self._held = max(1, math.floor(self.limit / (self.ROOM * slowdown)))
        return self._judge_anew(now, f"a small call ran into the server's clock, {slowdown:.1f} times as long as idle")

    def _judge_anew(self, now: float, why: str) -> LimitChange | None:
        self._cut_at = now
        self._held_rates.clear()
        change = self._set(self._held, why)
        self._begin_round(now)
        return change

    def _slow_start(self, rate: float) -> LimitChange | None:
        grown = self.limit / self._held - 1.0
        if rate >= self._best_rate * (1.0 + self.FOLLOWS * grown):
            self._best_rate, self._held, self._misses = rate, self.limit, 0
            more = 2 * self.limit / self._crowd
            if more >= self.STEP * self.limit:
                return self._set(math.ceil(more), f"{rate:.0f} calls/s and growing: slow start goes on")
        self._misses += 1
        if self._misses < self.MISSES and self._slowdown < self.CROWDED:
            return None
        return self._end_slow_start(rate)

    def _end_slow_start(self, rate: float) -> LimitChange | None:
        self._starting = False
        if self._slowdown >= self.FREE:
            self._held = max(self._held, min(self.limit, math.ceil(self.FREE * self.limit / self._slowdown)))
        return self._set(self._held, f"{rate:.0f} calls/s is no more than before: the knee is passed")

    def _hold(self, rate: float) -> LimitChange | None:
        if self.limit != self._held:
            return self._judge_probe(rate)
        self._held_rates.append(rate)
        crowded = self._slowdown >= self._believed
        if len(self._held_rates) < self._rounds_to_hold and not crowded:
            return None
        self._best_rate = harmonic_mean(self._held_rates)
        self._held_rates.clear()
        return self._probe_near_the_knee() if crowded else self._probe()

    @property
    def _rounds_to_hold(self) -> int:
        if self._is_free:
            return self._patience
        # Where calls do not tell how crowded it is, only probes find out that a server has changed.
        return max(self.ROUNDS, self._patience) if self._slowdowns else self.ROUNDS

    def _probe_near_the_knee(self) -> LimitChange | None:
        self._believed = self._slowdown
        why = f"calls take {self._slowdown:.1f} times as long as idle: probes near the knee"
        return self._set(math.floor(self.ROOM * self._held / self._slowdown), why)

    def _probe(self) -> LimitChange | None:
        if self._upward_probes == 0 and not self._is_free:
            return self._set(math.floor(self._held / self.PROBE), "probes whether less will do")
        self._upward_probes = max(0, self._upward_probes - 1)
        return self._set(math.ceil(self._held * self.PROBE), "probes for more")

    def _judge_probe(self, rate: float) -> LimitChange | None:
        wanted = self._best_rate * (self.KEEP if self.limit > self._held else 1.0 / self.KEEP)
        rates = f"{rate:.0f} calls/s after {self._best_rate:.0f}"
        upwards = self.limit > self._held
        if rate < wanted:
            if not upwards:
                self._upward_probes = self.UPWARDS
                self._believed *= self.ROOM  # so much it is for some other reason than the crowd
            self._patience = min(2 * self._patience, self.PATIENCE)
            return self._set(self._held, f"probe taken back: {rates}")
        self._held, self._believed, self._patience = self.limit, self.CROWDED, 1
        if upwards and self._is_free:
            self._starting, self._best_rate, self._misses = True, rate, 0
        return LimitChange(self.limit, f"probe kept: {rates}")

    def _set(self, limit: int, why: str) -> LimitChange | None:
        limit = max(1, int(min(limit, self._ceiling, self._most_after_refusal)))
        if limit == self.limit:
            return None
        self.limit = limit
        return LimitChange(limit, why)

    def _refused(self, completion: Completion) -> LimitChange | None:
        """Take note of how many were in flight; the first ones to be refused need not be the first to be told."""
        if completion.in_flight:
            self._refused_at = min(self._refused_at, completion.in_flight)
        new_occasion = completion.sent > self._cut_at  # of which `throttled` is told
        if new_occasion:
            self._tried = self.limit
        if new_occasion or not self._is_new_ground or self._below_refusal >= self._most_after_refusal:
            return None
        self._held = self._most_after_refusal = self._below_refusal
        return self._set(self._held, "a call with fewer in flight was refused, too")

    @property
    def _is_new_ground(self) -> bool:
        """Whether the first refused call had more in flight than any good one of late.

        Not where it filled the limit: what has begun to refuse in the middle of a probe does so there.
        """
        return max(self._proved, default=0) < self._refused_at < self._tried

    @property
    def _below_refusal(self) -> int:
        """Calls in flight that the limit just met will bear."""
        if self._is_new_ground:
            return max(1, math.floor(self.PROVED * (self._refused_at - 1)))
        # What calls have told of the crowd is of the limit held, not of one that is being tried.
        return max(1, math.floor(min(self._held / self._crowd, self.limit) / 2))

    def throttled(self, now: float) -> LimitChange | None:
        """Stay below what was refused, leave slow start, and judge anew from here."""
        self._starting = False
        self._held = self._most_after_refusal = min(self._below_refusal, self.limit)
        self._wary_until, self._wary_for = now + self._wary_for, 2 * self._wary_for
        return self._judge_anew(now, "a rate limit was met: stays below")

    def clamp(self, ceiling: int) -> None:
        """Shrink at once to a lower ceiling; a higher one is room to probe into."""
        if ceiling > self._ceiling and self.limit == self._ceiling:
            self._starting, self._best_rate = True, 0.0
        self._ceiling = ceiling
        self.limit = min(self.limit, ceiling)
        self._held = min(self._held, ceiling)
        self._held_rates.clear()
