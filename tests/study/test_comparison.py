"""A comparison says how much and how sure; on the sample world ADAPTIVE needs a tenth of SEQUENTIAL's time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from batchlab.hub.sim import SimHub
from batchlab.runs import RunHandle
from batchlab.study import Study, compare
from batchlab.study.replication import bounded


@pytest.fixture(scope="module")
def hub() -> SimHub:
    return SimHub.sample()


@pytest.fixture(scope="module")
def study(hub: SimHub) -> Study:
    return compare(hub, ["adaptive", "parallel", "sequential"], seeds=range(3))


def test_adaptive_takes_a_tenth_of_the_time_of_sequential_on_the_sample_world(study: Study) -> None:
    spans = study.replications.pivot(index="seed", columns="strategy", values="makespan")
    assert (spans["adaptive"] <= 0.1 * spans["sequential"]).all()


def test_adaptive_is_not_shown_to_be_slower_than_aggressive_on_the_sample_world(hub: SimHub) -> None:
    table = compare(hub, ["adaptive", "aggressive"], seeds=range(20)).table.set_index("strategy")
    assert table.ratio_low["adaptive"] <= 1.0


def test_a_difference_is_the_mean_over_seeds_of_what_the_replications_show(study: Study) -> None:
    spans = study.replications.pivot(index="seed", columns="strategy", values="makespan")
    table = study.table.set_index("strategy")
    first = study.table["strategy"].iloc[0]
    for name, row in table.iterrows():
        assert math.isclose(row["difference"], (spans[name] - spans[first]).mean(), abs_tol=1e-9)
        assert row["difference_low"] <= row["difference"] <= row["difference_high"]
        assert math.isclose(row["ratio"], np.exp(np.log(spans[name] / spans[first]).mean()))


def test_one_seed_gives_no_interval(hub: SimHub) -> None:
    table = compare(hub, ["adaptive", "parallel"], seeds=[0]).table
    assert table[["ratio_low", "ratio_high", "difference_low", "difference_high"]].isna().all(axis=None)


def test_runs_of_a_twin_are_measured_by_the_bound_and_none_beats_it(study: Study) -> None:
    rows = study.replications
    assert (rows["bound"] > 0.0).all()
    assert (rows["efficiency"] == rows["bound"] / rows["makespan"]).all()
    assert study.table["efficiency"].between(0.0, 1.0).all()
    first, *_ = study.table["efficiency"]
    assert first == study.table["efficiency"].max()


def test_where_the_truth_is_not_known_there_is_no_bound(hub: SimHub) -> None:
    study = compare(hub, ["adaptive"], [0], repositories=list(hub.repositories)[:3])
    assert study.table[["bound", "efficiency"]].isna().all(axis=None)


def test_a_run_that_lost_files_has_no_efficiency() -> None:
    row = bounded({"failed": 2, "makespan": 1.0}, 5.0)
    assert (row["bound"], math.isnan(row["efficiency"])) == (5.0, True)


def test_an_interrupt_that_comes_when_a_run_has_read_everything_ends_the_comparison(
    hub: SimHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(strategy: str, seed: int, handle: RunHandle) -> None:
        handle.result()
        raise KeyboardInterrupt

    monkeypatch.setattr("batchlab.runs.scanning.HEED_INTERRUPTS", 0.0)
    study = compare(hub, ["parallel"], seeds=range(3), progress=interrupt)
    assert study.interrupted
    assert list(study.replications["seed"]) == [0]
    assert not study.runs["parallel"].interrupted
