"""The row that a run leaves in a study."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from batchlab.batch_config import BatchConfig
from batchlab.hub.scenario import Latency, Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.study.baselines import static_arm
from batchlab.study.replication import REPLICATIONS, Replication, replications_frame

HIDDEN = Scenario("hidden", Latency(0.1), limits=Limits(in_flight=100, hidden_in_flight=6), work=Work(4, 20))


def test_calls_that_one_limit_refused_on_their_way_are_one_occasion() -> None:
    arm = static_arm(12, "blobs", 1, BatchConfig.lab())
    row = Replication(0, arm, seed=0).row(SimHub(scenario=HIDDEN))
    pauses = round(row["makespan"] // 60.0)  # each lasts a minute, and the files take seconds
    assert row["limit_occasions"] == pauses >= 1
    assert row["limit_hits"] > pauses
    free = replace(HIDDEN, limits=Limits(in_flight=100))
    row = Replication(0, arm, seed=0).row(SimHub(scenario=free))
    assert (row["limit_occasions"], row["limit_hits"]) == (0, 0)


def test_a_row_of_old_without_occasions_stays_readable() -> None:
    row = Replication(0, static_arm(2, "blobs", 1, BatchConfig.lab()), seed=0).row(SimHub(scenario=HIDDEN))
    del row["limit_occasions"]
    frame = replications_frame([row])
    REPLICATIONS.validate(frame)
    assert frame["limit_occasions"].isna().all()


def test_the_static_arm_of_archives_learns_nothing_and_fetches_every_repository_whole() -> None:
    free = replace(HIDDEN, limits=Limits(in_flight=100))
    arm = static_arm(12, "tarball", 1, BatchConfig.lab())
    assert not arm.policy.plans
    row = Replication(0, arm, seed=0).row(SimHub(scenario=free))
    assert row["calls"] == 4 * 3  # tree, redirect, archive
    assert pd.notna(row["makespan"])
