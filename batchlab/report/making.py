"""Make a report: find what it is about, say the verdict first, and write one file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from batchlab import __version__
from batchlab.batch_config import BatchConfig
from batchlab.cards import card
from batchlab.errors import InputError
from batchlab.hub.scenario import Scenario
from batchlab.report.embedding import MARK, data_folder_of, packed
from batchlab.report.html import as_html
from batchlab.report.markdown import write_markdown
from batchlab.report.parts import Page
from batchlab.report.repeating import repeated_by
from batchlab.report.sections import sections_of
from batchlab.report.subjects import study_about
from batchlab.runs import RunHandle
from batchlab.runs.folders import write_whole
from batchlab.study import Study
from batchlab.study.arms import Strategies
from batchlab.study.regression import change_in_words, regression

_HTML, _MARKDOWN = (".html", ".htm"), (".md", ".markdown")


@dataclass(frozen=True, repr=False)
class Report:
    """A report that was written.

    Parameters
    ----------
    path
        The file.
    study
        What it tells of.
    verdict
        Its first sentences.
    regression
        How each strategy did against the baseline, columns of `batchlab.study.regression.REGRESSION`; None without a
        baseline.
    """

    path: Path
    study: Study
    verdict: tuple[str, ...]
    regression: pd.DataFrame | None

    def _repr_html_(self) -> str:
        return card(f"Report: {self.path}", {"verdict": " ".join(self.verdict)})

    def __repr__(self) -> str:
        return f"<Report {self.path}: {' '.join(self.verdict)}>"


def report(
    *items: Any,
    out: str | Path = "report.html",
    against: Study | str | Path | None = None,
    strategies: Strategies | None = None,
    seeds: Iterable[int] | None = None,
    scenario: str | Path | Scenario | None = None,
    config: BatchConfig | None = None,
    patterns: Sequence[str] | None = None,
    opportunities: bool = False,
    progress: Callable[[str, int, RunHandle], None] | None = None,
) -> Report:
    """Write a report: one file, which needs no network and from which `batchlab.read_report` gets the data back.

    Parameters
    ----------
    *items
        What it is about: runs, or one study, or one hub; or their names: folders of saved runs or of a study, an
        earlier report, git repositories on disk, a corpus folder, ``"sample"``, a scenario that brings its work.
        Several runs are compared; a world is read with the strategies first. The sample world unless given.
    out
        The file: ``.html`` is self-contained; ``.md`` has its pictures and data in a folder beside it. An earlier
        report of that name is replaced, nothing else is.
    against
        A study, a saved one or an earlier report: each strategy is held against itself there.
    strategies, seeds, config, patterns, progress
        As for `batchlab.compare`, for worlds; what was saved before takes none.
    opportunities
        Whether to try, in a twin of the best strategy's run, what would save time; takes as long as some forty runs.
    scenario
        Conditions of worlds that are named; ``typical`` unless given.

    Returns
    -------
    Report
        With the study, the verdict, and how it did against the baseline.

    Raises
    ------
    InputError
        An item is nothing to report on, items do not go together, or the file is something else.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> hub = SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits")
    >>> with TemporaryDirectory() as folder:
    ...     made = report(hub, out=f"{folder}/report.html", strategies=["parallel"])
    ...     made.path.read_text().startswith("<!doctype html>")
    True
    """
    target = _require_place(out)
    if isinstance(against, (str, Path)) and Path(against).expanduser().resolve() == target.resolve():
        raise InputError(f"{out} is the baseline and would be replaced; name another file for the report")
    baseline = None if against is None else study_about([against], None, {})[0]
    given = {"strategies": strategies, "seeds": seeds, "config": config, "patterns": patterns, "progress": progress}
    options = {name: value for name, value in given.items() if value is not None}
    study, read_now = study_about(items, scenario, options)
    changes = None if baseline is None else regression(study, baseline)
    verdict = (*_against(changes), _verdict(study))
    command = repeated_by(study, items if read_now else ())
    page = Page(
        _title(study),
        verdict,
        _facts(study),
        sections_of(study, changes, command, target.name, opportunities=opportunities),
        packed(study),
        f"{MARK}, {datetime.now(UTC).date().isoformat()}, batchlab {__version__}",
    )
    _write(page, target)
    return Report(target, study, verdict, changes)


def _require_place(out: str | Path) -> Path:
    target = Path(out).expanduser()
    if target.suffix.lower() not in (*_HTML, *_MARKDOWN):
        raise InputError(f"{out} ends neither in .html nor in .md; a report is one of these")
    if target.is_dir() or (target.is_file() and MARK.encode() not in target.read_bytes()[:2000]):
        raise InputError(f"{out} is there already and is no batchlab report; name another file")
    beside = data_folder_of(target)
    if target.suffix.lower() in _MARKDOWN and beside.exists() and not target.is_file():
        raise InputError(f"{beside}, where the pictures go, is there already; name another file")
    return target


def _write(page: Page, target: Path) -> None:
    if target.suffix.lower() in _MARKDOWN:
        write_markdown(page, target)
    else:
        write_whole(target, as_html(page).encode())


def _title(study: Study) -> str:
    arms, seeds = len(study.table), study.replications["seed"].nunique()
    if arms == 1:
        return f"{study.table['strategy'].iloc[0]} reads {study.hub}"
    return f"Reading {study.hub}: {arms} strategies, {seeds} seed{'s' * (seeds != 1)}"


def _against(changes: pd.DataFrame | None) -> tuple[str, ...]:
    if changes is None:
        return ()
    return (f"Against the baseline: {change_in_words(changes)}.",)


def _verdict(study: Study) -> str:
    ending = "Interrupted; of the runs that had ended: " if study.interrupted else ""
    if len(study.table) != 1 or study.table["delivered"].sum() == 0:
        return ending + study.verdict
    arm: Any = study.table.iloc[0]
    run = study.runs.get(arm["strategy"]) or next(iter(study.runs.values()))
    most: Any = run.explain().sort_values("seconds").iloc[-1]
    return (
        f"{ending}{arm['strategy']} delivers {arm['delivered']:,} of {arm['files']:,} files "
        f"in {arm['makespan']:,.1f} s, with {arm['calls']:,.0f} calls; "
        f"{most['share']:.0%} of that time: {most['meaning']}."
    )


def _facts(study: Study) -> dict[str, str]:
    if study.table.empty:
        return {}
    best: Any = study.table.iloc[0]
    facts = {"best strategy": str(best["strategy"]), "makespan": f"{best['makespan']:,.1f} s"}
    if pd.notna(best["speed_up"]):
        facts["over sequential"] = f"{best['speed_up']:,.1f} times faster"
    files = f"{best['delivered']:,} of {best['files']:,}"
    return facts | {"calls": f"{best['calls']:,.0f}", "files delivered": files}
