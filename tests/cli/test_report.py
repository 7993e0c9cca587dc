from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pandas as pd
import pytest
from click.testing import Result

import batchlab as bl
from batchlab.cli.report import _judged
from batchlab.report import Report

Run = Callable[..., Result]
QUICK = ("--strategies", "adaptive,parallel", "--seeds", 2)


def test_without_arguments_it_reports_on_the_sample_world(batchlab: Run) -> None:
    result = batchlab("report", *QUICK)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "adaptive needs" in result.stdout
    assert result.stdout.endswith("Report: report.html\n")
    assert bl.read_report("report.html").replications["seed"].nunique() == 2


def test_a_regression_beyond_the_limit_fails(
    batchlab: Run, make_repository: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_repository({f"{number}/go.mod": b"module %d" % number for number in range(40)})
    once = ("report", world, "--strategies", "parallel", "--seeds", 4)
    batchlab(*once, "--out", "before.html")
    monkeypatch.setenv("BATCHLAB_MAX_CONCURRENT_REQUESTS", "1")
    slower = batchlab(*once, "--against", "before.html", "--fail-over", "10%")
    assert slower.exit_code == 1, slower.output
    assert "parallel: slower: " in " ".join(slower.stdout.split())
    assert "FAILED, over 10%: parallel." in slower.stdout


def test_the_limit_holds_for_what_is_shown() -> None:
    names = {"strategy": ["a", "b", "c"], "ratio": [1.3, 1.3, 1.0], "low": [1.2, 0.9, 0.9], "lost": [0, 0, 0]}
    made = Report(Path("report.html"), Mock(), (), pd.DataFrame(names))
    assert _judged(made, None) == ([], 0)
    assert _judged(made, 0.5) == (["None is over 50%."], 0)
    words, code = _judged(made, 0.1)
    assert code == 1
    assert words[0] == "FAILED, over 10%: a."
    assert words[1].startswith("Not shown to be over 10%, though the ratio is: b; more --seeds")


def test_saved_runs_and_studies_are_reported_on(batchlab: Run, repositories: list[str]) -> None:
    for strategy in ("parallel", "sequential"):
        batchlab("scan", "--strategy", strategy, "--out", f"kept/{strategy}", "--git", *repositories)
    result = batchlab("report", "kept/parallel", "kept/sequential", "--out", "report.md")
    assert "one seed: no interval" in " ".join(result.stdout.split())
    batchlab("compare", "--strategies", "parallel", "--seeds", 2, "--out", "study", "--git", *repositories)
    assert "parallel" in batchlab("report", "study", "--against", "report.md").stdout
    assert Path("report_files/study/study.json").is_file()


@pytest.mark.parametrize(
    "arguments",
    [("--fail-over", "10%"), ("--against", "report.html"), ("--fail-over", "10", "--against", "x"), ("nowhere",)],
)
def test_bad_input_is_told_in_one_line(batchlab: Run, arguments: tuple[str, ...]) -> None:
    result = batchlab("report", *arguments)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert any(
        way in result.stderr for way in ("add --against", "such as 10%", "name a saved run or study", "baseline")
    )
    assert list(Path().glob("*.html")) == []
