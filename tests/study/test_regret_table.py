"""Regret on two small scenarios and three seeds: the oracle is the best of its grid, and everything is paired."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest

from batchlab.batch_config import BatchConfig
from batchlab.errors import InputError
from batchlab.hub.scenario import Limits, Network, Scenario, Server
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.study import Oracles, choose_oracles, read_oracles, regret, write_regret
from batchlab.study.baselines import static_arms
from batchlab.study.oracle import CHOICE_SEEDS, full_grid, halving
from batchlab.study.regret_table import SUMMARY, TABLE, kept_rows
from batchlab.study.replication import Replication
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


def test_adaptive_alone_is_judged_with_a_memory_of_the_host_too(study):
    known = study.table.set_index("arm")["regret_warm"].notna()
    assert set(known[known].index) == {"adaptive"}


def interrupted(monkeypatch, after):
    """Let so many runs be made, and then an interrupt come."""
    made = []
    row = Replication.row

    def counted(self, hub):
        if len(made) == after:
            raise KeyboardInterrupt
        made.append(self)
        return row(self, hub)

    monkeypatch.setattr(Replication, "row", counted)
    return made


def test_an_interrupted_study_goes_on_where_it_stopped(study, oracles, tmp_path, monkeypatch):
    wanted = {"scenarios": SCENARIOS, "seeds": range(3), "oracles": oracles, "workers": 1, "folder": tmp_path / "kept"}
    with monkeypatch.context() as patch:
        interrupted(patch, after=20)
        with pytest.raises(KeyboardInterrupt):
            regret(**wanted)
    whole = len(study.table) * 3 + 2 * 4  # ADAPTIVE with a memory, and the run that it is from
    made = interrupted(monkeypatch, after=whole)
    again = regret(**wanted)
    assert len(made) <= whole - 20
    pd.testing.assert_frame_equal(again.table, study.table)
    assert again.run_seconds > 0.0
    write_regret(again, tmp_path / "kept", 1.0)
    assert read_oracles(tmp_path / "kept") == oracles
    interrupted(monkeypatch, after=0)
    pd.testing.assert_frame_equal(regret(**wanted).table, study.table)


def test_a_line_that_an_interrupt_has_cut_is_made_again(tmp_path):
    with Workers([SimHub(scenario=SCENARIOS[0])], 1, kept_rows(tmp_path, CONFIG).of(SCENARIOS[0])) as workers:
        first, second = workers.rows([Replication(0, ARMS[0], 0), Replication(0, ARMS[1], 0)])
    (file,) = (tmp_path / "rows").iterdir()
    text = file.read_text(encoding="utf-8")
    file.write_text(text[:-40], encoding="utf-8")
    for _ in range(2):
        ledger = kept_rows(tmp_path, CONFIG).of(SCENARIOS[0])
        assert json.dumps(ledger.get(Replication(0, ARMS[0], 0))) == json.dumps(first)  # NaN equals nothing
        ledger.put(Replication(0, ARMS[1], 0), second, 1.0)
    again = kept_rows(tmp_path, CONFIG).of(SCENARIOS[0]).get(Replication(0, ARMS[1], 0))
    assert json.dumps(again) == json.dumps(second)


def test_rows_are_those_of_their_scenario_settings_seed_and_deadline(tmp_path):
    ledger = kept_rows(tmp_path, CONFIG).of(SCENARIOS[0])
    one = Replication(0, ARMS[0], 0)
    ledger.put(one, {"strategy": "mine"}, 1.0)
    harder = replace(SCENARIOS[0], server=Server(knee=2))
    assert ledger.get(one) is not None
    assert kept_rows(tmp_path, CONFIG).of(harder).get(one) is None
    for other in (replace(one, seed=1), replace(one, deadline=5.0), replace(one, arm=ARMS[1])):
        assert ledger.get(other) is None
    slower = replace(ARMS[0], config=BatchConfig.lab(max_concurrent_repos=1))
    assert ledger.get(replace(one, arm=slower)) is None


def test_a_folder_of_other_settings_or_of_something_else_is_refused(tmp_path):
    kept_rows(tmp_path / "begun", CONFIG)
    with pytest.raises(InputError, match="was begun with config"):
        kept_rows(tmp_path / "begun", BatchConfig())
    (tmp_path / "begun" / "settings.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        kept_rows(tmp_path / "begun", CONFIG)
    with pytest.raises(InputError, match="is not empty"):
        kept_rows(tmp_path, CONFIG)


def test_oracles_are_plain_names(oracles):
    assert isinstance(oracles, Oracles)
    assert {oracles.constant, *oracles.best.values()} <= {arm.name for arm in ARMS}
