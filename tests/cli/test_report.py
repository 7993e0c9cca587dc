from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import nbformat
import pandas as pd
import pytest
from click.testing import Result

import batchlab as bl
from batchlab.cli.report import _judged
from batchlab.errors import InputError
from batchlab.package_data import notebooks_folder
from batchlab.report import Report
from batchlab.report.notebook import NAME, report_notebook

Run = Callable[..., Result]
QUICK = ("--strategies", "adaptive,parallel", "--seeds", 2)


def test_without_arguments_it_reports_on_the_sample_world(batchlab: Run) -> None:
    result = batchlab("report", *QUICK)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "adaptive needs" in result.stdout
    assert result.stdout.endswith("Report: report.html\n")
    assert bl.read_report("report.html").replications["seed"].nunique() == 2


@pytest.mark.long
def test_the_performance_notebook_makes_the_very_report_that_the_command_makes(
    batchlab: Run, make_repository: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCHLAB_MAX_CONCURRENT_REQUESTS", "12")
    world = make_repository({f"{number}/go.mod": b"module %d" % number for number in range(9)})
    asked = ("report", world, *QUICK, "--scenario", "no-limits")
    made = batchlab(*asked)
    result = batchlab(*asked, "--out", "again.html", "--notebook", "mine.ipynb")  # which writes again.html anew
    assert result.stdout == made.stdout.replace("report.html", "again.html") + "Notebook: mine.ipynb\n"
    cells = nbformat.read("mine.ipynb", as_version=4).cells
    printed = [output["text"] for cell in cells for output in cell.get("outputs", []) if "text" in output]
    assert "settings = {'max_concurrent_requests': 12}" in cells[2].source
    assert printed[0].startswith("again.html: ")
    assert bl.read_report("report.html").verdict in printed[1]
    shown = [Path(name).read_text().partition('id="batchlab-data"')[0] for name in ("again.html", "report.html")]
    assert shown[0].replace("again.html", "report.html") == shown[1]
    pd.testing.assert_frame_equal(bl.read_report("again.html").table, bl.read_report("report.html").table)
    Path("other.ipynb").write_text("{}")
    with pytest.raises(InputError, match="is there already and is no performance notebook"):
        report_notebook("other.ipynb", {})


def test_the_command_and_the_performance_notebook_have_the_same_defaults(
    batchlab: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[tuple[str, ...], dict[str, object]]] = []

    def listen(*items: str, **options: object) -> None:
        asked.append((items, options))
        raise InputError("this is far enough")

    monkeypatch.setattr("batchlab.cli.report.report", listen)
    monkeypatch.setattr(bl, "report", listen)
    assert batchlab("report").exit_code == 2
    cells = nbformat.read(notebooks_folder() / NAME, as_version=4).cells
    parameters, call = [cell.source for cell in cells if cell.cell_type == "code"][1:3]
    with pytest.raises(InputError, match="far enough"):
        exec(f"{parameters}\n{call}", {"bl": bl})
    (of_the_command, options), of_the_notebook = asked
    assert options.pop("progress") is None
    assert (of_the_command, options) == of_the_notebook


@pytest.mark.usefixtures("unpainted")
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


@pytest.mark.usefixtures("unpainted")
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
