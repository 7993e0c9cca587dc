"""``batchlab scan``: one strategy reads; what came back is summed up and saved."""

from __future__ import annotations

import json
from typing import Any

import click

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.cli.application import FAILED, INTERRUPTED
from batchlab.cli.dry_run import show_plan
from batchlab.cli.options import STRATEGIES, reading_options
from batchlab.cli.progress import FilesBar, on_terminal
from batchlab.cli.sources import Source
from batchlab.cli.texts import ceilings, number, records, text_table, undelivered
from batchlab.errors import AuthenticationError
from batchlab.runs import Run, require_new_folder, start, wait_or_interrupt, write_run

STATUSES = ("delivered", "failed", "skipped")
WAITS = ("queue_wait", "pacing_wait", "limit_wait", "backoff_wait")


@click.command("scan")
@reading_options
@click.option("--strategy", metavar="NAME", help=f"One of {STRATEGIES}.  [default: the configuration's]")
@click.option("--dry-run", is_flag=True, help="Read the trees only, and tell what reading the files would cost.")
def command(
    source: Source, config: BatchConfig, patterns: tuple[str, ...], strategy: str | None, dry_run: bool,
    out: str | None, as_json: bool,
) -> int:  # fmt: skip
    """Read the wanted files of many repositories.

    Without arguments: the sample world of the embedded GitHub, in virtual time. After --git, further arguments are
    paths, too.
    """
    chosen = BatchStrategy.parse(strategy) if strategy else config.default_strategy
    if dry_run:
        return show_plan(source, config, patterns, chosen, out, as_json)
    if out is not None:
        require_new_folder(out)
    try:
        run = _read(source, config, patterns, chosen)
    except AuthenticationError as error:
        if out is not None and isinstance(error.partial, Run):
            write_run(error.partial, out)
        raise
    if out is not None:
        write_run(run, out)
    click.echo(_as_json(run, out) if as_json else _as_text(run, out))
    return _exit_code(run)


def _read(source: Source, config: BatchConfig, patterns: tuple[str, ...], strategy: BatchStrategy) -> Run:
    with source.open() as hub, FilesBar() as bar:
        handle = start(hub.repositories, hub, strategy, config=config, patterns=patterns)
        watch = (lambda handle: bar(strategy.value, 0, handle)) if on_terminal() else None
        return wait_or_interrupt(handle, watch)


def _counts(run: Run) -> dict[str, int]:
    counts = run.results["status"].value_counts()
    return {status: int(counts.get(status, 0)) for status in STATUSES}


def _totals(run: Run) -> dict[str, Any]:
    sums = run.metrics[["calls", "core_points", "bytes", *WAITS]].sum()
    waits = {name: float(sums[name]) for name in WAITS}
    return _counts(run) | {
        "makespan": run.makespan,
        "calls": int(sums["calls"]),
        "points": int(sums["core_points"]),
        "bytes": int(sums["bytes"]),
        "waits": waits,
    }


def _as_text(run: Run, out: str | None) -> str:
    totals = _totals(run)
    row = [run.strategy, *(number(totals[status], ",") for status in STATUSES)]
    row += [number(totals["makespan"], ",.1f", " s"), number(totals["calls"], ","), number(totals["points"], ",")]
    waits = [number(totals["waits"][name], ",.1f", " s") for name in WAITS]
    parts = [
        f"{run.hub}\n{ceilings(run.config)}",
        text_table(("strategy", *STATUSES, "makespan", "calls", "points"), [row]),
        text_table(("waits, summed over files", "slot", "pacing", "rate limit", "backoff"), [["", *waits]]),
        undelivered([run.results], "failed", "skipped"),
        "Interrupted; what had not been read counts as failed, in category cancelled." if run.interrupted else "",
        f"Saved in {out}" if out is not None else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _as_json(run: Run, out: str | None) -> str:
    described = {"hub": run.hub, "strategy": run.strategy, "seed": run.seed, "interrupted": run.interrupted}
    return json.dumps(described | _totals(run) | {"out": out, "results": records(run.results)}, indent=2)


def _exit_code(run: Run) -> int:
    if run.interrupted:
        return INTERRUPTED
    return FAILED if _counts(run)["failed"] else 0
