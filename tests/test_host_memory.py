"""What runs learn of hosts: kept by address, begun with by ADAPTIVE alone, harmless where it is wrong."""

from __future__ import annotations

import json
import logging

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.control.measurements import Measurements, Pace
from batchlab.control.remembered import Remembered
from batchlab.errors import InputError
from batchlab.host_memory import HostMemory
from batchlab.hub.conditions import Latency, Server
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.runs import scan
from batchlab.study import compare

HOST = "https://api.github.com"
KNOWN = Remembered(limit=48, files_a_call=80, idle={"blob": 0.06, "graphql": 1.5})
WIDE = SimHub(scenario=Scenario("wide", latency=Latency(0.2, 0.2), server=Server(knee=48), work=Work(60, 10)))


def read(hub, memory=None, **settings):
    return scan(hub=hub, strategy="adaptive", config=BatchConfig.lab(**settings), memory=memory)


@pytest.fixture(scope="module")
def taught():
    memory = HostMemory()
    read(WIDE, memory, routes="blobs")
    return memory


class TestTheMemory:
    def test_what_is_noted_is_recalled_by_every_object_of_the_file(self, tmp_path):
        HostMemory(tmp_path / "new" / "hosts.json").note(HOST, KNOWN)
        other = HostMemory(tmp_path / "new" / "hosts.json")
        other.note("https://github.example.com/api/v3", Remembered(1, 1))
        assert HostMemory(tmp_path / "new" / "hosts.json").recall(HOST) == KNOWN
        assert other.recall("https://elsewhere.example.com") is None
        assert [path.name for path in (tmp_path / "new").iterdir()] == ["hosts.json"]

    @pytest.mark.parametrize(
        "content",
        [
            b"", b"{", b"\xff\xfe", b"[]", b'{"hosts": {"h": 3}}', b'{"hosts": {"h": {"limit": 0, "files_a_call": 1}}}',
            b'{"hosts": {"h": {"limit": 8, "files_a_call": 1, "idle": {"blob": -1}}}}',
        ],
    )  # fmt: skip
    def test_a_file_that_cannot_be_read_is_told_of_and_begun_afresh(self, content, tmp_path, caplog):
        file = tmp_path / "hosts.json"
        file.write_bytes(content)
        with caplog.at_level(logging.WARNING, "batchlab.memory"):
            assert HostMemory(file).recall(HOST) is None
        assert "cannot be read" in caplog.text
        HostMemory(file).note(HOST, KNOWN)
        assert HostMemory(file).recall(HOST) == KNOWN

    def test_a_place_that_cannot_be_written_is_named(self, tmp_path):
        with pytest.raises(InputError, match="is a folder"):
            HostMemory(tmp_path)
        (tmp_path / "file").touch()
        with pytest.raises(InputError, match="cannot be written"):
            HostMemory(tmp_path / "file" / "hosts.json").note(HOST, KNOWN)

    def test_no_secret_is_kept(self, tmp_path):
        file = tmp_path / "hosts.json"
        memory = HostMemory(file)
        memory.note("https://me:hunter2@github.example.com/api/v3?token=hunter2", KNOWN)
        read(WIDE, memory)
        text = file.read_text(encoding="utf-8")
        assert "hunter2" not in text + repr(memory)
        assert WIDE.token not in text
        assert set(json.loads(text)["hosts"]) == {"https://github.example.com", HOST}


def test_a_pace_that_is_recalled_yields_to_what_is_quicker_and_is_not_passed_on():
    pace = Pace(recalled=0.1)
    for _ in range(32):
        pace.note(pace.sent(), 0.3)
    assert (pace.idle, pace.learned) == (0.1, 0.3)
    for _ in range(32):
        pace.note(pace.sent(), 0.05)
    assert (pace.idle, pace.learned) == (0.05, 0.05)


def test_what_is_recalled_stands_in_for_what_was_not_measured_yet():
    measured = Measurements(recalled=KNOWN.idle)
    assert (measured.idle_rest_seconds, measured.rest_seconds, measured.idle_query_factor) == (0.06, 0.06, 1.5)
    assert measured.idle == {}


class TestAdaptive:
    def test_begins_near_the_limit_that_it_kept_to(self, taught):
        known = taught.recall(WIDE.base_url)
        cold, warm = read(WIDE, routes="blobs"), read(WIDE, taught.copy(), routes="blobs")
        assert 24 <= known.limit <= 96
        assert cold.calls["limit"].iloc[0] == 8
        assert warm.calls["limit"].iloc[0] == known.limit
        assert warm.makespan < cold.makespan

    def test_begins_with_the_batch_size_that_it_ended_with(self):
        memory = HostMemory()
        memory.note(WIDE.base_url, Remembered(8, 20))
        run = read(WIDE, memory, routes="graphql")
        assert run.batches.loc[run.batches["route"] == "graphql", "files"].iloc[0] <= 20

    @pytest.mark.parametrize("wrong", [Remembered(96, 100, {"blob": 0.01}), Remembered(1, 5, {"blob": 3.0})])
    @pytest.mark.parametrize("server", [Server(knee=6, kappa=0.01), Server(knee=64)])
    def test_a_wrong_memory_costs_two_seconds_at_most(self, wrong, server):
        hub = SimHub(scenario=Scenario("drifted", latency=Latency(0.1, 0.2), server=server, work=Work(60, 20)))
        memory = HostMemory()
        memory.note(hub.base_url, wrong)
        assert read(hub, memory).makespan <= read(hub).makespan + 2.0
        assert memory.recall(hub.base_url) != wrong

    def test_other_strategies_learn_nothing(self):
        memory = HostMemory()
        memory.note(WIDE.base_url, KNOWN)
        with_memory = scan(hub=WIDE, strategy="parallel", memory=memory)
        assert memory.recall(WIDE.base_url) == KNOWN
        assert with_memory.makespan == scan(hub=WIDE, strategy="parallel").makespan


def test_every_run_of_a_comparison_begins_with_the_same_memory(taught):
    known = taught.recall(WIDE.base_url)
    lab = BatchConfig.lab(routes="blobs")
    study = compare(WIDE, ["adaptive"], range(2), config=lab, memory=taught)
    alone = compare(WIDE, ["adaptive"], [1], config=lab, memory=taught)
    assert study.replications["makespan"].iloc[1] == alone.replications["makespan"].iloc[0]
    assert taught.recall(WIDE.base_url) == known
