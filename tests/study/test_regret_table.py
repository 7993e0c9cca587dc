"""Regret on two small scenarios and three seeds: the oracle is the best of its grid, and everything is paired."""

from __future__ import annotations

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.errors import InputError
from batchlab.hub.scenario import Limits, Network, Scenario, Server
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.study import Oracles, choose_oracles, read_oracles, regret, write_regret
from batchlab.study.baselines import static_arms
from batchlab.study.oracle import CHOICE_SEEDS, full_grid, halving
from batchlab.study.regret_table import SUMMARY, TABLE
from batchlab.study.workers import Workers

CONFIG = BatchConfig.lab()
SCENARIOS = [
    Scenario("knee", server=Server(knee=4, kappa=0.1), limits=Limits(in_flight=100), work=Work(4, 12)),
    Scenario("thin", network=Network(link=2e5), limits=Limits(in_flight=100), work=Work(4, 12)),
]
ARMS = static_arms(CONFIG, (2, 4, 16, 96), (10, 50))


@pytest.fixture(scope="module")
def oracles():
    return choose_oracles(SCENARIOS, CONFIG, CHOICE_SEEDS[:3], arms=ARMS, workers=1)


@pytest.fixture(scope="module")
def study(oracles):
    return regret(scenarios=SCENARIOS, seeds=range(3), oracles=oracles, workers=1)


def test_halving_finds_what_the_full_grid_finds(oracles):
    with Workers([SimHub(scenario=SCENARIOS[0])], 1) as workers:
        best, search = full_grid(workers, 0, ARMS, CHOICE_SEEDS[:3])
        halved, _ = halving(workers, 0, ARMS, CHOICE_SEEDS[:3])
    assert search.score(halved.name) <= 1.02 * search.score(best.name)
    assert halved.name == oracles.best["knee"]


def test_the_oracle_has_no_regret_against_itself(study):
    oracle = study.table[study.table["arm"] == "oracle"]
    assert (oracle["regret"] == 0.0).all()
    assert (oracle["seconds_lost"] == 0.0).all()


def test_frames_are_as_declared_and_name_every_arm(study):
    TABLE.validate(study.table)
    SUMMARY.validate(study.summary)
    arms = {"adaptive", "oracle", "best-constant", "fixed-8", "fixed-16", "fixed-32", "fixed-64", "aimd", "gradient2"}
    assert set(study.summary["arm"]) == arms


def test_nothing_is_lost_and_no_limit_met(study):
    assert not study.table["lost"].any()
    assert not study.table["limit_hits"].any()


def test_seeds_that_choose_the_oracle_are_not_reported(oracles):
    with pytest.raises(InputError, match="choose the oracle"):
        regret(scenarios=SCENARIOS, seeds=[CHOICE_SEEDS[0]], oracles=oracles, workers=1)


def test_a_written_study_gives_its_oracles_back(study, tmp_path):
    write_regret(study, tmp_path / "result", 1.0)
    assert read_oracles(tmp_path / "result") == study.oracles
    with pytest.raises(InputError, match="holds no regret study"):
        read_oracles(tmp_path)


def test_oracles_are_plain_names(oracles):
    assert isinstance(oracles, Oracles)
    assert {oracles.constant, *oracles.best.values()} <= {arm.name for arm in ARMS}
