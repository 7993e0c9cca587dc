from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import pytest

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.control.policies import POLICIES
from batchlab.control.trace import Trace
from batchlab.engine.governor import MOST_PAUSES_IN_A_ROW, Governor
from batchlab.engine.limit_in_force import LimitInForce
from batchlab.engine.recovery import Recovery
from batchlab.engine.work_queue import Entry, Lane, WorkQueue
from batchlab.errors import AuthenticationError, BatchLabError, FileError, RateLimitError, ServerError
from batchlab.frames.records import BatchRecord
from batchlab.twin import run_virtual

ARCHIVES = Lane(True, "core", "tarball")
THROTTLED = RateLimitError("the codeload host answers no more for a while", kind="primary", wait=60.0)
THROTTLED.pool = "codeload"


@dataclass
class Errand:
    """A job that only fails."""

    lane: Lane = ARCHIVES
    repo: str = "acme/app"
    priority: int = 0
    repo_size: int = 0
    results: list[Any] = field(default_factory=list)
    ended_with: Exception | None = None

    def after(self, error: Exception) -> Sequence[Errand]:
        return [self]

    def failed(self, error: Exception) -> None:
        self.ended_with = error


class Failing:
    """A batch that fails again and again, and where it was sent."""

    def __init__(self, strategy: BatchStrategy = BatchStrategy.ADAPTIVE, **settings: Any) -> None:
        policy, config = POLICIES[strategy], BatchConfig.lab(**settings)
        self.queue, self.elsewhere = WorkQueue(), list[Any]()
        limit = LimitInForce(policy, config, Trace(), None)
        governor = Governor(policy, config)
        self.recovery = Recovery(policy, config, self.queue, governor, limit, Trace(), self.elsewhere.append, 0)
        self.errand = Errand()

    def fails(self, error: Exception, now: float = 0.0, attempt: int = 1) -> tuple[str, BatchLabError | None]:
        """Return the outcome of the batch, and the error that ends the run."""
        record = BatchRecord(0, 0, "tarball", "acme/app", 1, attempt, now, now)
        entry = Entry(self.errand, 1, now, now, attempt)
        ending = self.recovery.failed(entry, record, error, now + 0.1)
        return record.outcome, ending


def in_virtual_time(check: Callable[..., None]) -> Callable[..., None]:
    @wraps(check)
    def test(**arguments: Any) -> None:
        async def main() -> None:
            check(**arguments)

        run_virtual(main)

    return test


@in_virtual_time
def test_what_may_pass_is_tried_again_as_often_as_the_settings_say() -> None:
    failing, error = Failing(retry_attempts=2), ServerError("the server failed", status=502)
    assert failing.fails(error) == ("retried", None)
    assert (len(failing.queue), failing.errand.ended_with) == (1, None)
    assert failing.fails(error, attempt=3) == ("failed", None)
    assert (len(failing.queue), failing.errand.ended_with) == (1, error)


@in_virtual_time
def test_what_does_not_pass_ends_its_batch_and_a_refused_token_the_run() -> None:
    failing, error = Failing(), AuthenticationError("the token was refused")
    assert failing.fails(FileError("too large")) == ("failed", None)
    assert failing.fails(error) == ("failed", error)
    assert (len(failing.queue), failing.errand.ended_with) == (0, error)


@pytest.mark.parametrize("strategy", [BatchStrategy.ADAPTIVE, BatchStrategy.PARALLEL])
@in_virtual_time
def test_what_another_host_refuses_goes_another_way_only_where_there_is_a_plan(strategy: BatchStrategy) -> None:
    failing = Failing(strategy)
    assert failing.fails(THROTTLED) == ("limited", None)
    goes_on = ([failing.errand], 0) if strategy is BatchStrategy.ADAPTIVE else ([], 1)
    assert (failing.elsewhere, len(failing.queue)) == goes_on


@in_virtual_time
def test_a_limit_that_is_met_after_each_pause_ends_the_run() -> None:
    failing, error = Failing(), RateLimitError("slow down", kind="secondary", wait=60.0)
    endings = [failing.fails(error, 100.0 * time)[1] for time in range(1, MOST_PAUSES_IN_A_ROW + 2)]
    assert endings == [None] * MOST_PAUSES_IN_A_ROW + [error]
    assert (len(failing.queue), failing.errand.ended_with) == (MOST_PAUSES_IN_A_ROW, error)
