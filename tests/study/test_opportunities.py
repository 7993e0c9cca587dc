"""An opportunity is a claim with an experiment: it is found, foretold with an interval, and verified on other seeds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.errors import InputError
from batchlab.hub.conditions import Latency, Network
from batchlab.hub.limit_rules import Limits
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.runs import scan
from batchlab.study.candidates import candidates, tally_of
from batchlab.study.opportunities import OPPORTUNITIES, opportunities

PLAIN = Scenario("plain", latency=Latency(0.06, 0.3), work=Work(6, 20))


def run_of(scenario=PLAIN, strategy="parallel", **settings):
    hub = SimHub(scenario=scenario)
    return scan(hub=hub, strategy=strategy, config=BatchConfig(**settings)), hub


@pytest.fixture(scope="module")
def found():
    run, hub = run_of(routes=("blobs",), max_concurrent_requests=4)
    return run, opportunities(run, verify=True, hub=hub)


@pytest.fixture(scope="module")
def unasked(found):
    """What is found without a hub to ask."""
    run, _ = found
    return opportunities(run, seeds=range(2))


def test_the_frame_is_as_declared_and_the_best_comes_first(found):
    _, frame = found
    OPPORTUNITIES.validate(frame)
    saving = frame.loc[frame["kind"] != "none", "saving_seconds"]
    assert saving.is_monotonic_decreasing
    assert frame["id"].is_unique


def test_more_concurrency_is_foretold_and_confirmed(found):
    run, frame = found
    row = frame.set_index("id").loc["concurrency-up"]
    assert json.loads(row["config"]) == {"max_concurrent_requests": 8}
    assert row["saving_seconds"] == pytest.approx(run.makespan / 2, rel=0.3)
    assert row["verified_seconds"] == pytest.approx(row["saving_seconds"], rel=0.15)
    assert row["status"] == "confirmed"


def test_what_does_not_help_is_a_row_too(found):
    _, frame = found
    row = frame.set_index("id").loc["concurrency-down"]
    assert row["kind"] == "none"
    assert row["saving_seconds"] < 0
    assert "less concurrency costs time" in row["change"]


def test_a_kept_cache_is_advice_with_an_exact_count(found):
    run, frame = found
    row = frame.set_index("id").loc["cache"]
    assert (row["kind"], row["method"]) == ("advice", "exact count")
    assert row["saving_calls"] == row["verified_calls"] == len(run.files)


def test_nothing_is_said_of_a_hub_that_was_not_asked(unasked):
    assert unasked["verified_seconds"].isna().all()
    assert set(unasked["status"]) == {"open"}


def test_the_same_run_and_seeds_give_the_same_frame(found, unasked):
    run, _ = found
    assert opportunities(run, seeds=range(2)).equals(unasked)


def test_equal_files_are_counted_from_the_frames():
    run, _ = run_of(replace(PLAIN, work=Work(6, 10, shared=0.5)), fold_duplicates=False, use_cache=False)
    twice = run.files["sha"].duplicated().sum()
    assert tally_of(run).read_twice == twice > 0
    fold = {one.name: one for one in candidates(run, tally_of(run).opportunities())}["fold"]
    assert str(twice) in fold.evidence


def test_another_token_helps_where_the_budget_binds():
    bound = replace(PLAIN, limits=Limits(core=5000, remaining=60, reset_in=1200.0), work=Work(6, 12))
    run, hub = run_of(bound, routes=("blobs",))
    frame = opportunities(run, verify=True, hub=hub, seeds=range(2)).set_index("id")
    assert frame.loc["token", "kind"] == "advice"
    assert frame.loc["token", "saving_seconds"] > 1000
    assert frame.loc["token", "status"] == "confirmed"
    assert frame.loc["reset", "saving_seconds"] < 60  # the wait itself counts


def test_a_run_at_its_bound_is_told_so():
    """A full link: neither more calls nor other routes bring the bytes sooner; archives bring many more."""
    full = replace(PLAIN, network=Network(link=2e5, connection=1e5), work=Work(4, 15, median=20_000, rest=50e6))
    run, _ = run_of(full, routes=("blobs",), max_concurrent_requests=8)
    frame = opportunities(run)
    assert not (frame["kind"] == "config").any()
    told = frame.set_index("id").loc["concurrency-up"]
    assert told["change"].startswith("more concurrency will not help")
    assert "at-the-bound" in set(frame["id"])


def test_bad_questions_are_refused(found):
    run, _ = found
    with pytest.raises(InputError, match="needs the hub"):
        opportunities(run, verify=True)
    with pytest.raises(InputError, match="two seeds or more"):
        opportunities(run, seeds=[1])
    with pytest.raises(InputError, match="which its record cannot bring back"):
        opportunities(replace(run, strategy="mine"), seeds=range(2))


def test_an_interrupted_run_is_refused(found):
    run, _ = found
    with pytest.raises(InputError, match="was interrupted"):
        opportunities(replace(run, interrupted=True))
