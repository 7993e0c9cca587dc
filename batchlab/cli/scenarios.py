"""``batchlab scenarios``: the conditions that come with the package, and what each asks of a reader."""

from __future__ import annotations

import click

from batchlab.cli.texts import paragraph, text_table
from batchlab.hub.scenario import Limits, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.work import Work
from batchlab.study import Bound, bound

HEADER = ("scenario", "work", "limits", "bound")


@click.command("scenarios")
@click.option("--no-bounds", is_flag=True, help="Do not work out the bounds, which takes a few seconds.")
def command(no_bounds: bool) -> int:
    """List the scenarios: what each stands for, its limits, its work and the least time that the work takes.

    The bound holds for every strategy under the settings of studies; beside it stands the resource that it comes from.
    Scenarios without work of their own are for worlds that you bring.
    """
    scenarios = [Scenario.load(name) for name in Scenario.names()]
    bounds = {s.name: bound(SimHub(scenario=s)) for s in scenarios if s.work is not None and not no_bounds}
    rows = [(s.name, _work(s.work), _limits(s.limits), _bound(bounds.get(s.name))) for s in scenarios]
    click.echo(text_table(HEADER, rows))
    click.echo()
    click.echo("\n".join(paragraph(f"{s.name}: {s.description}") for s in scenarios))
    return 0


def _work(work: Work | None) -> str:
    return "-" if work is None else f"{work.repositories:,} x {work.files:,} files"


def _limits(limits: Limits) -> str:
    named = {"/h": limits.core, "/min": limits.points_per_minute, " CPU s/min": limits.cpu_seconds_per_minute}
    return ", ".join(f"{value:,.0f}{unit}" for unit, value in named.items() if value is not None) or "none"


def _bound(least: Bound | None) -> str:
    return "-" if least is None else f"{least.seconds:,.1f} s {least.binding}"
