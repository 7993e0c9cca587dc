"""The sections of a report, from a study: tables, pictures with their text, and what is needed to repeat it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from batchlab import plots
from batchlab.config_files import settings_document
from batchlab.errors import InputError
from batchlab.report.parts import Block, Code, Form, Section, Shown, Table
from batchlab.runs import Run
from batchlab.study import Study
from batchlab.study.comparison import TABLE
from batchlab.study.opportunities import opportunities as find_opportunities
from batchlab.study.replication import REPLICATIONS

FIRST_FAILURES = 50
_SECONDS = Form("makespan [s]", ",.2f")
_RANKING = {
    "strategy": Form("strategy"),
    "makespan": _SECONDS,
    "ratio": Form("times the best", ".2f"),
    "ratio_low": Form("95 % from", ".2f"),
    "ratio_high": Form("to", ".2f"),
    "speed_up": Form("speed-up over sequential", ",.1f"),
    "calls": Form("calls", ",.0f"),
    "delivered": Form("files delivered", ",d"),
    "failed": Form("failed", ",d"),
    "p95_latency": Form("p95 latency [s]", ".3f"),
    "parallel_efficiency": Form("parallel efficiency", ".2f"),
    "efficiency": Form("least possible / makespan", ".0%"),
    "note": Form("note"),
}
_REPLICATIONS = {
    "strategy": Form("strategy"),
    "seed": Form("seed", "d"),
    "makespan": _SECONDS,
    "calls": Form("calls", ",d"),
    "points": Form("points", ",d"),
    "delivered": Form("files delivered", ",d"),
    "failed": Form("failed", ",d"),
    "limit_hits": Form("limits met", ",d"),
    "p95_latency": Form("p95 latency [s]", ".3f"),
    "peak_in_flight": Form("peak in flight", ",d"),
}
_REGRESSION = {
    "strategy": Form("strategy"),
    "before": Form("before [s]", ",.2f"),
    "after": Form("after [s]", ",.2f"),
    "ratio": Form("after / before", ".3f"),
    "low": Form("95 % from", ".3f"),
    "high": Form("to", ".3f"),
    "pairs": Form("pairs of seeds", "d"),
    "lost": Form("files lost", ",d"),
    "verdict": Form("verdict"),
}
_WAITS = {
    "state": Form("state"),
    "seconds": Form("seconds of the makespan", ",.2f"),
    "share": Form("share", ".0%"),
    "meaning": Form("meaning"),
}
_OPPORTUNITIES = {
    "change": Form("change"),
    "saving_seconds": Form("saves [s]", ",.2f"),
    "saving_seconds_low": Form("90 % from", ",.2f"),
    "saving_seconds_high": Form("to", ",.2f"),
    "saving_calls": Form("calls saved", ",.0f"),
    "confidence": Form("confidence", ".0%"),
    "config": Form("settings"),
    "evidence": Form("evidence"),
}
_FAILURES = {
    "status": Form("status"),
    "repo": Form("repository"),
    "path": Form("path"),
    "error_category": Form("category"),
    "error": Form("why, and what to do about it"),
}
_MEANINGS = {
    "column": Form("column"),
    "unit": Form("unit"),
    "meaning": Form("meaning"),
}


def sections_of(
    study: Study, regression: pd.DataFrame | None, command: str, file: str, *, opportunities: bool = False
) -> list[Section]:
    """Return the sections of a report.

    Parameters
    ----------
    study
        What it tells of.
    regression
        Columns of `batchlab.study.regression.REGRESSION`; None where there is nothing to hold it against.
    command
        What repeats the study.
    file
        Name of the report, for the line that reads it back.
    opportunities
        Whether to try what would save time.
    """
    best = _best(study)
    sections = [] if regression is None else [Section("Against the baseline", list(_regression(regression)))]
    sections.append(Section("Results", list(_results(study))))
    if best is not None:
        sections.append(Section("Where the time went", list(_time(study, best))))
        if opportunities:
            sections.append(Section("What would save time", list(_opportunities(best))))
        sections.append(Section("Calls and decisions", list(_calls(study, best))))
        sections.append(Section("What was not delivered", list(_undelivered(best))))
    sections.append(Section("How to repeat it", list(_repeating(study, command, file))))
    return sections + list(_details(study))


def _best(study: Study) -> Run | None:
    """Return the run for a closer look: that of the best arm, or the only one there is."""
    names = [name for name in study.table["strategy"] if name in study.runs]
    return study.runs[names[0]] if names else next(iter(study.runs.values()), None)


def _regression(frame: pd.DataFrame) -> Iterator[Block]:
    yield (
        "Each strategy against itself in the baseline: makespans paired by seed where both have the seed, else "
        "compared as groups. Above 1 it has become slower. A regression counts as shown where the whole 95 % interval "
        "lies above what is allowed; with a single pair of runs there is no interval, and the ratio itself counts."
    )
    yield Table.of("Makespan after over before, by strategy", frame, _REGRESSION)


def _results(study: Study) -> Iterator[Block]:
    told = {"note": (study.table["note"] != "").any(), "efficiency": study.table["efficiency"].notna().any()}
    ranking = {name: form for name, form in _RANKING.items() if told.get(name, True)}
    yield Table.of("Strategies, best first; medians over seeds", study.table, ranking)
    if len(study.table) > 1:
        yield Shown.of(
            "How many times as long as the best",
            "Each marker is a strategy's makespan over that of the best one, seed by seed; the bar is the 95 % "
            "interval. Where a bar touches 1, no difference is shown.",
            lambda: plots.plot_compare(study),
        )
        yield Shown.of(
            "Makespan against points",
            "Down and to the left is better. A strategy on the line is beaten by none in both; the others take longer "
            "and spend more than one that is on it.",
            lambda: plots.plot_pareto(study),
        )
        yield Shown.of(
            "Every measure",
            "A panel a measure: large markers are medians, small ones are seeds. Each panel says which direction is "
            "better.",
            lambda: plots.plot_strategies(study),
        )


def _time(study: Study, best: Run) -> Iterator[Block]:
    yield Shown.of(
        "Where the makespan went",
        "Each instant is split equally over the states of the files under way, so that the parts of a bar add up to "
        "the makespan of the first run of each strategy.",
        lambda: plots.plot_waits(study),
    )
    yield Table.of(f"Where the makespan of {best.strategy} went, seed {best.seed}", best.explain(), _WAITS)
    yield Shown.of(
        f"One run of {best.strategy}, call by call",
        f"Seed {best.seed}. Above: calls in flight under their limit. Middle: each call as a bar, coloured by its "
        "route. Below: what is left of the budget. One time axis.",
        lambda: plots.plot_timeline(best),
    )


def _opportunities(best: Run) -> Iterator[Block]:
    try:
        frame = find_opportunities(best)
    except InputError as error:
        yield f"Nothing was tried: {error}."
        return
    yield (
        f"Each change was tried in a twin that knows the run of {best.strategy} alone, seed {best.seed}; savings are "
        "predictions with 90 % intervals. Negative ones cost time: they are here so that nobody has to try them."
    )
    yield Shown.of(
        "Savings, predicted",
        "Seconds that each change saves, with its interval; to the right of zero is better.",
        lambda: plots.plot_opportunities(frame),
    )
    yield Table.of("Changes, those that save most first", frame, _OPPORTUNITIES)


def _calls(study: Study, best: Run) -> Iterator[Block]:
    yield Shown.of(
        "The tail of the calls",
        "The share of calls that took longer than the time below, both axes logarithmic, with the 50th, 95th and 99th "
        "percentiles marked. Further to the left is better.",
        lambda: plots.plot_ecdf(study, complementary=True),
    )
    if best.calls["points"].any():
        yield Shown.of(
            f"The budget under {best.strategy}",
            "Points spent against the straight line that would use the budget up exactly at its reset.",
            lambda: plots.plot_budget(best),
        )
    if len(best.decisions):
        yield Shown.of(
            f"What {best.strategy} decided",
            "Every decision with its instant; the saved run has the reasons, in its frame of decisions.",
            lambda: plots.plot_decisions(best),
        )


def _undelivered(best: Run) -> Iterator[Block]:
    rows = best.results[best.results["status"] != "delivered"]
    if rows.empty:
        yield f"Nothing: {best.strategy} delivered every file that it was asked for."
        return
    more = f", the first {FIRST_FAILURES} of {len(rows):,}" if len(rows) > FIRST_FAILURES else ""
    yield Table.of(
        f"Files and repositories without content under {best.strategy}{more}", rows[:FIRST_FAILURES], _FAILURES
    )


def _repeating(study: Study, command: str, file: str) -> Iterator[Block]:
    yield "The same study again: the same seeds give the same numbers in virtual time."
    yield Code(command)
    yield "Its data is in this report; contents of files are not. In Python:"
    yield Code(
        f'import batchlab as bl\n\nstudy = bl.read_report("{file}")  # study.table, study.replications, study.runs'
    )
    yield Table.pairs("What was read, with which seeds and versions", _facts(study))


def _facts(study: Study) -> dict[str, object]:
    run = next(iter(study.runs.values()), None)
    seeds = ", ".join(map(str, study.replications["seed"].unique().tolist()))
    facts: dict[str, object] = {"read from": study.hub, "seeds": seeds or "none"}
    if run is None:
        return facts
    asked = ", ".join(run.repositories[:5]) + (f" and {len(run.repositories) - 5:,} more" * (len(run.repositories) > 5))
    told = {"scenario": run.scenario or "none: not the embedded GitHub", "repositories": asked or "not recorded"}
    return facts | told | {"patterns": ", ".join(run.patterns) or "not recorded"} | run.versions


def _details(study: Study) -> Iterator[Section]:
    settings = {name: _setting(value) for name, value in settings_document(study.config).items()}
    changed = {name: settings[name] for name in study.config.changed()}
    yield Section(
        "Settings",
        [
            Table.pairs("Settings that differ from the defaults", changed) if changed else "All are the defaults.",
            Table.pairs("All settings", settings),
        ],
        folded=True,
    )
    yield Section(
        "Every run",
        [Table.of("Replications: a row a run", study.replications, _REPLICATIONS)],
        folded=True,
    )
    meanings = pd.concat([TABLE.describe(), REPLICATIONS.describe()]).drop_duplicates("column")
    yield Section("What the columns mean", [Table.of("Columns of the frames", meanings, _MEANINGS)], folded=True)


def _setting(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else "none" if value is None else str(value)
