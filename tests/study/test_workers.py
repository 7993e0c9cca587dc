"""Rows do not depend on how many processes made them, nor on the hash seed of any."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.control.budget import Pacing
from batchlab.control.concurrency import FixedLimit
from batchlab.control.policies import Policy
from batchlab.errors import InputError
from batchlab.hub.scenario import Faults, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.study.arms import Arm, arms_of
from batchlab.study.grid_sweep import sweep
from batchlab.study.replication import Replication
from batchlab.study.workers import Workers

SCENARIO = Scenario("small", faults=Faults({"502": 0.05}), work=Work(3, 10))


def frame(workers):
    grid = {"max_concurrent_requests": [2, 8], "routes": ["blobs", ("graphql", "blobs")]}
    return sweep(SCENARIO, grid, ["adaptive", "parallel"], range(2), workers=workers)


@pytest.fixture(scope="module")
def of_one_process():
    return frame(1).to_csv()


def test_one_and_two_processes_make_the_same_frame_to_the_byte(of_one_process):
    assert of_one_process == frame(2).to_csv()


def test_the_hash_seed_changes_no_byte(of_one_process):
    code = (
        "from batchlab.hub.scenario import *; from batchlab.hub.work import Work; from batchlab.study import sweep\n"
        "s = Scenario('small', faults=Faults({'502': 0.05}), work=Work(3, 10))\n"
        "g = {'max_concurrent_requests': [2, 8], 'routes': ['blobs', ('graphql', 'blobs')]}\n"
        "print(sweep(s, g, ['adaptive', 'parallel'], range(2), workers=1).to_csv(), end='')"
    )
    other = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"  # this process has one of its own
    environment = os.environ | {"PYTHONHASHSEED": other}
    done = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, check=True)
    assert done.stdout == of_one_process.encode()


def test_a_hub_that_has_travelled_serves_the_same():
    (arm,) = arms_of(["adaptive"], BatchConfig())
    for hub in (SimHub(scenario=SCENARIO), SimHub.sample()):
        there = pickle.loads(pickle.dumps(hub))
        assert Replication(0, arm, 3).row(there) == Replication(0, arm, 3).row(hub)


def test_progress_counts_every_run():
    seen = []
    sweep(SCENARIO, {}, ["parallel"], range(3), workers=1, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_policy_that_cannot_travel_is_named():
    policy = Policy("mine", lambda config: 3, FixedLimit, Pacing.NONE)
    runs = [Replication(0, Arm("mine", policy, BatchConfig()), seed) for seed in range(2)]
    with Workers([SimHub(scenario=SCENARIO)], 2) as workers, pytest.raises(InputError, match="workers=1"):
        workers.rows(runs)


def test_no_workers_are_refused():
    with pytest.raises(InputError, match="workers is 0"):
        Workers([], 0)
