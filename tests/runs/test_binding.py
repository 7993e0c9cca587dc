"""What bound a run is told minute by minute, and adds up to the makespan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.errors import InputError
from batchlab.hub.conditions import Latency, Network, Server
from batchlab.hub.limit_rules import Limits
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.runs import scan
from batchlab.runs.binding import BINDING, main_resource, told

PLAIN = Scenario("plain", latency=Latency(0.06, 0.3), work=Work(6, 20))
RULES = Limits(core=5000, points_per_minute=900)


def run_of(scenario=PLAIN, strategy="parallel", **settings):
    return scan(hub=SimHub(scenario=scenario), strategy=strategy, config=BatchConfig(routes=("blobs",), **settings))


CASES = {
    "concurrency": (PLAIN, "sequential"),
    "bandwidth": (replace(PLAIN, network=Network(link=2e5, connection=1e5)), "parallel"),
    "server": (replace(PLAIN, server=Server(knee=2), work=Work(10, 30)), "parallel"),
    "minute rule": (replace(PLAIN, limits=RULES, work=Work(20, 45)), "parallel"),
    "hourly budget": (replace(PLAIN, limits=replace(RULES, remaining=80, reset_in=900.0)), "parallel"),
    "secondary pause": (replace(PLAIN, limits=Limits(hidden_in_flight=4)), "parallel"),
}


@pytest.mark.parametrize("resource", sorted(CASES))
def test_what_binds_is_named_and_adds_up(resource):
    run = run_of(*CASES[resource])
    frame = run.explain("minute")
    BINDING.validate(frame)
    assert main_resource(frame) == resource
    assert frame["seconds"].sum() == pytest.approx(run.makespan)
    assert frame.groupby("minute")["share"].sum().to_list() == pytest.approx([1.0] * frame["minute"].nunique())


def test_words_name_the_whole_and_then_the_minutes():
    words = run_of(*CASES["hourly budget"]).why().splitlines()
    assert words[0].startswith("Of ")
    assert "hourly budget" in words[0]
    assert words[1].startswith("Minutes 1 to ")
    assert words[1].endswith("hourly budget.")


def test_a_run_without_calls_is_bound_by_nothing():
    run = run_of()
    empty = replace(run, calls=run.calls.iloc[:0], results=run.results.iloc[:0], metrics=run.metrics.iloc[:0])
    assert told(empty.explain("minute")) == "Nothing bound: no call was made."


def test_another_grain_is_refused():
    with pytest.raises(InputError, match="accepted: 'state', 'minute'"):
        run_of().explain("hour")
