from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from batchlab.errors import InputError
from batchlab.hub.scenario import Archives, Faults, GraphQL, Latency, Limits, Network, Period, Scenario, Server


@pytest.mark.parametrize("name", Scenario.names())
def test_every_shipped_scenario_loads_and_describes_itself(name: str) -> None:
    scenario = Scenario.load(name)
    assert scenario.name == name
    assert len(scenario.description) > 40


def test_typical_carries_the_documented_limits() -> None:
    limits = Scenario.load("typical").limits
    assert (limits.core, limits.points_per_minute, limits.in_flight) == (5000, 900, 100)
    assert limits.cpu_seconds_per_minute == 90


def test_no_limits_has_none() -> None:
    limits = Scenario.load("no-limits").limits
    assert [limits.core, limits.in_flight, limits.points_per_minute, limits.cpu_seconds_per_minute] == [None] * 4


def test_an_unknown_name_is_answered_with_the_nearest_and_all_of_them() -> None:
    with pytest.raises(InputError, match=r"did you mean 'typical'.*no-limits.*typical"):
        Scenario.load("tipical")


def test_a_scenario_file_of_one_s_own_is_read(tmp_path: Path) -> None:
    file = tmp_path / "slow.yaml"
    file.write_text("latency: {median: 1.5}\nfaults: {error_rate: {502: 0.1, reset: 0.2}}\n")
    scenario = Scenario.load(file)
    assert (scenario.name, scenario.latency.median) == ("slow", 1.5)
    assert scenario.faults.error_rate == {"502": 0.1, "reset": 0.2}


def test_a_missing_file_and_a_broken_one_are_input_errors(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("latency: [")
    for file in (broken, tmp_path / "none.yaml"):
        with pytest.raises(InputError, match="cannot be read"):
            Scenario.load(file)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "mapping"),
        ({"latence": {}}, "did you mean 'latency'"),
        ({"latency": {"medain": 1}}, "did you mean 'median'"),
        ({"latency": 3}, "section 'latency'"),
    ],
)
def test_a_wrong_document_names_what_is_accepted(document: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Scenario.parse(document)


@pytest.mark.parametrize(
    ("build", "value"),
    [
        (lambda: Latency(median=-1.0), "-1"),
        (lambda: Latency(tail_share=1.5), "1.5"),
        (lambda: Latency(tail_shortest=2.0, tail_longest=1.0), "tail_longest is 1"),
        (lambda: Network(link=0.0), "link is 0"),
        (lambda: Server(knee=-3), "knee is -3"),
        (lambda: Limits(core=0), "core is 0"),
        (lambda: Limits(reset_in=-1), "reset_in is -1"),
        (lambda: Limits(core="many"), "'many'"),  # type: ignore[arg-type]
        (lambda: Faults({"418": 0.1}), "'418' is no fault"),
        (lambda: Faults({"502": 0.7, "503": 0.7}), "add up to 1"),
        (lambda: Faults(by_family={"rets": {}}), "did you mean 'rest'"),
        (lambda: Faults(slow_factor=0.5), "slow_factor is 0.5"),
        (lambda: Limits(refusal_status=418), "refusal_status is 418; accepted: 403, 429"),
        (lambda: Archives(redirect_points=2), "redirect_points is 2"),
        (lambda: GraphQL(sigma=-1.0), "sigma is -1"),
    ],
)
def test_a_value_out_of_range_is_named(build: object, value: str) -> None:
    assert callable(build)
    with pytest.raises(InputError, match=value):
        build()


def test_periods_change_sections_from_an_instant_to_the_next() -> None:
    document = {"server": {"knee": 48}, "periods": [{"start": 8, "server": {"knee": 6}}, {"start": 20.0}]}
    scenario = Scenario.parse(document)
    assert [scenario.at(seconds).server.knee for seconds in (0.0, 7.9, 8.0, 19.9, 20.0)] == [48, 48, 6, 6, 48]
    assert Scenario("steady").at(1e9) == Scenario("steady")


def test_nested_sections_are_read() -> None:
    document = {"archives": {"latency": {"median": 1.5}, "throttle": {"requests": 9}}, "raw": {"enabled": False}}
    scenario = Scenario.parse(document)
    assert (scenario.archives.latency.median, scenario.archives.throttle.requests) == (1.5, 9)
    assert scenario.raw.enabled is False


def test_a_scenario_survives_json() -> None:
    period = Period(5.0, faults=Faults({"502": 0.5}, by_family={"raw": {"html": 0.1}}))
    scenario = Scenario("own", limits=Limits(graphql=7), periods=(period,))
    assert Scenario.parse(json.loads(json.dumps(asdict(scenario)))) == scenario


def test_periods_out_of_order_are_named() -> None:
    with pytest.raises(InputError, match=r"start at \[9.0, 3.0\]"):
        Scenario("x", periods=(Period(9.0), Period(3.0)))
