"""``batchlab compare``: several strategies read the same files; a ranked table, a verdict, a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.cli.application import FAILED, INTERRUPTED
from batchlab.cli.options import STRATEGIES, reading_options
from batchlab.cli.price import agree, price
from batchlab.cli.progress import FilesBar, on_terminal
from batchlab.cli.sources import Source
from batchlab.cli.texts import ceilings, number, paragraph, records, text_table, undelivered
from batchlab.hubs import Hub
from batchlab.plots import plot_compare
from batchlab.plots.picture import Picture
from batchlab.runs import require_new_folder
from batchlab.study import Study, compare, write_study

PICTURE = "batchlab-compare.png"
HEADER = ("strategy", "makespan", "speed-up", "calls", "delivered", "failed", "p95 latency", "efficiency")


@click.command("compare")
@reading_options
@click.option("--strategies", metavar="A,B,...", help=f"Which to compare: {STRATEGIES}.  [default: all five]")
@click.option(
    "--seeds", type=click.IntRange(min=1), metavar="N",
    help="Replications of each.  [default: 3 in virtual time, 1 in real time]",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask before reading the real GitHub.")
def command(
    source: Source, config: BatchConfig, patterns: tuple[str, ...], strategies: str | None, seeds: int | None,
    yes: bool, out: str | None, as_json: bool,
) -> int:  # fmt: skip
    """Read the same files with several strategies and rank them.

    Without arguments: the five strategies on the sample world of the embedded GitHub, in virtual time. After --git,
    further arguments are paths, too.
    """
    arms = [BatchStrategy.parse(name.strip()) for name in strategies.split(",")] if strategies else list(BatchStrategy)
    if out is not None:
        require_new_folder(out)
    with source.open() as hub, FilesBar() as bar:
        count = seeds or (3 if hub.virtual else 1)
        if source.is_real and not yes:
            agree(price(len(hub.repositories), len(arms), count, patterns))
        progress = bar if on_terminal() else None
        study = compare(hub, arms, range(count), config=config, patterns=patterns, progress=progress)
        heading = _heading(hub, source, study)
    picture = _save(study, out)
    click.echo(_as_json(study, picture) if as_json else _as_text(study, heading, picture))
    return _exit_code(study)


def _heading(hub: Hub, source: Source, study: Study) -> str:
    conditions = "" if source.is_real else f", scenario {source.conditions.name}"
    time = "virtual" if hub.virtual else "real"
    seeds = study.replications["seed"].nunique()
    return f"{hub.name}, repositories: {len(hub.repositories)}, seeds: {seeds}{conditions}, {time} time"


def _save(study: Study, out: str | None) -> Path | None:
    """Write what was compared; return where its picture is, None where nothing was compared."""
    picture = _picture(study) if len(study.table) else None
    if out is not None:
        write_study(study, out, picture)
        return Path(out) / "compare.png" if picture else None
    if picture is None:
        return None
    Path(PICTURE).write_bytes(picture)
    return Path(PICTURE)


def _picture(study: Study) -> bytes:
    figure = plot_compare(study).figure
    assert isinstance(figure, Picture)
    return figure.png(dpi=150)


def _as_text(study: Study, heading: str, picture: Path | None) -> str:
    statuses = ("failed",) if study.table["delivered"].any() else ("failed", "skipped")
    parts = [
        f"{heading}\n{ceilings(study.config)}",
        text_table(HEADER, [_row(arm) for arm in records(study.table)]),
        "\n".join(paragraph(f"{arm['strategy']}: {arm['note']}") for arm in records(study.table) if arm["note"]),
        undelivered([run.results for run in study.runs.values()], *statuses),
        ("Interrupted; of the runs that had ended: " if study.interrupted else "") + study.verdict,
        f"Picture: {picture}" if picture else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _row(arm: dict[str, Any]) -> list[str]:
    return [
        arm["strategy"],
        number(arm["makespan"], ",.1f", " s"),
        number(arm["speed_up"], ".1f", " x"),
        number(arm["calls"], ",.0f"),
        number(arm["delivered"], ","),
        number(arm["failed"], ","),
        number(arm["p95_latency"], ".2f", " s"),
        number(arm["parallel_efficiency"], ".2f"),
    ]


def _as_json(study: Study, picture: Path | None) -> str:
    return json.dumps(
        {
            "hub": study.hub,
            "config": study.config.to_dict(),
            "interrupted": study.interrupted,
            "verdict": study.verdict,
            "table": records(study.table),
            "replications": records(study.replications),
            "picture": picture,
        },
        indent=2,
        default=lambda value: getattr(value, "value", str(value)),
    )


def _exit_code(study: Study) -> int:
    if study.interrupted:
        return INTERRUPTED
    return FAILED if study.table["failed"].any() else 0
