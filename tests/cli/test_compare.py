from __future__ import annotations

import json
import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

from batchlab.batch_config import BatchStrategy
from batchlab.cli import main
from batchlab.git_objects import blob_sha
from batchlab.hub.loopback import LoopbackHub

pytestmark = pytest.mark.usefixtures("unpainted")  # but for the one picture of `compared`
Run = Callable[..., Result]
FIVE = {strategy.value for strategy in BatchStrategy}
SAMPLE_FILES = 588


def test_without_arguments_it_ranks_the_five_strategies_and_draws_them(compared: tuple[Result, Path]) -> None:
    result, folder = compared
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "43, seeds: 3, scenario typical, virtual time" in result.stdout
    table = [line.split() for line in result.stdout.splitlines() if line.split(" ")[0] in FIVE and " x " in line]
    assert {row[0] for row in table} == FIVE
    assert all(str(SAMPLE_FILES) in row for row in table)
    assert "times faster than sequential" in result.stdout
    assert (folder / "batchlab-compare.png").read_bytes().startswith(b"\x89PNG")


def test_it_can_be_read_at_a_hundred_columns(compared: tuple[Result, Path]) -> None:
    lines = compared[0].stdout.splitlines()
    assert max(len(line) for line in lines if "needs" not in line) <= 100  # the verdict is one sentence


def test_json_is_all_that_standard_output_holds(batchlab: Run) -> None:
    result = batchlab("compare", "--strategies", "parallel,sequential", "--seeds", 2, "--json")
    document = json.loads(result.stdout)
    assert [arm["strategy"] for arm in document["table"]] == ["parallel", "sequential"]
    assert [row["seed"] for row in document["replications"]] == [0, 1, 0, 1]
    assert document["interrupted"] is False
    assert document["config"]["max_concurrent_requests"] == 10
    assert document["picture"] == "batchlab-compare.png"


def test_settings_come_from_lab_file_and_environment_in_this_order(
    batchlab: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("own.yaml").write_text("batch: {concurrency: {max_concurrent_requests: 30, max_concurrent_repos: 7}}")
    monkeypatch.setenv("BATCHLAB_MAX_CONCURRENT_REPOS", "8")
    options = ("--lab", "--config", "own.yaml", "--strategies", "parallel", "--seeds", 1, "--json")
    config = json.loads(batchlab("compare", *options).stdout)["config"]
    assert config["max_batch_size"] == 100
    assert config["max_concurrent_requests"] == 30
    assert config["max_concurrent_repos"] == 8


def test_out_holds_table_arms_files_and_picture(batchlab: Run) -> None:
    result = batchlab("compare", "--strategies", "parallel,adaptive", "--seeds", 2, "--out", "new/kept")
    assert result.exit_code == 0
    kept = Path("new/kept")
    assert not Path("batchlab-compare.png").exists()
    assert (kept / "compare.png").is_file()
    assert json.loads((kept / "study.json").read_text())["interrupted"] is False
    assert len(pd.read_csv(kept / "table.csv")) == len(pd.read_parquet(kept / "table.parquet")) == 2
    assert len(pd.read_csv(kept / "replications.csv")) == 4
    for arm in ("parallel", "adaptive"):
        results = pd.read_parquet(kept / "runs" / arm / "results.parquet")
        assert (results["status"] == "delivered").sum() == SAMPLE_FILES
    delivered = results[results["status"] == "delivered"]
    for repo, path, sha in zip(delivered["repo"], delivered["path"], delivered["sha"], strict=True):
        assert blob_sha((kept / "files" / repo / path).read_bytes()) == sha


def test_git_repositories_on_disk_are_read_whole_by_all_five(batchlab: Run, repositories: list[str]) -> None:
    first, *others = repositories
    result = batchlab("compare", "--git", first, *others, "--out", "kept", "--seeds", 1)
    assert result.exit_code == 0
    for arm in FIVE:
        results = pd.read_parquet(f"kept/runs/{arm}/results.parquet")
        assert sorted(results["path"]) == ["Cargo.toml", "a/b/go.mod", "package.json", "poetry.lock"]
        assert set(results["status"]) == {"delivered"}
    contents = {path.name: path.read_bytes() for path in Path("kept/files").rglob("*") if path.is_file()}
    assert contents["poetry.lock"] == b"# old\n"  # at the tag that was named
    assert contents["go.mod"] == b"module one\n"


def test_git_can_be_repeated_and_patterns_narrow_what_is_read(batchlab: Run, repositories: list[str]) -> None:
    sources = [argument for path in repositories for argument in ("--git", path)]
    result = batchlab("compare", *sources, "--pattern", "*.toml", "--pattern", "go.*", "--seeds", 1, "--json")
    assert {arm["delivered"] for arm in json.loads(result.stdout)["table"]} == {2}


def test_loopback_compares_over_a_real_socket(batchlab: Run, repositories: list[str]) -> None:
    result = batchlab("compare", "--loopback", "--strategies", "parallel,adaptive", "--git", *repositories)
    assert result.exit_code == 0
    assert "seeds: 1, scenario typical, real time" in result.stdout


def test_a_scenario_can_be_a_file(batchlab: Run, repositories: list[str]) -> None:
    Path("slow.yaml").write_text("latency: {median: 5.0}")
    result = batchlab("compare", "--scenario", "slow.yaml", "--strategies", "parallel", "--git", *repositories)
    assert "scenario slow" in result.stdout


def test_the_real_github_is_not_read_five_times_unasked(batchlab: Run, real: LoopbackHub) -> None:
    result = batchlab("compare", "acme/app", "acme/lib")
    assert result.exit_code == 2
    assert "repositories: 2, each read 5 times" in result.stderr
    assert "about 60 to 760 calls" in result.stderr
    assert "--yes" in result.stderr
    assert real.books()["total_calls"] == 0


def test_on_a_terminal_the_price_is_asked_for(
    real: LoopbackHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        with pytest.raises(SystemExit) as refused:
            main(["compare", "acme/app"])
    os.close(ours)
    stderr = capsys.readouterr().err
    assert refused.value.code == 1
    assert "each read 5 times" in stderr
    assert "error: nothing was read" in stderr
    assert real.books()["total_calls"] == 0


def test_the_real_github_is_compared_with_yes(batchlab: Run, real: LoopbackHub) -> None:
    result = batchlab("compare", "acme/app", "acme/lib", "--yes", "--out", "kept")
    assert result.exit_code == 0
    assert f"{real.base_url}, repositories: 2, seeds: 1, real time" in result.stdout
    assert Path("kept/files/acme/app/go.mod").read_bytes() == b"module acme"
    assert real.books()["calls"]["tree 200"] == 5 * 2


def test_an_organisation_is_listed_and_read(batchlab: Run, real: LoopbackHub) -> None:
    result = batchlab("compare", "--org", "acme", "--yes", "--strategies", "parallel,adaptive", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {arm["delivered"] for arm in document["table"]} == {3}


def test_failures_show_in_the_exit_code_and_with_their_reason(batchlab: Run, real: LoopbackHub) -> None:
    result = batchlab("compare", "acme/app", "acme/none", "--yes", "--strategies", "parallel,adaptive")
    assert result.exit_code == 1
    assert result.stdout.count("acme/none: no such repository or ref") == 1
    assert "parallel: 1 failed" in result.stdout


def test_nothing_delivered_is_no_victory(batchlab: Run, real: LoopbackHub) -> None:
    result = batchlab("compare", "acme/empty", "--yes", "--strategies", "parallel,adaptive")
    assert "acme/empty is empty: it has no commit yet" in result.stdout
    assert "no strategy delivered a file" in result.stdout
