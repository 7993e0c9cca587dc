"""500 random turns of a laboratory, by hands and threads: whatever is turned, the engine keeps its word."""

from __future__ import annotations

import math
import threading
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from batchlab.batch_config import FIELDS, BatchConfig, BatchStrategy
from batchlab.errors import ConfigError
from batchlab.hub.scenario import Latency, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.runs import Run
from batchlab.widgets import LiveLab

FILES = {"acme/app": {f"{n:03}/go.mod": b"module acme/%d\n" % n for n in range(120)}, "acme/none": {"a.txt": b"a"}}
WORLD = World.build(FILES)
PATIENCE = 60.0
NUMBERS = [name for name, field in FIELDS.items() if field.metadata["kind"] in (int, float)]
SWITCHES = [name for name, field in FIELDS.items() if field.metadata["kind"] is bool]
TURNS = 50


class RandomHands(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.threads = set(threading.enumerate())
        self.hub = SimHub(WORLD, Scenario("quick", latency=Latency(median=0.5)), keep_log=True)
        self.config = BatchConfig(routes="blobs", max_concurrent_requests=8)
        self.lab = LiveLab(self.hub, config=self.config, speed=5.0, debounce=0.0, suggest=False)
        self.checked = 0

    # --- hands -----------------------------------------------------------------------------------------------------

    @rule()
    def press_start(self) -> None:
        self.lab._view.start.click()

    @rule(name=st.sampled_from(["pause", "resume", "stop"]))
    def press(self, name: str) -> None:
        getattr(self.lab._view, name).click()

    @rule(name=st.sampled_from(NUMBERS), share=st.floats(0.0, 1.0))
    def turn(self, name: str, share: float) -> None:
        box = self._box(name)
        low, high = box.min, box.max
        place = low + share * (high - low)
        box.value = box.base**place if hasattr(box, "base") else type(box.value)(place)

    @rule(limit=st.integers(1, 12))
    def turn_the_limit(self, limit: int) -> None:
        self._box("max_concurrent_requests").value = limit

    @rule(name=st.sampled_from(SWITCHES))
    def switch(self, name: str) -> None:
        box = self._box(name)
        box.value = not box.value

    @rule(place=st.integers(0, 4))
    def switch_a_route(self, place: int) -> None:
        box = self.lab._view.panel.controls["routes"].widget.children[1 + place]
        box.value = not box.value

    @rule(strategy=st.sampled_from(list(BatchStrategy)))
    def choose_a_strategy(self, strategy: BatchStrategy) -> None:
        self.lab._view.strategy.value = strategy

    @rule(speed=st.sampled_from([1.0, 100.0, 1000.0, math.inf]))
    def choose_a_speed(self, speed: float) -> None:
        self.lab._view.speed.value = speed

    @rule()
    def reset(self) -> None:
        self.lab._view.panel.reset()

    # --- others ----------------------------------------------------------------------------------------------------

    @rule(limits=st.lists(st.integers(1, 12), min_size=1, max_size=5))
    def others_change_the_limit(self, limits: list[int]) -> None:
        def change(limit: int) -> None:
            self.lab.configure(max_concurrent_requests=limit)

        others = [threading.Thread(target=change, args=(limit,)) for limit in limits]
        for other in others:
            other.start()
        for other in others:
            other.join()

    @rule(name=st.sampled_from(list(FIELDS)), value=st.sampled_from([None, -1, 10**9, "x", math.nan, ()]))
    def others_ask_for_nonsense(self, name: str, value: Any) -> None:
        before = self.config.to_dict()
        try:
            self.lab.configure(**{name: value})
        except ConfigError:
            assert self.config.to_dict() == before

    @precondition(lambda self: self.lab.running)
    @rule()
    def wait_for_the_end(self) -> None:
        self.lab.resume()
        self.lab._view.speed.value = math.inf
        self.lab.wait(PATIENCE)
        self._check_new_runs()

    # --- what holds whatever was turned ----------------------------------------------------------------------------

    @invariant()
    def settings_are_valid_and_shown(self) -> None:
        assert BatchConfig(**self.config.to_dict()) == self.config
        panel = self.lab._view.panel
        for name, value in self.config.to_dict().items():
            assert panel.controls[name].value(value) == value, name

    @invariant()
    def no_call_goes_beyond_the_limit_in_force(self) -> None:
        if self.lab.handle is not None:
            assert all(call.in_flight <= call.limit for call in list(self.lab.handle.trace.calls))

    @invariant()
    def one_observer_a_face(self) -> None:
        assert len(self.config._live.subscribers) <= 2 + self.lab.running

    def teardown(self) -> None:
        if self.lab.running:
            self.lab.stop()
            self.lab.wait(PATIENCE)
        self._check_new_runs()
        self.lab.close()
        assert self.config._live.subscribers == []
        assert set(threading.enumerate()) <= self.threads

    def _check_new_runs(self) -> None:
        for run in self.lab.runs[self.checked :]:
            _check(run)
            served = max((call.in_flight for call in self.hub.books.log), default=0)  # of the latest run
            assert run is not self.lab.run or served <= run.calls.limit.max()
        self.checked = len(self.lab.runs)

    def _box(self, name: str) -> Any:
        widget = self.lab._view.panel.controls[name].widget
        return widget.children[0] if hasattr(widget, "children") else widget


def _check(run: Run) -> None:
    """Check that a run, whatever happened to it, has lost nothing and let no call through beyond its limit."""
    whole = run.results[run.results.path.isna()]
    assert len(run.files) == len(FILES["acme/app"]) or "acme/app" in set(whole.repo)
    assert "acme/none" in set(whole.repo)
    assert ((run.results.status == "delivered") | run.results.error.notna()).all()
    assert (run.calls.in_flight <= run.calls.limit).all()


TestRandomHands = RandomHands.TestCase
TestRandomHands.settings = settings(
    max_examples=10, stateful_step_count=TURNS, deadline=None, suppress_health_check=list(HealthCheck)
)
