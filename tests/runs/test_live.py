"""A run steered from another thread while it is going."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Thread

import pytest

import batchlab as bl
from batchlab.errors import ConfigError
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.scenario import Latency, Scenario
from batchlab.hub.world_spec import WorldSpec
from batchlab.runs import RunHandle

FILES = {"acme/app": {f"{n:03}/go.mod": b"module acme/%d\n" % n for n in range(150)}}
PATIENCE = 60.0  # seconds of wall time until a run has got somewhere


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    with LoopbackHub(WorldSpec.files(FILES), Scenario("quick", latency=Latency(median=0.03))) as hub:
        yield hub


def until(handle: RunHandle, done: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while handle.progress[0] < done:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_run_obeys_changes_from_other_threads_at_its_next_call(hub: LoopbackHub) -> None:
    config = bl.BatchConfig(max_concurrent_requests=8, routes="blobs")
    handle = bl.start(hub=hub, strategy="parallel", config=config)
    until(handle, 20)
    others = [Thread(target=handle.configure, kwargs={"max_concurrent_requests": limit}) for limit in (2, 2, 2)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    until(handle, 60)
    with pytest.raises(ConfigError):
        handle.configure(max_concurrent_requests=5, retry_attempts=-1)
    assert handle.config.max_concurrent_requests == 2
    handle.configure(max_concurrent_requests=6)
    run = handle.result(PATIENCE)
    assert (run.results.status == "delivered").sum() == len(FILES["acme/app"])
    limits = run.decisions[run.decisions.setting == "concurrency limit"]
    assert [(row.old, row.new) for row in limits.itertuples()] == [("8", "2"), ("2", "6")]
    assert (run.calls.in_flight <= run.calls.limit).all()
    shrunk, grown = limits.time
    # A call that was let through before a change may leave after it, in the same turn of the loop.
    let_through = run.calls.batch.map(run.batches.set_index("batch").started)
    assert run.calls[let_through.between(shrunk, grown, inclusive="neither")].in_flight.max() == 2
    assert run.calls[let_through >= grown].in_flight.max() == 6
    handle.configure(max_concurrent_requests=1)  # after its end a run takes no harm


def test_a_run_in_real_time_is_paused_and_goes_on(hub: LoopbackHub) -> None:
    handle = bl.start(hub=hub, strategy="parallel", config=bl.BatchConfig(routes="blobs"))
    until(handle, 20)
    handle.pause()
    deadline = time.monotonic() + PATIENCE
    while hub.books()["in_flight"] or "paused" not in set(handle.decisions.setting):
        assert time.monotonic() < deadline
    served = hub.books()["total_calls"]
    assert not handle.wait(0.2)
    assert hub.books()["total_calls"] == served
    handle.resume()
    run = handle.result(PATIENCE)
    assert (run.results.status == "delivered").all()
    assert 0 in set(run.timeline.limit)
