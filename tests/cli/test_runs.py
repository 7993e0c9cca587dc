from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Run = Callable[..., Result]


def test_saved_runs_are_listed_and_broken_ones_told(batchlab: Run, repositories: list[str]) -> None:
    for name in ("monday", "tuesday"):
        batchlab("scan", "--strategy", "parallel", "--out", f"kept/{name}", "--git", *repositories)
    (Path("kept/tuesday") / "run.json").unlink()
    result = batchlab("runs", "kept")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].split()[:2] == ["monday", "parallel"]
    assert "tuesday: kept/tuesday is half-written" in result.stdout
    assert [row["name"] for row in json.loads(batchlab("runs", "kept", "--json").stdout)] == ["monday", "tuesday"]


def test_a_folder_without_runs_or_none_is_told(batchlab: Run) -> None:
    assert batchlab("runs").stdout == "No saved run in .\n"
    missing = batchlab("runs", "nowhere")
    assert missing.exit_code == 2
    assert "there is no folder nowhere" in missing.stderr
