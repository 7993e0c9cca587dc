"""``batchlab regret``: what strategies lose against the best that fixed settings could have done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from batchlab.batch_config import BatchConfig
from batchlab.cli.application import FAILED
from batchlab.cli.bar import RunsBar
from batchlab.cli.texts import ceilings, number, records, text_table
from batchlab.study import Regret, read_oracles, regret, with_work, write_regret

TABLE = ("scenario", "arm", "makespan", "regret", "warm", "95 %", "calls", "calls regret", "hits", "lost")
SUMMARY = ("arm", "median", "worst", "in", "warm", "worst", "calls", "hits", "lost")


@click.command("regret")
@click.option("--scenarios", metavar="A,B,...", help="Which to judge in.  [default: all that bring work]")
@click.option("--strategies", default="adaptive", show_default=True, metavar="A,B,...", help="Who is judged.")
@click.option("--seeds", type=click.IntRange(1, 1000), default=20, show_default=True, metavar="N", help="Replications.")
@click.option("--oracles", metavar="DIR", help="Take the oracles from an earlier result instead of searching.")
@click.option("--no-baselines", is_flag=True, help="Leave out fixed limits, AIMD and Gradient2.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes.  [default: all cores]")
@click.option(
    "--out",
    metavar="DIR",
    help="Keep every run and write the result, dated and with its seeds, into this folder; given again after an "
    "interrupt, it goes on where it stopped.",
)
def command(
    scenarios: str | None, strategies: str, seeds: int, oracles: str | None, no_baselines: bool, workers: int | None,
    out: str | None,
) -> int:  # fmt: skip
    """Judge strategies by their regret against the best static arm of each scenario.

    The oracle is chosen on seeds of its own over concurrency, route and batch size; the whole table takes hours, one
    scenario minutes.
    """
    began = datetime.now(UTC)
    with RunsBar("regret") as bar:
        study = regret(
            strategies.split(","),
            scenarios.split(",") if scenarios else with_work(),
            range(seeds),
            oracles=read_oracles(oracles) if oracles else None,
            config=BatchConfig.lab(),
            with_baselines=not no_baselines,
            workers=workers,
            progress=bar.of,
            folder=out,
        )
    seconds = (datetime.now(UTC) - began).total_seconds()
    if out is not None:
        write_regret(study, out, seconds)
    click.echo(_text(study, seconds))
    return FAILED if study.table["lost"].any() else 0


def _text(study: Regret, seconds: float) -> str:
    heading = f"seeds: {len(study.seeds)}, {ceilings(study.config)}, took {seconds:,.0f} s of wall time"
    if study.run_seconds is not None:
        heading += f"; its runs, in all sittings and one after the other, {study.run_seconds:,.0f} s"
    return "\n\n".join(
        [
            heading,
            text_table(TABLE, [_row(row) for row in records(study.table)]),
            text_table(SUMMARY, [_summary_row(row) for row in records(study.summary)]),
        ]
    )


def _row(row: dict[str, Any]) -> list[str]:
    arm = row["arm"] if row["is"] is None else f"{row['arm']} {row['is']}"
    return [
        row["scenario"],
        arm,
        number(row["makespan"], ",.2f", " s"),
        number(row["regret"], "+.1%"),
        number(row["regret_warm"], "+.1%"),
        number(row["regret_high"], "+.1%"),
        number(row["calls"], ",.0f"),
        number(row["calls_regret"], "+.1%"),
        str(row["limit_hits"]),
        str(row["lost"]),
    ]


def _summary_row(row: dict[str, Any]) -> list[str]:
    shares = [number(row[name], "+.1%") for name in ("median", "worst")]
    counts = [str(row["limit_hits"]), str(row["lost"])]
    warm = [number(row[name], "+.1%") for name in ("median_warm", "worst_warm")]
    return [row["arm"], *shares, row["worst_scenario"], *warm, number(row["calls_median"], "+.1%"), *counts]
