"""A hub small enough to be read in no time, and a check that nothing is left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import ipywidgets
import pytest

from batchlab.hub.scenario import Latency, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World

FILES = {"acme/app": {f"{n:03}/go.mod": b"module acme/%d\n" % n for n in range(150)}}
PATIENCE = 60.0  # seconds of wall time: far more than anything here takes


def _wait_until(true: Callable[[], object], what: str = "") -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"still waiting: {what}"
        time.sleep(0.002)


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., None]:
    """Wait for something to be true; fail where it does not come."""
    return _wait_until


@pytest.fixture(scope="module")
def hub() -> SimHub:
    """150 files, a second a call."""
    return SimHub(World.build(FILES), Scenario("quick", latency=Latency(median=1.0)), keep_log=True)


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Fail where a thread of ours or a widget outlives the test."""
    registry = ipywidgets.widgets.widget._instances
    threads, widgets = set(threading.enumerate()), set(registry)
    yield
    _wait_until(lambda: set(threading.enumerate()) <= threads | _lasting(), f"threads end: {threading.enumerate()}")
    assert set(registry) <= widgets


def _lasting() -> set[threading.Thread]:
    # The private loop of real time is one for the whole process.
    return {thread for thread in threading.enumerate() if thread.name == "batchlab-loop"}
