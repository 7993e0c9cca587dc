"""Scenarios, sweep and regret on the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from batchlab.hub.scenario import Scenario

SMALL = {
    "knee": "server: {knee: 4, kappa: 0.1}\nlimits: {in_flight: 100}\nwork: {repositories: 3, files: 8}\n",
    "thin": "network: {link: 2.0e+5}\nlimits: {in_flight: 100}\nwork: {repositories: 3, files: 8}\n",
}


@pytest.fixture
def small(tmp_path: Path) -> str:
    """Two scenarios of one's own, as the option takes them."""
    for name, text in SMALL.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return "knee.yaml,thin.yaml"


def test_every_scenario_is_listed_with_what_it_stands_for(batchlab):
    result = batchlab("scenarios", "--no-bounds")
    assert result.exit_code == 0
    for name in Scenario.names():
        assert f"\n{name}  " in result.output
        assert f"\n{name}: " in result.output


def test_a_sweep_prints_a_row_a_run_as_csv(batchlab, small):
    grid = ("--set", "max_concurrent_requests=1,4", "--set", "routes=blobs,graphql+blobs")
    result = batchlab("sweep", *grid, "--scenarios", small, "--seeds", 2, "--workers", 1)
    frame = pd.read_csv(io.StringIO(result.stdout))
    assert len(frame) == 2 * 2 * 2 * 2
    assert frame["routes"].unique().tolist() == ["blobs", "blobs+graphql"]
    assert (frame["failed"] == 0).all()


def test_a_sweep_writes_to_a_file(batchlab, small, tmp_path):
    result = batchlab("sweep", "--scenarios", "knee.yaml", "--seeds", 1, "--workers", 1, "--out", "rows.csv")
    assert result.stdout == ""
    assert len(pd.read_csv(tmp_path / "rows.csv")) == 1


def test_a_small_regret_states_its_time_and_is_written_with_its_seeds(batchlab, small, tmp_path):
    result = batchlab("regret", "--scenarios", small, "--seeds", 3, "--workers", 1, "--out", "result")
    assert result.exit_code == 0, result.output
    assert "of wall time" in result.output
    assert "gradient2" in result.output
    written = json.loads((tmp_path / "result" / "study.json").read_text(encoding="utf-8"))
    assert written["seeds"] == [0, 1, 2]
    assert set(written["oracles"]["best"]) == {"knee", "thin"}
    assert not pd.read_csv(tmp_path / "result" / "table.csv")["lost"].any()
    again = batchlab("regret", "--scenarios", small, "--seeds", 1, "--oracles", "result", "--out", "result")
    assert again.exit_code == 0, again.output
    assert "in all sittings" in again.output


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("sweep", "--set", "colour=1"), "unknown setting 'colour'"),
        (("sweep", "--set", "routes"), "names no values"),
        (("sweep", "--set", "max_concurrent_requests=many"), "takes a whole number"),
        (("regret", "--scenarios", "typcal"), "did you mean 'typical'?"),
        (("regret", "--oracles", "nowhere"), "holds no regret study"),
    ],
)
def test_bad_input_is_named(batchlab, arguments, error):
    result = batchlab(*arguments)
    assert result.exit_code in (1, 2)
    assert error in result.output
