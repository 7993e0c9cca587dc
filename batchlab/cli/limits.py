"""``batchlab limits``: the budgets now."""

from __future__ import annotations

import json

import click
import pandas as pd

from batchlab.cli.options import server_options
from batchlab.cli.sources import github
from batchlab.cli.texts import records, text_table
from batchlab.runs import limits

HEADER = ("resource", "limit", "used", "remaining", "resets in")


@click.command("limits")
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, to standard output.")
def command(api_url: str | None, token_file: str | None, as_json: bool) -> int:
    """Show GitHub's rate limits now, for the token in use; asking costs nothing."""
    hub = github(api_url, token_file)
    budgets = limits(hub)
    described = {"hub": hub.name, "limits": records(budgets)}
    click.echo(json.dumps(described, indent=2) if as_json else f"{hub.name}\n\n{_as_text(budgets)}")
    return 0


def _as_text(budgets: pd.DataFrame) -> str:
    if budgets.empty:
        return "This server has its rate limits switched off."
    rows = [
        [resource, f"{limit:,}", f"{used:,}", f"{remaining:,}", f"{reset:,.0f} s"]
        for resource, limit, used, remaining, reset in budgets.itertuples(index=False)
    ]
    return text_table(HEADER, rows)
