"""Learn how many calls may be in flight from the rate of delivery."""

from __future__ import annotations

import math
from statistics import harmonic_mean

from batchlab.control.concurrency import Completion, LimitChange
from batchlab.control.opening import Opening
from batchlab.control.refusals import Refusals
from batchlab.control.rounds import Round


class RateKnee:
    """Learn the limit from the delivery rate: grow while the rate grows, then hold near the knee.

    A run opens with one more call after each answer (`Opening`), and is judged by rounds from then on. A `Round`
    lasts ``max(8, 2 x limit)`` deliveries, in slow start half of that. In slow start the limit doubles as long as the
    rate follows it by at least a fifth; where calls take longer than on an idle server, it grows by as much less, and
    ends where they tell the knee to be. Then it holds, and probes after three rounds, after twice as many each time
    that a probe was taken back, up to sixteen: what calls take tells a change sooner. A fifth less is kept unless it
    costs 5 % of the rate; if it does, the next three probes try a quarter more, each kept if it brings 5 %. Without
    the way down, chance alone would carry the limit to its ceiling. Where calls take twice as long as on an idle
    server, or longer, it probes at once, and as far down as that tells the knee to be. Where they take no longer, it
    probes upwards at once, and if that brings more, slow start goes on.

    A call that the server ended for its time, though small enough for an idle server, tells that too many are in
    flight: the limit falls by more than the call was slowed down. A rate limit ends slow start until the ceiling rises;
    from then on the limit stays below what was refused (`Refusals`), and once calls are served again, it doubles up to
    there from a fourth of it.

    Parameters
    ----------
    start, ceiling
        First limit and highest, in calls.
    opening
        Limit at which the opening ends; there is none where the run starts with as many.

    References
    ----------
    N. Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM Queue 14 (5), 2016: delivery rate as
    the signal, start-up until it stops growing, then probing in cycles.
    """

    OPENING = 32
    FOLLOWS = 0.2
    MISSES = 2
    KEEP = 1.05
    PROBE = 1.25
    MAY_COST = 1.15  # where calls tell the crowd: the round is short, and what was too much comes back upwards
    ROOM, CROWDED = Opening.ROOM, Opening.CROWDED
    ROUNDS = 3  # held between probes, at least
    PATIENCE = 16  # rounds
    UPWARDS = 3
    FREE = 1.2  # times as long as on an idle server, up to which chance explains it
    CAREFUL = 4  # times fewer that go first once a rate limit is over
    STEP = 1.1  # times the limit below which slow start has no more to try

    def __init__(self, start: int, ceiling: int, opening: int = OPENING) -> None:
        self.limit = min(start, ceiling)
        self._ceiling = ceiling
        self._starting = True
        self._opening = Opening(self.limit, min(opening, ceiling))
        self._best_rate = 0.0
        self._held = self.limit
        self._misses = 0
        self._held_rates: list[float] = []
        self._upward_probes = 0
        self._patience = 1
        self._alarmed = False
        self._believed, self._slowdown = self.CROWDED, 1.0
        self._may_cost = self.KEEP
        self._cut_at = -math.inf
        self._returning, self._turn = False, 0
        self._refusals = Refusals()
        self._served = math.inf
        self._beside = 0
        self._round = Round(self.limit, -math.inf)

    def _begin_round(self, now: float) -> None:
        self._round = Round(self.limit, now, self._beside if self.limit < self._round.limit else 0)

    def completed(self, completion: Completion) -> LimitChange | None:
        """Count it; at the end of a round decide."""
        self._beside = completion.beside
        self._round.note(completion)
        if completion.refused:
            return self._refused(completion)
        if completion.ok:
            if completion.sent > self._cut_at:
                self._refusals.good(completion.in_flight)
        elif completion.slowdown is not None and completion.sent >= self._cut_at:
            return self._overloaded(completion.slowdown, completion.finished)
        if self._returning:
            return self._let_more_in(completion)
        return self._judge(completion.finished) if self._opening.ended else self._open(completion)

    def _open(self, completion: Completion) -> LimitChange | None:
        if not (completion.ok and completion.at_limit):
            return None
        opened = self._opening.next(self.limit, completion)
        change = self._set(opened.limit, opened.why)
        self._held = self.limit
        self._begin_round(completion.finished)
        return change

    def _judge(self, now: float) -> LimitChange | None:
        if self._has_turned:
            self._alarmed = True
            self._held_rates.clear()
            self._begin_round(now)  # what was delivered before says nothing of the rate now
        if self._round.delivered < self._round_length:
            return None
        change = self._end_round(now) if self._round.tells else None
        self._begin_round(now)
        return change

    @property
    def _round_length(self) -> int:
        return max(Round.LOOK, self.limit if self._starting else 2 * self.limit)

    @property
    def _has_turned(self) -> bool:
        """Whether calls take so much longer all at once that the rate of this round is one of two servers."""
        if self._starting or self._alarmed or self.limit != self._held:
            return False
        return self._round.lately >= max(self._believed, self.ROOM * self._slowdown)

    def _end_round(self, now: float) -> LimitChange | None:
        self._refusals.forget(now)
        self._alarmed = False
        before, self._slowdown = self._slowdown, self._round.slowdown
        if self._is_free and before >= self.FREE:
            self._patience = 1
        self._served = self._round.limit / max(1.0, self._slowdown)
        rate = self._round.rate(now)
        return self._slow_start(rate) if self._starting else self._hold(rate)

    @property
    def _is_free(self) -> bool:
        """Whether calls take no longer than on an idle server."""
        return bool(self._round.slowdowns) and self._slowdown < self.FREE

    @property
    def _crowd(self) -> float:
        """How many times as long calls take for the crowd: 1 where chance explains it."""
        return 1.0 if self._slowdown < self.FREE else self._slowdown

    def _overloaded(self, slowdown: float, now: float) -> LimitChange | None:
        self._starting = False
        # It would have taken longer still, had the clock let it.
        self._held = max(1, math.floor(self.limit / (self.ROOM * slowdown)))
        why = f"a small call ran into the server's clock, {slowdown:.1f} times as long as idle"
        return self._judge_anew(self._held, now, why)

    def _judge_anew(self, limit: int, now: float, why: str) -> LimitChange | None:
        self._cut_at, self._opening.ended = now, True
        self._held_rates.clear()
        change = self._set(limit, why)
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
        return max(self.ROUNDS, self._patience) if self._round.slowdowns else self.ROUNDS

    def _probe_near_the_knee(self) -> LimitChange | None:
        self._believed, self._may_cost = self._slowdown, self.MAY_COST
        why = f"calls take {self._slowdown:.1f} times as long as idle: probes near the knee"
        return self._set(math.floor(self.ROOM * self._held / self._slowdown), why)

    def _probe(self) -> LimitChange | None:
        if self._upward_probes == 0 and not self._is_free:
            return self._set(math.floor(self._held / self.PROBE), "probes whether less will do")
        self._upward_probes = max(0, self._upward_probes - 1)
        return self._set(math.ceil(self._held * self.PROBE), "probes for more")

    def _judge_probe(self, rate: float) -> LimitChange | None:
        upwards = self.limit > self._held
        wanted = self._best_rate * (self.KEEP if upwards else 1.0 / self._may_cost)
        self._may_cost = self.KEEP
        rates = f"{rate:.0f} calls/s after {self._best_rate:.0f}"
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
        limit = max(1, int(min(limit, self._ceiling, self._refusals.most)))
        if limit == self.limit:
            return None
        self.limit = limit
        return LimitChange(limit, why)

    def _refused(self, completion: Completion) -> LimitChange | None:
        is_first = completion.sent > self._cut_at  # `throttled` is told of each occasion
        # Where one is let in after the other it is this growth that is refused, also where it fills the limit.
        limit = self.limit + (self._returning or not self._opening.ended)
        self._refusals.refused(completion.in_flight, limit if is_first else None)
        if not is_first and self._refusals.is_new_ground:
            self._held = self._refusals.most = self._bears
        return None

    @property
    def _bears(self) -> int:
        """Calls in flight that the limit just met will bear."""
        return self._refusals.bears(min(self._served, self._held, self.limit))

    def throttled(self, now: float) -> LimitChange | None:
        """Stay below what was refused, leave slow start, and judge anew from here."""
        self._starting, self._returning, self._turn = False, True, 0
        self._held = min(self._bears, self.limit)
        self._refusals.remember(self._held, now)
        why = f"a rate limit was met: goes on with few, then with {self._held}"
        return self._judge_anew(self._held // self.CAREFUL, now, why)

    def _let_more_in(self, completion: Completion) -> LimitChange | None:
        """Double the limit after each turn of good answers, up to the one held.

        If that is refused, too, the first refused call tells how many are borne; of many sent at once it would not.
        """
        self._turn += completion.ok and completion.sent > self._cut_at
        if self._turn < self.limit:
            return None
        self._turn = 0
        self._returning = self.limit < self._held
        change = self._set(min(2 * self.limit, self._held), "served again: lets more in")
        self._begin_round(completion.finished)
        return change

    def clamp(self, ceiling: int) -> None:
        """Shrink at once to a lower ceiling; a higher one is room to probe into."""
        if ceiling > self._ceiling and self.limit == self._ceiling:
            self._starting, self._best_rate = True, 0.0
        self._opening.ended |= ceiling != self._ceiling
        self._ceiling = ceiling
        self.limit = min(self.limit, ceiling)
        self._held = min(self._held, ceiling)
        self._held_rates.clear()
