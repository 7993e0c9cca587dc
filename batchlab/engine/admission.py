"""What may be sent now: slots, repositories open at once, the budgets' pace, memory."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import partial

from batchlab import clock
from batchlab.batch_config import BatchConfig
from batchlab.control.limiter import Limiter
from batchlab.control.measurements import Measurements
from batchlab.control.policies import Policy
from batchlab.control.waits import Reason
from batchlab.engine.governor import Governor, Hold
from batchlab.engine.holdings import Holdings
from batchlab.engine.work_queue import Lane, WorkQueue

SLOT = Hold(Reason.SLOT, math.inf)
PAUSED = Hold(Reason.PAUSED, math.inf)


class Admission:
    """Tells what holds a lane back.

    Parameters
    ----------
    policy, config, measured
        The strategy, the live settings, what the calls have shown.
    queue
        What waits.
    limiter, governor, holdings
        What counts the slots, keeps the limits of pools, and has the memory.
    files_a_call
        From a lane to the jobs that one call of it carries.
    """

    def __init__(
        self,
        policy: Policy,
        config: BatchConfig,
        measured: Measurements,
        queue: WorkQueue,
        limiter: Limiter,
        governor: Governor,
        holdings: Holdings,
        files_a_call: Callable[[Lane], int],
    ) -> None:
        self._policy, self._config, self._measured, self._queue = policy, config, measured, queue
        self._limiter, self._governor, self._holdings = limiter, governor, holdings
        self._files_a_call = files_a_call
        self._open: Counter[Lane] = Counter()

    def began(self, lane: Lane) -> None:
        """Take note that a batch of a lane is under way."""
        self._open[lane] += 1

    def ended(self, lane: Lane) -> None:
        """Take note that one has ended."""
        self._open[lane] -= 1

    def hold(self, lane: Lane, now: float) -> Hold | None:
        """Return what holds the next batch of a lane back, None where it may be sent."""
        if self._limiter.paused:
            return PAUSED
        if not self._limiter.free or self._may_fill_up(lane):
            return SLOT
        if lane.reads_repository and (
            self._repositories_open >= self._config.max_concurrent_repos or self._may_overfill(lane)
        ):
            return SLOT
        demand = partial(self.demand, lane.pool)
        hold = self._governor.hold(lane.pool, demand, now, clock.epoch(), route=lane.route)
        if hold is None and not self._holdings.room_for(self._queue.peek(lane).job.memory):
            self._holdings.blocked()
            return SLOT
        return hold

    @property
    def _repositories_open(self) -> int:
        return sum(count for lane, count in self._open.items() if lane.reads_repository)

    def _may_overfill(self, lane: Lane) -> bool:
        """Whether so many archives of a run that plans are under way that one more may overfill the link."""
        return self._policy.plans and lane.is_archive and self._open[lane] >= self._measured.streams.limit

    def _may_fill_up(self, lane: Lane) -> bool:
        """Whether a call of this lane would leave part empty, and trees under way may bring more for it."""
        if self._queue.length(lane) >= self._files_a_call(lane) or self._queue.peek(lane).attempt > 1:
            return False
        return any(count and other.route == "tree" for other, count in self._open.items())

    def demand(self, pool: str) -> int:
        """Return the calls that what waits needs of a pool."""
        lanes = [lane for lane in self._queue.lanes if lane.pool == pool]
        return sum(math.ceil(self._queue.length(lane) / self._files_a_call(lane)) for lane in lanes)

    @property
    def archives_waiting(self) -> int:
        """Archives that wait to be sent for."""
        return sum(self._queue.length(lane) for lane in self._queue.lanes if lane.is_archive)

    @property
    def archives_under_way(self) -> int:
        """Archives that were sent for and have not come."""
        return sum(count for lane, count in self._open.items() if lane.is_archive)

    @property
    def files_waiting(self) -> int:
        """Files that wait to be sent for, but for those of archives."""
        return sum(self._queue.length(lane) for lane in self._queue.lanes if not lane.reads_repository)
