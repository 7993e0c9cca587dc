"""``batchlab scan --dry-run``: what a scan would cost, without a file read."""

from __future__ import annotations

import json

import click

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.cli.application import FAILED
from batchlab.cli.sources import Source
from batchlab.cli.texts import ceilings, number, records, text_table, undelivered
from batchlab.errors import InputError
from batchlab.runs import Plan, plan

HEADER = ("route", "budget", "repositories", "files", "calls", "points", "MB")
COUNTS = ("repositories", "files", "calls", "points")


def show_plan(
    source: Source, config: BatchConfig, patterns: tuple[str, ...], strategy: BatchStrategy, out: str | None,
    as_json: bool,
) -> int:  # fmt: skip
    """Plan a scan and print the plan; return the exit code that the scan can be expected to have.

    Raises
    ------
    InputError
        There is nothing to save.
    """
    if out is not None:
        raise InputError(f"--dry-run reads no file to save in --out {out}; leave one of them out")
    with source.open() as hub:
        planned = plan(hub.repositories, hub, strategy, config=config, patterns=patterns)
    click.echo(_as_json(planned) if as_json else f"{ceilings(config)}\n{_as_text(planned)}")
    return FAILED if (planned.undelivered["status"] == "failed").any() else 0


def _as_text(planned: Plan) -> str:
    rows = [
        [row["route"], row["pool"] or "-", *(f"{row[name]:,}" for name in COUNTS), number(row["bytes"] / 1e6, ",.1f")]
        for row in records(planned.table)
    ]
    points = " and ".join(f"{points:,} of {pool}" for pool, points in planned.points.items())
    total = (
        f"{planned.files:,} files in {planned.calls:,} calls, points: {points}, {planned.bytes / 1e6:,.1f} MB, "
        f"{planned.shortest:,.0f} to {planned.longest:,.0f} s"
    )
    parts = [
        f"{planned.hub}, {planned.strategy}; the trees were read in {planned.spent:,} calls, and no file",
        text_table(HEADER, rows),
        total,
        undelivered([planned.undelivered], "failed", "skipped"),
    ]
    return "\n\n".join(part for part in parts if part)


def _as_json(planned: Plan) -> str:
    totals = {name: getattr(planned, name) for name in ("files", "calls", "points", "bytes", "shortest", "longest")}
    described = {"hub": planned.hub, "strategy": planned.strategy, "spent": planned.spent}
    frames = {"table": records(planned.table), "undelivered": records(planned.undelivered)}
    return json.dumps(described | totals | frames, indent=2)
