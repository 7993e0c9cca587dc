"""A comparison says how much and how sure; on the sample world ADAPTIVE needs a tenth of SEQUENTIAL's time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from batchlab.hub.sim import SimHub
from batchlab.study import Study, compare


@pytest.fixture(scope="module")
def study() -> Study:
    return compare(SimHub.sample(), ["adaptive", "parallel", "sequential"], seeds=range(3))


def test_adaptive_takes_a_tenth_of_the_time_of_sequential_on_the_sample_world(study: Study) -> None:
    spans = study.replications.pivot(index="seed", columns="strategy", values="makespan")
    assert (spans["adaptive"] <= 0.1 * spans["sequential"]).all()


def test_a_difference_is_the_mean_over_seeds_of_what_the_replications_show(study: Study) -> None:
    spans = study.replications.pivot(index="seed", columns="strategy", values="makespan")
    table = study.table.set_index("strategy")
    first = study.table["strategy"].iloc[0]
    for name, row in table.iterrows():
        assert math.isclose(row["difference"], (spans[name] - spans[first]).mean(), abs_tol=1e-9)
        assert row["difference_low"] <= row["difference"] <= row["difference_high"]
        assert math.isclose(row["ratio"], np.exp(np.log(spans[name] / spans[first]).mean()))


def test_one_seed_gives_no_interval() -> None:
    table = compare(SimHub.sample(), ["adaptive", "parallel"], seeds=[0]).table
    assert table[["ratio_low", "ratio_high", "difference_low", "difference_high"]].isna().all(axis=None)
