"""Learn how many calls may be in flight from the rate of delivery."""

from __future__ import annotations

import math

from batchlab.control.concurrency import Completion, LimitChange
from batchlab.control.opening import Opening
from batchlab.control.probing import Probing
from batchlab.control.refusals import Refusals
from batchlab.control.returning import Returning
from batchlab.control.rounds import Round
from batchlab.control.slow_start import SlowStart


class RateKnee:
    """Learn the limit from the delivery rate: grow while the rate grows, then hold near the knee.

    A run opens with one more call after each answer (`Opening`), and is judged by rounds from then on: first in
    `SlowStart`, then by `Probing`, which goes back to slow start where it finds much room, as a higher ceiling does.

    A call that the server ended for its time, though small enough for an idle server, tells that too many are in
    flight: the limit falls by more than the call was slowed down, and from there each good answer lets one more in, up
    to what was served at once. A rate limit ends slow start; from then on the limit stays below what was refused
    (`Refusals`), and grows up to there once calls are served again (`Returning`).

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
    CAREFUL = 4  # times fewer that go first once a rate limit is over

    def __init__(self, start: int, ceiling: int, opening: int = OPENING) -> None:
        self.limit = min(start, ceiling)
        self._ceiling = ceiling
        self._letting_in: Opening | Returning | None = _opening(self.limit, min(opening, ceiling))
        self._slow_start: SlowStart | None = SlowStart(self.limit)
        self._probing = Probing(self.limit)
        self._refusals = Refusals()
        self._judged_from = -math.inf  # what was sent before tells of another limit
        self._beside = 0
        self._round = Round(self.limit, -math.inf)
        self._told = Round(ceiling, -math.inf)  # the last that did; so far nothing bounds what is served at once

    @property
    def _phase(self) -> SlowStart | Probing:
        return self._slow_start or self._probing

    def completed(self, completion: Completion) -> LimitChange | None:
        """Count it; at the end of a round decide."""
        self._beside = completion.beside
        self._round.note(completion)
        if completion.refused:
            self._refused(completion)
            return None
        if completion.ok:
            if completion.sent > self._judged_from:
                self._refusals.good(completion.in_flight)
        elif completion.slowdown is not None and completion.sent >= self._judged_from:
            return self._overloaded(completion.slowdown, completion.finished)
        return self._let_in(self._letting_in, completion) if self._letting_in else self._judge(completion.finished)

    def _let_in(self, letting_in: Opening | Returning, answer: Completion) -> LimitChange | None:
        wanted = letting_in.next(self.limit, answer) if answer.sent > self._judged_from else None
        if wanted is None:
            return None
        change = self._set(wanted)
        if change is None or letting_in.ended:
            self._letting_in = None
        self._phase.held = self.limit
        self._begin_round(answer.finished)
        return change

    def _judge(self, now: float) -> LimitChange | None:
        if self._slow_start is None and self._probing.notices(self.limit, self._round, self._told):
            self._begin_round(now)
        if not self._phase.is_enough(self.limit, self._round):
            return None
        change = self._end_round(now) if self._round.tells else None
        self._begin_round(now)
        return change

    def _begin_round(self, now: float) -> None:
        self._round = Round(self.limit, now, self._beside if self.limit < self._round.limit else 0)

    def _end_round(self, now: float) -> LimitChange | None:
        self._refusals.forget(now)
        told, before, self._told = self._round, self._told, self._round
        rate = told.rate(now)
        if self._slow_start is not None:
            return self._set(self._grow(self._slow_start, told, rate))
        return self._set(self._probe(told, before, rate))

    def _grow(self, slow_start: SlowStart, told: Round, rate: float) -> LimitChange | None:
        wanted = slow_start.judge(self.limit, told, rate)
        if slow_start.ended:
            self._hold(slow_start.held)
        return wanted

    def _probe(self, told: Round, before: Round, rate: float) -> LimitChange | None:
        if self.limit == self._refusals.most and told.slowdown < Round.CROWDED:
            return None  # more is not borne, and only a crowd is a reason for less
        wanted = self._probing.judge(self.limit, told, before, rate)
        if self._probing.finds_room:
            self._slow_start = SlowStart(self.limit, rate)
        return wanted

    def _hold(self, limit: int) -> None:
        self._slow_start = None
        self._probing.held = limit

    def _overloaded(self, slowdown: float, now: float) -> LimitChange | None:
        # It would have taken longer still, had the clock let it.
        borne = max(1, math.floor(self.limit / (Round.ROOM * slowdown)))
        why = f"a small call ran into the server's clock, {slowdown:.1f} times as long as idle"
        self._letting_in = _opening(borne, math.floor(self.limit / slowdown))
        return self._judge_anew(borne, LimitChange(borne, why), now)

    def _judge_anew(self, held: int, change: LimitChange, now: float) -> LimitChange | None:
        self._judged_from = now
        self._hold(held)
        self._probing.forget()
        followed = self._set(change)
        self._begin_round(now)
        return followed

    def _refused(self, completion: Completion) -> None:
        self._refusals.refused(completion.in_flight)
        # `throttled` is told of each occasion; this call belongs to one that it knows of.
        if completion.sent <= self._judged_from and self._refusals.is_new_ground:
            self._phase.held = self._refusals.most = self._borne

    @property
    def _borne(self) -> int:
        """Calls in flight that the limit just met will bear."""
        return self._refusals.bears(min(self._told.served, self._phase.held, self.limit))

    def throttled(self, now: float) -> LimitChange | None:
        """Stay below what was refused, leave slow start, and judge anew from here."""
        held = min(self._borne, self.limit)
        self._refusals.remember(held, now)
        why = f"a rate limit was met: goes on with few, then with {held}"
        self._letting_in = Returning()
        return self._judge_anew(held, LimitChange(held // self.CAREFUL, why), now)

    def clamp(self, ceiling: int) -> None:
        """Shrink at once to a lower ceiling; a higher one is room to grow into."""
        if ceiling == self._ceiling:
            return
        if isinstance(self._letting_in, Opening):
            self._letting_in = None
        if ceiling > self._ceiling == self.limit:
            self._slow_start = SlowStart(self._phase.held)
        self._ceiling = ceiling
        self.limit = min(self.limit, ceiling)
        self._phase.held = min(self._phase.held, ceiling)
        self._probing.forget()

    def _set(self, wanted: LimitChange | None) -> LimitChange | None:
        if wanted is None:
            return None
        limit = max(1, int(min(wanted.limit, self._ceiling, self._refusals.most)))
        if limit == self.limit:
            return None
        self.limit = limit
        return LimitChange(limit, wanted.why)


def _opening(start: int, most: int) -> Opening | None:
    opening = Opening(start, most)
    return None if opening.ended else opening
