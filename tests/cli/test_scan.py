from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

from batchlab.git_objects import blob_sha
from batchlab.hub.loopback import LoopbackHub

Run = Callable[..., Result]
IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.org")


def test_without_arguments_it_reads_the_sample_world(batchlab: Run) -> None:
    result = batchlab("scan")
    assert result.exit_code == 0
    assert result.stdout.startswith("sample\n")
    assert "acme-labs/empty is empty: it has no commit yet" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_json_has_totals_waits_and_a_row_a_file_without_contents(batchlab: Run, repositories: list[str]) -> None:
    result = batchlab("scan", "--strategy", "parallel", "--json", "--git", *repositories)
    document = json.loads(result.stdout)
    assert document["strategy"] == "parallel"
    assert document["delivered"] == len(document["results"]) == 4
    assert document["calls"] == document["points"] == 7
    assert set(document["waits"]) == {"queue_wait", "pacing_wait", "limit_wait", "backoff_wait"}
    assert "content" not in document["results"][0]


def test_out_holds_results_settings_and_files(batchlab: Run, repositories: list[str]) -> None:
    result = batchlab("scan", "--git", *repositories, "--out", "kept")
    assert "Saved in kept" in result.stdout
    results = pd.read_parquet("kept/results.parquet")
    assert "content" not in pd.read_csv("kept/results.csv").columns
    for repo, path, sha in zip(results["repo"], results["path"], results["sha"], strict=True):
        assert blob_sha((Path("kept/files") / repo / path).read_bytes()) == sha
    assert json.loads(Path("kept/run.json").read_text())["interrupted"] is False
    assert Path("kept/config.yaml").is_file()


def test_the_corpus_form_is_read(batchlab: Run, odd_corpus: Path) -> None:
    result = batchlab("scan", "--corpus", odd_corpus)
    assert "odd" in result.stdout


def test_the_strategy_of_the_settings_holds_unless_one_is_named(batchlab: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHLAB_DEFAULT_STRATEGY", "conservative")
    assert json.loads(batchlab("scan", "--json").stdout)["strategy"] == "conservative"
    assert json.loads(batchlab("scan", "--json", "--strategy", "Parallel").stdout)["strategy"] == "parallel"


def test_the_real_github_is_read_with_the_token_of_a_file(
    batchlab: Run, real: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    Path("token").write_text(f"  {real.token}\n")
    result = batchlab("scan", "acme/app", "acme/lib@main", "--token-file", "token", "--out", "kept")
    assert result.exit_code == 0
    assert Path("kept/files/acme/lib/@main/Cargo.toml").read_bytes() == b"[package]"


def test_a_second_scan_takes_known_blobs_from_the_cache(batchlab: Run, real: LoopbackHub) -> None:
    first, second = (json.loads(batchlab("scan", "acme/app", "--json").stdout) for _ in range(2))
    assert (first["calls"], second["calls"]) == (3, 1)
    assert [row["from_cache"] for row in second["results"]] == [True, True]


def test_names_of_files_cannot_steer_the_terminal(batchlab: Run, make_repository: Callable[..., Path]) -> None:
    folder = make_repository({"go.mod": b"module made"})
    (folder / "\N{ESCAPE}[2J.lock").symlink_to("go.mod")
    subprocess.run(["git", "-C", folder, "add", "-A"], check=True)
    subprocess.run(["git", "-C", folder, *IDENTITY, "commit", "-q", "-m", "link"], check=True)
    result = batchlab("scan", "--git", folder, "--pattern", "*.lock")
    assert "[2J.lock is a symbolic link" in result.stdout
    assert "\N{ESCAPE}" not in result.stdout


def test_an_organisation_is_read_in_part(batchlab: Run, real: LoopbackHub) -> None:
    document = json.loads(batchlab("scan", "--org", "acme", "--limit", "2", "--no-forks", "--json").stdout)
    assert len({row["repo"] for row in document["results"]}) == 2
