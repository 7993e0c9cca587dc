"""``batchlab sweep``: every combination of settings and scenarios, a row a run, as CSV."""

from __future__ import annotations

from pathlib import Path

import click

from batchlab.batch_config import FIELDS, BatchConfig
from batchlab.cli.bar import RunsBar
from batchlab.errors import InputError
from batchlab.study import sweep


@click.command("sweep")
@click.option("--set", "settings", multiple=True, metavar="FIELD=A,B,...", help="Values of a setting; may be repeated.")
@click.option("--scenarios", metavar="A,B,...", help="Conditions, each with its own work.  [default: the sample world]")
@click.option("--strategies", default="adaptive", show_default=True, metavar="A,B,...", help="Who reads.")
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True, metavar="N", help="Replications.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes.  [default: all cores]")
@click.option("--out", metavar="FILE", help="Write the rows to this file instead of standard output.")
def command(
    settings: tuple[str, ...], scenarios: str | None, strategies: str, seeds: int, workers: int | None, out: str | None
) -> int:
    """Read the same files under every combination of settings; print a row a run as CSV.

    For example: batchlab sweep --set max_concurrent_requests=4,16,64 --set routes=blobs,graphql+blobs
    """
    grid = dict(_values(setting) for setting in settings)
    with RunsBar("sweep") as bar:
        frame = sweep(
            scenarios.split(",") if scenarios else None,
            grid,
            strategies.split(","),
            range(seeds),
            config=BatchConfig.lab(),
            workers=workers,
            progress=bar,
        )
    text = frame.to_csv(index=False, lineterminator="\n")
    if out is None:
        click.echo(text, nl=False)
    else:
        Path(out).write_text(text, encoding="utf-8")
    return 0


def _values(setting: str) -> tuple[str, list[object]]:
    name, equals, values = setting.partition("=")
    if not equals or not values:
        raise InputError(f"--set {setting!r} names no values; write --set FIELD=A,B")
    return name, [_value(name, text) for text in values.split(",")]


def _value(name: str, text: str) -> object:
    kind = FIELDS[name].metadata["kind"] if name in FIELDS else str
    if kind is tuple:
        return tuple(text.split("+"))
    if kind is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return kind(text) if kind in (int, float) else text
    except ValueError:
        return text  # the configuration says what it takes
