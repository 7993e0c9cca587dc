"""What a laboratory tells in tables: failures, results, opportunities, and runs side by side. HTML, all escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from batchlab.control.trace import Trace
from batchlab.frames.records import CallRecord
from batchlab.runs.run import Run

MOST_ROWS = 12
_HEAD = "text-align:left;padding:.15em .8em .15em 0;border-bottom:1px solid #8888"
_CELL = "text-align:left;padding:.15em .8em .15em 0;vertical-align:top"
BAD = frozenset({"failed", "limited"})


def table_html(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], note: str = "") -> str:
    """Return a table with its title; the title alone, with a note, where there is no row.

    Examples
    --------
    >>> table_html("Failures", ["what"], [], "none so far")
    '<b>Failures</b>: none so far'
    """
    if not rows:
        return f"<b>{escape(title)}</b>: {escape(note)}" if note else f"<b>{escape(title)}</b>"
    head = "".join(f'<th scope="col" style="{_HEAD}">{escape(column)}</th>' for column in columns)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(str(value))}</td>' for value in row) + "</tr>" for row in rows
    )
    caption = f"<b>{escape(title)}</b>{f': {escape(note)}' if note else ''}"
    return f'{caption}<table style="line-height:1.35"><tr>{head}</tr>{body}</table>'


class FailedCalls:
    """Calls that did not go well, counted by what they wanted and met, while the record of a run grows.

    Parameters
    ----------
    trace
        The record, written by the run's own thread.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace, self._next = trace, 0
        self._open: list[CallRecord] = []
        self._counts: dict[tuple[str, str], tuple[int, str]] = {}

    def read(self) -> None:
        """Take in the calls that have ended since the last reading."""
        new = self._trace.calls[self._next :]
        self._next += len(new)
        under_way = []
        for call in [*self._open, *new]:
            if call.finished != call.finished:  # not a number until it has ended
                under_way.append(call)
            elif call.outcome in BAD:
                kind, _, told = (call.error or "").partition(": ")
                number, _ = self._counts.get((call.endpoint, kind), (0, ""))
                self._counts[call.endpoint, kind] = number + 1, told
        self._open = under_way

    def html(self) -> str:
        """Return the table."""
        worst = sorted(self._counts.items(), key=lambda item: -item[1][0])[:MOST_ROWS]
        rows = [(f"{number:,}", endpoint, kind, told) for (endpoint, kind), (number, told) in worst]
        note = "tried again where that helps" if rows else "none"
        return table_html("Calls that failed", ["calls", "endpoint", "category", "the last one"], rows, note)


def failures_html(run: Run) -> str:
    """Return the files that were not delivered; of those that a stop cancelled, only how many there are."""
    not_delivered = run.results[run.results["status"] == "failed"]
    failed = not_delivered[not_delivered["error_category"] != "cancelled"]
    cancelled = len(not_delivered) - len(failed)
    shown = failed.head(MOST_ROWS)[["repo", "path", "error_category", "error"]].fillna("")
    notes = [f"{len(failed):,} of {len(run.results):,} rows" if len(failed) else "none"]
    if len(failed) > MOST_ROWS:
        notes.append(f"the first {MOST_ROWS} are shown, all are in lab.run.results")
    if cancelled:
        notes.append(f"not read, because the run was stopped: {cancelled:,}")
    return table_html("Files that failed", list(shown.columns), shown.to_numpy().tolist(), "; ".join(notes))


def metrics_html(run: Run) -> str:
    """Return the measures of a run that are asked for first."""
    metrics = run.metrics.iloc[0]
    waits = [f"{name.removesuffix('_wait')} {metrics[name]:,.1f} s" for name in _WAITS if metrics[name] >= 0.05]
    facts = [
        ("makespan", f"{run.makespan:,.1f} s"),
        ("throughput", f"{metrics['throughput']:,.1f} files/s"),
        ("calls", f"{len(run.calls):,}, {run.calls['points'].sum():,} points, {run.calls['bytes'].sum():,} bytes"),
        ("parallel efficiency", f"{metrics['parallel_efficiency']:.2f}"),
        ("p50, p95 of a call", ", ".join(f"{run_latency(run, share):.2f} s" for share in (0.5, 0.95))),
        ("waits, summed over files", ", ".join(waits) or "none"),
    ]
    return table_html(title_of(run), ["measure", "value"], facts)


_WAITS = ("queue_wait", "pacing_wait", "limit_wait", "backoff_wait")


def run_latency(run: Run, share: float) -> float:
    """Return a quantile of the seconds that calls took."""
    return float((run.calls["finished"] - run.calls["sent"]).quantile(share))


def title_of(run: Run) -> str:
    """Return one line that says what came of a run.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> from batchlab.runs import scan
    >>> title_of(scan(hub=SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits")))[:32]
    'adaptive on built: 1 delivered, '
    """
    delivered, failed = ((run.results["status"] == status).sum() for status in ("delivered", "failed"))
    ending = ", stopped" if run.interrupted else ""
    return f"{run.strategy} on {run.hub}: {delivered:,} delivered, {failed:,} failed, {run.makespan:,.1f} s{ending}"


def runs_html(runs: Sequence[tuple[str, Run]]) -> str:
    """Return runs side by side, in order; the quickest whole one of each scenario is named.

    Parameters
    ----------
    runs
        The scenario, and the run.
    """
    best: dict[str, float] = {}
    for scenario, run in runs:
        if not run.interrupted:
            best[scenario] = min(best.get(scenario, run.makespan), run.makespan)
    rows = [_row(number, scenario, run, best.get(scenario)) for number, (scenario, run) in enumerate(runs, 1)]
    columns = ["run", "scenario", "strategy", "makespan", "delivered", "failed", "calls", "points", "by hand", ""]
    return table_html("Runs so far", columns, rows[::-1])


def _row(number: int, scenario: str, run: Run, best: float | None) -> tuple[object, ...]:
    status = run.results["status"].value_counts()
    by_hand = run.decisions["loop"].isin(["configuration", "control"]).sum()
    note = "stopped" if run.interrupted else "quickest" if run.makespan == best else ""
    return (
        number, f"{run.hub}, {scenario}", run.strategy, f"{run.makespan:,.1f} s",
        f"{status.get('delivered', 0):,}", f"{status.get('failed', 0):,}", f"{len(run.calls):,}",
        f"{run.calls['points'].sum():,}", f"{by_hand:,}", note,
    )  # fmt: skip


def opportunities_html(opportunities: pd.DataFrame) -> str:
    """Return what another run could save, largest saving first, and how many other changes were tried."""
    helpful = opportunities[opportunities["kind"] != "none"]
    rows = [(row["change"], _saving(row), row["status"]) for _, row in helpful.head(MOST_ROWS).iterrows()]
    others = f"{len(opportunities) - len(helpful)} other changes would not help: they are in lab.opportunities"
    note = f"seconds with their 90 % interval; {others}" if rows else f"none; {others}"
    return table_html("Opportunities", ["change", "would save", "status"], rows, note)


def _saving(row: pd.Series[Any]) -> str:
    interval = f"{row['saving_seconds_low']:,.1f} to {row['saving_seconds_high']:,.1f}"
    return f"{row['saving_seconds']:,.1f} s ({interval})".replace(" ", "\N{NO-BREAK SPACE}")
