"""Forks: what all of them share travels once, whichever strategy reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.patterns import MANIFESTS

FORKS, FILES, SHARED = 40, 10, 7
Read = Callable[..., Any]


@pytest.fixture(scope="module")
def hub() -> SimHub:
    scenario = replace(Scenario.load("forks"), work=Work(FORKS, FILES, shared=0.7, rest=8e6))
    return SimHub(scenario=scenario)


@pytest.mark.parametrize("strategy", [strategy.value for strategy in BatchStrategy])
def test_every_distinct_blob_of_forty_forks_travels_once(hub: SimHub, read: Read, strategy: str) -> None:
    reading = read(hub, strategy=strategy, patterns=MANIFESTS, **BatchConfig.lab().to_dict())
    assert len(reading.delivered) == FORKS * FILES
    distinct = reading.delivered.drop_duplicates("sha")
    assert len(distinct) == SHARED + FORKS * (FILES - SHARED)
    sent = reading.calls[reading.calls.endpoint != "tree"]
    assert sent.files.sum() == len(distinct)
    assert sent.bytes.sum() < 1.3 * distinct["size"].sum()  # JSON escapes, and no blob a second time
    assert reading.books.bytes_sent == reading.calls.bytes.sum()
