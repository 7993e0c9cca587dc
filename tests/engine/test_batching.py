"""What the number of files a call learns from calls that failed."""

from __future__ import annotations

import math

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.batch_models import Repository
from batchlab.control.batch_size import LearnedSize
from batchlab.control.measurements import Measurements
from batchlab.control.trace import Trace
from batchlab.engine.batching import Batching
from batchlab.routes import ROUTES, WantedFile
from batchlab.twin import run_virtual

START = 20
APP = Repository.parse("acme/app")


@pytest.fixture
def batching() -> Batching:
    return Batching(lambda config: LearnedSize(START, 1, 100), BatchConfig.lab(), Trace(), Measurements())


def wanted(files: int) -> list[WantedFile]:
    return [WantedFile(APP, f"{number}/go.mod", "0" * 40, 100) for number in range(files)]


def too_much(batching: Batching, files: int, seconds: float, failures: int) -> bool:
    async def asked() -> bool:
        return batching.too_much(ROUTES["graphql"], wanted(files), seconds, failures)

    return run_virtual(asked)


def test_a_small_call_that_fails_at_once_twice_is_halved_and_says_nothing_of_larger_ones_that_came(
    batching: Batching,
) -> None:
    batching.delivered(ROUTES["graphql"], wanted(START), LearnedSize.LONG + 0.1)
    assert not too_much(batching, 2, 0.2, 1)
    assert too_much(batching, 2, 0.2, 2)
    assert batching.size == START


def test_a_small_call_that_fails_at_once_twice_was_too_much_where_no_larger_one_came(batching: Batching) -> None:
    assert too_much(batching, 2, 0.2, 2)
    assert batching.size == 1


def test_a_full_call_that_fails_at_once_twice_was_too_much(batching: Batching) -> None:
    assert too_much(batching, START, 0.2, 2)
    assert batching.size == START // 2


def test_a_call_that_failed_after_long_was_too_much_the_first_time(batching: Batching) -> None:
    assert too_much(batching, START, Batching.PATIENCE, 1)
    assert batching.size == START // 2


def test_an_even_share_makes_calls_smaller_down_to_the_configured_least() -> None:
    config = BatchConfig.lab(min_batch_size=6)
    batching = Batching(lambda config: LearnedSize(START, 6, 100), config, Trace(), Measurements())
    sizes = []
    for share in (math.inf, 12, 2):
        batching.even_share = lambda share=share: share
        sizes.append(batching.files_a_call(ROUTES["graphql"]))
    assert sizes == [START, 12, 6]
    assert batching.files_a_call(ROUTES["blobs"]) == 1
