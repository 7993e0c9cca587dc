"""A run in virtual time is paused, paced and edited from other threads, and repeats itself from its log."""

from __future__ import annotations

import _thread
import math
import threading
import time
from collections.abc import Callable

import pandas as pd
import pytest

import batchlab as bl
from batchlab.batch_progress_monitor import Progress
from batchlab.errors import ConfigError, InputError
from batchlab.hub.scenario import Latency, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.runs import RunHandle

FILES = {"acme/app": {f"{n:03}/go.mod": b"module acme/%d\n" % n for n in range(150)}}
PATIENCE = 60.0  # seconds of wall time until a run has got somewhere
FAST = 200.0


@pytest.fixture(scope="module")
def hub() -> SimHub:
    return SimHub(World.build(FILES), Scenario("quick", latency=Latency(median=1.0)), keep_log=True)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def begun(hub: SimHub, **options: object) -> RunHandle:
    config = bl.BatchConfig(max_concurrent_requests=8, routes="blobs")
    return bl.start(hub=hub, strategy="parallel", config=config, **({"speed": FAST} | options))  # type: ignore[arg-type]


def paused_spans(decisions: pd.DataFrame) -> list[tuple[float, float]]:
    pauses = decisions[decisions.setting == "paused"]
    assert list(pauses.new) == ["True", "False"] * (len(pauses) // 2)
    return list(zip(pauses.time[::2], pauses.time[1::2], strict=True))


def edited(hub: SimHub) -> bl.Run:
    handle = begun(hub)
    until(lambda: handle.progress[0] >= 10)
    handle.configure(max_concurrent_requests=2, retry_attempts=5)
    until(lambda: handle.progress[0] >= 30)
    handle.pause()
    until(lambda: bool(handle.trace.timeline) and handle.trace.timeline[-1].limit == 0)
    handle.apply({"id": "a", "change": "12 in flight", "config": '{"max_concurrent_requests": 12}', "kind": "config"})
    handle.resume()
    until(lambda: handle.progress[0] >= 60)
    handle.configure(max_concurrent_requests=5)
    return handle.result(PATIENCE)


def test_a_run_repeats_itself_from_its_log(hub: SimHub) -> None:
    run = edited(hub)
    config = bl.BatchConfig(max_concurrent_requests=8, routes="blobs")
    again = bl.start(hub=hub, strategy="parallel", config=config, edits=run.decisions).result(PATIENCE)
    for name in ("results", "metrics", "batches", "calls", "decisions", "timeline"):
        pd.testing.assert_frame_equal(getattr(run, name), getattr(again, name))
    assert run.decisions.setting.tolist().count("opportunity") == 1
    assert config.max_concurrent_requests == 5
    assert run.config.max_concurrent_requests == again.config.max_concurrent_requests == 8


def test_a_pause_sends_nothing_and_loses_nothing(hub: SimHub) -> None:
    handle = begun(hub)
    until(lambda: handle.progress[0] >= 20)
    handle.pause()
    assert handle.paused
    assert "paused" in repr(handle)
    until(lambda: hub.books.in_flight == 0 and "paused" in set(handle.decisions.setting))
    assert not handle.done()
    handle.resume()
    run = handle.result(PATIENCE)
    ((begin, end),) = paused_spans(run.decisions)
    assert not run.calls.sent.between(begin, end, inclusive="neither").any()
    assert not any(begin < call.arrived < end for call in hub.books.log)
    assert (run.results.status == "delivered").all()
    files = run.files
    waits = files.queue_wait + files.pacing_wait + files.limit_wait + files.backoff_wait
    pd.testing.assert_series_equal(waits + files.processing_time, files.finished - files.queued, check_names=False)
    limit = run.timeline.set_index("time").limit
    assert limit[begin] == 0
    assert limit[end] == 8


def test_a_pause_takes_effect_at_the_next_completion(hub: SimHub) -> None:
    handle = begun(hub)
    until(lambda: handle.progress[0] >= 20)
    handle.pause()
    until(lambda: "paused" in set(handle.decisions.setting))
    handle.resume()
    run = handle.result(PATIENCE)
    ((begin, _),) = paused_spans(run.decisions)
    assert (run.calls.sent <= begin).sum() - (run.calls.finished <= begin).sum() <= 8


@pytest.mark.parametrize("speed", [FAST, math.inf])
def test_a_pause_before_the_start_holds_until_it_is_resumed(hub: SimHub, speed: float) -> None:
    handle = begun(hub, speed=1e-6)  # the first call cannot have been answered yet
    handle.pause()
    handle.pace(speed)
    until(lambda: "paused" in set(handle.decisions.setting) and hub.books.in_flight == 0)
    assert not handle.wait(0.05)
    assert len(handle.calls) == 1
    handle.resume()
    run = handle.result(PATIENCE)
    assert (run.results.status == "delivered").all()
    ((begin, end),) = paused_spans(run.decisions)
    assert end > begin


def test_waiting_for_a_run_ends_with_an_interrupt_and_the_run_goes_on(hub: SimHub) -> None:
    """The interrupt is one that wakes nobody, as Windows has it, and Python where it comes just before a wait."""
    handle = begun(hub)
    handle.pause()
    threading.Timer(0.05, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        handle.result()
    handle.resume()
    assert (handle.result().results.status == "delivered").all()


def test_a_paused_run_is_stopped_with_what_it_has(hub: SimHub) -> None:
    told: list[Progress] = []
    handle = begun(hub, sink=told.append)
    until(lambda: handle.progress[0] >= 20)
    handle.pause()
    until(lambda: "paused" in set(handle.decisions.setting))
    handle.cancel()
    run = handle.result(PATIENCE)
    assert run.interrupted
    assert len(run.results) == 150
    assert handle.progress == (run.metrics.successful_requests, 150)
    assert (told[-1].completed, told[-1].total, told[-1].finished) == (*handle.progress, True)
    assert set(run.results.error_category.dropna()) == {"cancelled"}


def test_the_pace_changes_live_and_changes_nothing_else(hub: SimHub) -> None:
    handle = begun(hub, speed=1e-6)
    handle.pace(math.inf)
    pd.testing.assert_frame_equal(handle.result(PATIENCE).calls, begun(hub, speed=math.inf).result(PATIENCE).calls)


def test_a_sink_is_told_of_the_pause(hub: SimHub) -> None:
    told: list[Progress] = []
    handle = begun(hub, sink=told.append)
    until(lambda: handle.progress[0] >= 20)
    handle.pause()
    until(lambda: told[-1].waiting == "paused")
    handle.resume()
    handle.result(PATIENCE)
    assert told[-1].finished
    assert told[-1].completed == told[-1].total == 150


@pytest.mark.parametrize("speed", [0, -1.0, math.nan, "fast"])
def test_a_speed_is_a_number_above_0(hub: SimHub, speed: float) -> None:
    with pytest.raises(InputError, match="above 0"):
        begun(hub, speed=speed)


def test_an_opportunity_that_cannot_be_applied_says_why(hub: SimHub) -> None:
    handle = begun(hub, speed=1e-6)
    with pytest.raises(InputError, match="changes no setting"):
        handle.apply({"id": "b", "change": "buy a larger token", "config": None})
    with pytest.raises(InputError, match="start another"):
        handle.apply(pd.Series({"id": "c", "change": "aggressive", "config": '{"strategy": "aggressive"}'}))
    with pytest.raises(ConfigError):
        handle.apply({"id": "d", "change": "too many", "config": '{"max_concurrent_requests": 1000}'})
    handle.cancel()
    assert "opportunity" not in set(handle.result(PATIENCE).decisions.setting)


def test_edits_are_made_again_in_virtual_time_only() -> None:
    with pytest.raises(InputError, match="real time"):
        bl.start("acme/app", bl.GitHub(token="", base_url="http://127.0.0.1:9"), edits=pd.DataFrame())
