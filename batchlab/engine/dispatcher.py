"""Send what is queued, as fast as limits allow: one limiter, one governor a pool, one pause shared by all.

The dispatcher acts when something happens (a completion, a change of configuration, a time that has come) and never
polls. What a job is, it does not know.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable
from functools import partial
from typing import Any

from batchlab import clock
from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig, Changes
from batchlab.config_files import text_of
from batchlab.control.measurements import Measurements
from batchlab.control.policies import Policy
from batchlab.control.trace import Trace
from batchlab.control.waits import Reason
from batchlab.engine.admission import Admission
from batchlab.engine.caller import Caller
from batchlab.engine.governor import Governor, Hold
from batchlab.engine.holdings import Holdings
from batchlab.engine.limit_in_force import LimitInForce
from batchlab.engine.recovery import Recovery
from batchlab.engine.work_queue import Entry, Job, Lane, Recall, WorkQueue
from batchlab.errors import AuthenticationError, BatchLabError, CancelledFileError
from batchlab.frames.records import BatchRecord, TimelineSample


def stopped() -> CancelledFileError:
    """Return the error of files that a stopped run did not read."""
    return CancelledFileError("the run was stopped before this file was read; run it again to read the rest")


class Dispatcher:
    """Carries jobs out, on the running loop, until none is left.

    Parameters
    ----------
    client
        What sends a call.
    config
        Live settings: a change is obeyed before the next call is sent.
    policy
        The strategy.
    trace
        Where calls, batches, decisions and samples are written.
    holdings
        Tells whether memory has room for a call.
    files_a_call
        From a lane to the jobs that one call of it carries.
    measured
        Where the times of calls for a tree or a single file are noted.
    recalled
        The limit that an earlier run kept to, None to begin with the policy's own.
    seed
        Seed of the backoff jitter.
    operation
        Number of the operation that the batches belong to.
    """

    def __init__(
        self,
        client: AsyncGitHubClient,
        config: BatchConfig,
        policy: Policy,
        trace: Trace,
        holdings: Holdings,
        *,
        files_a_call: Callable[[Lane], int] = lambda lane: 1,
        measured: Measurements | None = None,
        recalled: int | None = None,
        seed: int = 0,
        operation: int = 0,
    ) -> None:
        self._config, self._policy, self._trace = config, policy, trace
        self._holdings = holdings
        self._operation, self._files_a_call = operation, files_a_call
        self._limit = LimitInForce(policy, config, trace, recalled)
        self.limiter = self._limit.limiter
        self.governor = Governor(policy, config)
        self._measured = measured or Measurements()
        self._caller = Caller(client, config, self.governor, trace, self._measured, self._limit, self._moved)
        self._queue = WorkQueue()
        self._recovery = Recovery(
            policy, config, self._queue, self.governor, self._limit, trace, self._send_another_way, seed
        )
        self.admission = Admission(
            policy, config, self._measured, self._queue, self.limiter, self.governor, holdings, files_a_call
        )
        self._running: dict[asyncio.Task[None], tuple[Entry, BatchRecord]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stopped: BatchLabError | None = None
        self._external_wait = contextlib.ExitStack()
        self.files_done: Callable[[], int] = lambda: 0
        self._holds: dict[Lane, Hold] = {}
        self.reconfigured: Callable[[], None] = lambda: None
        self.pumped: Callable[[float], None] = lambda now: None
        self.to_plan_anew: Callable[[], Recall] = Recall
        self.plan_anew: Callable[[list[Job]], None] = lambda jobs: None
        self.lane_refused: Callable[[], None] = lambda: None

    def submit(self, job: Job) -> None:
        """Queue a job; may be called by jobs under way."""
        if self._stopped is not None:
            job.failed(self._stopped)
            return
        self._queue.add(job, clock.now())

    async def run(self) -> None:
        """Carry out everything that is queued, and what that queues in turn.

        Raises
        ------
        AuthenticationError
            The token was refused; every outstanding job has failed with it.
        """
        loop = asyncio.get_running_loop()

        def changed(changes: Changes) -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: there is nothing left to steer
                loop.call_soon_threadsafe(self._safely, self._reconfigure, changes)

        unsubscribe = self._config.subscribe(changed)
        try:
            self._pump()
            await self._finished
        except BaseException:
            self.stop(stopped())
            raise
        finally:
            unsubscribe()
            await self._settle()
        if isinstance(self._stopped, AuthenticationError):
            raise self._stopped

    def stop(self, error: BatchLabError) -> None:
        """Send nothing more and end what is under way; every outstanding job fails with ``error``."""
        if self._stopped is not None:
            return
        self._stopped = error
        for entry in list(self._queue.drain(clock.now())):
            entry.job.failed(error)
        for task in self._running:
            task.cancel()
        self._pump()

    def pause(self, paused: bool) -> None:
        """Send nothing until it is resumed, or go on; calls in flight end as usual."""
        if paused == self.limiter.paused or self._finished.done():
            return
        now = clock.now()
        self._external_wait.close()
        if paused:
            self._external_wait.enter_context(clock.external_wait())
        self._trace.decide(now, "control", "paused", not paused, paused, "paused by hand" if paused else "resumed")
        self._limit.pause(paused, now)
        self._sample(now)
        self._safely(self._pump)

    async def _settle(self) -> None:
        self._external_wait.close()
        if self._timer is not None:
            self._timer.cancel()
        if self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    @property
    def held_back(self) -> tuple[Lane, Hold] | None:
        """The lane that waits longest for something else than a slot, and its hold; None where none does."""
        waiting = [item for item in self._holds.items() if item[1].reason is not Reason.SLOT]
        return max(waiting, key=lambda item: item[1].seconds, default=None)

    def seconds_left(self) -> float | None:
        """Return the seconds that the budgets need for what is queued, None where they do not bound it."""
        pools = {lane.pool for lane in self._queue.lanes}
        needed = [self.governor.seconds_for(pool, self.admission.demand(pool), clock.epoch()) for pool in pools]
        return max((seconds for seconds in needed if seconds is not None), default=None)

    def mean_limit(self, now: float) -> float:
        """Return the mean of the limit in force until now."""
        return self._limit.mean.at(now)

    def look_again(self) -> None:
        """Send what there is room for now that memory was given back."""
        self._safely(self._pump)

    # --- admission -------------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Send all that may be sent now, and arrange to be called when more may be."""
        now = clock.now()
        self._queue.mature(now)
        if any(recall := self.to_plan_anew()):
            self.plan_anew([entry.job for entry in self._queue.take_back(recall, now)])
        due = self._queue.next_time() or math.inf
        self._holds.clear()
        for lane in self._queue.lanes:
            due = min(due, self._send_from(lane, now))
        if self._trace.sample_due(now):
            self._sample(now)
        self.pumped(now)
        self._arm(due, now)
        if not self._running and not len(self._queue) and not self._finished.done():
            self._finished.set_result(None)

    def _send_from(self, lane: Lane, now: float) -> float:
        """Send from one lane until something holds it back; return when that ends."""
        if (obstacle := self._queue.peek(lane).job.obstacle) is not None:
            self._refuse(lane, obstacle, now)
            return now  # it goes another way, maybe in a lane that was looked at already
        while (hold := self.admission.hold(lane, now)) is None:
            self._start(self._gather(lane, now), now)
            if not self._queue.waiting(lane):
                return math.inf
        self._queue.clock(lane).turn(now, hold.reason)
        refusal = self.governor.refusal(lane.pool, hold, now)
        if refusal is not None:
            self._refuse(lane, refusal, now)
            return now
        self._holds[lane] = hold
        return now + hold.seconds

    def _send_another_way(self, job: Job) -> None:
        self.plan_anew([job])

    def _gather(self, lane: Lane, now: float) -> Entry:
        """Take the most wanted entry of a lane, and fill its call up with others that fit."""
        entry, most = self._queue.pop(lane, now), self._files_a_call(lane)
        while entry.attempt == 1 and len(entry.job.results) < most and self._queue.waiting(lane):
            other = self._queue.peek(lane)
            together = entry.job.memory + other.job.memory
            if other.attempt > 1 or not self._holdings.room_for(together) or not entry.job.absorb(other.job):
                break
            self._queue.pop(lane, now)
        return entry

    def _refuse(self, lane: Lane, error: BatchLabError, now: float) -> None:
        while self._queue.waiting(lane):
            self._queue.pop(lane, now).job.failed(error)
        self.lane_refused()

    def _arm(self, due: float, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due < math.inf:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, due - now), self._safely, self._pump)

    def _start(self, entry: Entry, now: float) -> None:
        job = entry.job
        self.limiter.take()
        entry.elsewhere = False
        self._holdings.ledger.reserve(job.memory)
        entry.in_flight, entry.limit = self.limiter.of_api, self.limiter.limit
        self.admission.began(job.lane)
        entry.expected = job.seconds(self._measured) * self._measured.stretch(entry.in_flight, job.lane.route)
        self._caller.connection(
            self.governor.sent(job.lane.pool, job.points, now, clock.epoch(), expected=entry.expected)
        )
        record = self._trace.batch(
            BatchRecord(-1, self._operation, job.route, job.repo, len(job.results), entry.attempt, entry.queued, now)
        )
        for result in job.results:
            result.batch, result.route = record.batch, job.route
            result.attempts += 1
            result.started = now if result.started is None else result.started
        task = asyncio.get_running_loop().create_task(job.run(partial(self._caller.send, entry, record)))
        self._running[task] = (entry, record)
        task.add_done_callback(partial(self._safely, self._give_back))

    def _moved(self, entry: Entry) -> bool:
        """Free the API's slot of a call that goes on with another host, where a plan bounds how many of those do."""
        if self._policy.plans and not entry.elsewhere:
            entry.elsewhere = True
            self._limit.move(clock.now())
            asyncio.get_running_loop().call_soon(self._safely, self._pump)
        return entry.elsewhere

    def _safely(self, step: Callable[..., None], *arguments: Any) -> None:
        # The loop only logs what a callback raises; a fault of ours must end the run, not hang it.
        try:
            step(*arguments)
        except Exception as error:
            if not self._finished.done():
                self._finished.set_exception(error)

    # --- the end of a batch ----------------------------------------------------------------------------------------

    def _give_back(self, task: asyncio.Task[None]) -> None:
        entry, record = self._running.pop(task)
        now = record.finished = clock.now()
        self._limit.give_back(now, elsewhere=entry.elsewhere)
        self._holdings.ledger.release(entry.job.memory)
        self.admission.ended(entry.job.lane)
        error = self._failure(task)
        if error is None:
            record.outcome = "ok"
        else:
            self._fail(entry, record, error, now)
        self._trace.batch_ended(record)
        self._pump()

    def _failure(self, task: asyncio.Task[None]) -> Exception | None:
        if task.cancelled():
            return self._stopped or stopped()
        error = task.exception()
        if error is None or isinstance(error, Exception):
            return error
        raise error

    def _fail(self, entry: Entry, record: BatchRecord, error: Exception, now: float) -> None:
        if self._stopped is not None:
            entry.job.failed(self._stopped)
            return
        ending = self._recovery.failed(entry, record, error, now)
        if ending is not None:
            self.stop(ending)

    # --- decisions -------------------------------------------------------------------------------------------------

    def _reconfigure(self, changes: Changes) -> None:
        now = clock.now()
        for name, (old, new) in changes.items():
            self._trace.decide(now, "configuration", name, text_of(old), text_of(new), "changed during the run")
        self._limit.reconfigured(now)
        self.governor.reconfigure()
        self.reconfigured()
        self._recovery.reconfigure()
        if not self._finished.done():
            self._pump()

    def _sample(self, now: float) -> None:
        left = self.governor.left("core")
        self._trace.sample(
            TimelineSample(
                now, self.limiter.in_force, self.limiter.in_flight, len(self._queue), self.files_done(),
                math.nan if left is None else left, self._holdings.ledger.held,
            )
        )  # fmt: skip
