"""What becomes of a batch that failed: it is tried again, waits for a limit, goes another way, or ends."""

from __future__ import annotations

from collections.abc import Callable

from batchlab.batch_config import BatchConfig
from batchlab.control.policies import Policy
from batchlab.control.retry import RetryPolicy
from batchlab.control.trace import PAUSE, Trace
from batchlab.engine.governor import Governor
from batchlab.engine.limit_in_force import LimitInForce
from batchlab.engine.work_queue import Entry, Job, WorkQueue
from batchlab.errors import AuthenticationError, BatchLabError, RateLimitError
from batchlab.frames.records import BatchRecord


class Recovery:
    """Finds a batch that failed its next attempt.

    Parameters
    ----------
    policy, config
        The strategy, and the live settings.
    queue, governor, limit, trace
        Where a batch waits, what rests for a limit and what limit follows from it, and where that is written.
    send_another_way
        Queues a job's files on the routes that are best by now.
    seed
        Seed of the backoff jitter.
    """

    def __init__(
        self,
        policy: Policy,
        config: BatchConfig,
        queue: WorkQueue,
        governor: Governor,
        limit: LimitInForce,
        trace: Trace,
        send_another_way: Callable[[Job], None],
        seed: int,
    ) -> None:
        self._policy, self._config = policy, config
        self._queue, self._governor, self._limit, self._trace = queue, governor, limit, trace
        self._send_another_way, self._seed = send_another_way, seed
        self.reconfigure()

    def reconfigure(self) -> None:
        """Obey new settings."""
        self._retry = RetryPolicy(self._config.retry_attempts, self._config.retry_delay_base, self._seed)

    def failed(self, entry: Entry, record: BatchRecord, error: Exception, now: float) -> BatchLabError | None:
        """Find the batch its next attempt, or end it; return the error that ends the whole run, None where it goes on.

        The record is told how the batch ended.
        """
        if isinstance(error, RateLimitError):
            record.outcome = "limited"
            return self._rest(entry, record, error, now)
        record.outcome = "failed"
        if isinstance(error, AuthenticationError):
            entry.job.failed(error)
            return error
        self._retry_or_give_up(entry, record, error, now)
        return None

    def _retry_or_give_up(self, entry: Entry, record: BatchRecord, error: Exception, now: float) -> None:
        backoff = self._retry.backoff(error, entry.attempt, f"{entry.job.repo}/{entry.number}")
        if backoff is None:
            entry.job.failed(error)
            return
        record.outcome = "retried"
        self._queue.replace(entry, entry.job.after(error), now, now + backoff)

    def _rest(self, entry: Entry, record: BatchRecord, error: RateLimitError, now: float) -> BatchLabError | None:
        lane = entry.job.lane
        # The host behind a redirect has limits of its own: they rest the route, not the pool of its first call.
        other_host = "" if error.pool in ("", lane.pool) else error.pool
        new_pause = self._governor.limited(
            lane.route if other_host else lane.pool, error, record.started, now, entry.in_flight, other_host=other_host
        )
        if new_pause is not None:
            if not other_host and error.kind != "primary":  # a budget that is spent says nothing of calls at once
                self._limit.throttled(now)
            self._trace.decide(now, "governor", PAUSE, 0, f"{new_pause:.0f} s", str(error))
        if self._governor.hopeless:
            entry.job.failed(error)
            return error
        if other_host and self._policy.plans:
            self._send_another_way(entry.job)
        else:
            self._queue.return_later(entry, now, now)
        return None
