"""``batchlab runs``: the saved runs of a folder."""

from __future__ import annotations

import json

import click

from batchlab.cli.texts import number, paragraph, records, text_table
from batchlab.runs import runs

HEADER = ("run", "strategy", "read from", "seed", "makespan", "calls", "delivered", "failed", "saved")


@click.command("runs")
@click.argument("folder", default=".", metavar="[FOLDER]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, to standard output.")
def command(folder: str, as_json: bool) -> int:
    """List the saved runs in FOLDER, which scan --out and save() wrote; batchlab report compares them."""
    rows = records(runs(folder))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return 0
    whole = [row for row in rows if not row["problem"]]
    broken = [paragraph(f"{row['name']}: {row['problem']}") for row in rows if row["problem"]]
    listed = text_table(HEADER, [_row(row) for row in whole]) if whole else f"No saved run in {folder}"
    click.echo("\n\n".join([listed, *broken]))
    return 0


def _row(row: dict[str, object]) -> list[str]:
    saved = str(row["saved"] or "-")[:16].replace("T", " ")
    counts = [number(row[name], ",") for name in ("calls", "delivered", "failed")]
    seconds = number(row["makespan"], ",.1f", " s")
    return [str(row["name"]), str(row["strategy"]), str(row["hub"]), str(row["seed"]), seconds, *counts, saved]
