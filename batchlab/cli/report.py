"""``batchlab report``: one file for a colleague, and an exit code for a machine that watches for regressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from batchlab.batch_config import BatchConfig
from batchlab.cli.application import FAILED, INTERRUPTED
from batchlab.cli.options import STRATEGIES, settings_options
from batchlab.cli.progress import FilesBar, on_terminal
from batchlab.cli.texts import paragraph
from batchlab.config_files import settings_document
from batchlab.errors import InputError
from batchlab.patterns import MANIFESTS
from batchlab.report import Report, report
from batchlab.report.notebook import report_notebook, require_notebook
from batchlab.study.regression import exceeding, undecided


def _share(context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    """Return a percentage as a share: 0.1 for ``10%``."""
    if text is None:
        return None
    try:
        share = float(text.removesuffix("%")) / 100.0
    except ValueError:
        share = -1.0
    if not text.endswith("%") or not 0.0 <= share < 1e6:
        raise click.BadParameter(f"{text!r} is no percentage; write one such as 10%", context, option)
    return share


@click.command("report")
@click.argument("items", nargs=-1, metavar="[RUN|STUDY|WORLD]...")
@click.option("--out", default="report.html", show_default=True, metavar="FILE", help="The report, .html or .md.")
@click.option(
    "--against", metavar="BASELINE", help="Hold each strategy against itself in a saved study or an earlier report."
)
@click.option(
    "--fail-over", callback=_share, metavar="P%",
    help="Exit with 1 where a strategy takes more than P% longer than in BASELINE, and that is shown: its whole 95 % "
    "interval lies above (or, of a single pair of runs, the ratio), or where files are lost.",
)  # fmt: skip
@click.option("--strategies", metavar="A,B,...", help=f"Of a WORLD, which to compare: {STRATEGIES}.  [default: all]")
@click.option("--seeds", type=click.IntRange(min=1), metavar="N", help="Of a WORLD, replications.  [default: 3]")
@click.option("--scenario", metavar="NAME|FILE", help="Of a WORLD, its conditions.  [default: typical]")
@click.option(
    "--opportunities",
    is_flag=True,
    help="Try what would save time, in a twin of the best strategy's run; takes longer.",
)
@click.option(
    "--notebook", metavar="FILE",
    help="Then run the performance notebook with the same parameters, and keep it as FILE; needs Jupyter.",
)  # fmt: skip
@settings_options
def command(fail_over: float | None, notebook: str | None, **asked: Any) -> int:
    """Write a report that needs no network: verdict, tables, pictures, and the data to read back.

    A RUN or STUDY is a folder that scan --out, compare --out or save() wrote, an earlier report, or a folder of runs,
    which are compared. A WORLD is read first: sample, a scenario that brings its work, a corpus folder, or git
    repositories on disk. Without arguments: the sample world.
    """
    parameters = _parameters(**asked)
    if fail_over is not None and parameters["against"] is None:
        raise InputError("--fail-over needs a baseline to compare with; add --against STUDY or --against REPORT.html")
    if notebook is not None:
        require_notebook(notebook)
    with FilesBar() as bar:
        made = _made(parameters, bar if on_terminal() else None)
    words, code = _judged(made, fail_over)
    click.echo("\n\n".join([*map(paragraph, [*made.verdict, *words]), f"Report: {made.path}"]))
    if notebook is not None:
        report_notebook(notebook, parameters)
        click.echo(f"Notebook: {notebook}")
    return INTERRUPTED if made.study.interrupted else code


def _parameters(
    *, items: tuple[str, ...], out: str, against: str | None, strategies: str | None, seeds: int | None,
    scenario: str | None, opportunities: bool, config: BatchConfig, patterns: tuple[str, ...],
) -> dict[str, Any]:  # fmt: skip
    """Return what was asked for as plain values, under the names that they have in the performance notebook."""
    settings = settings_document(config)
    return {
        "items": list(items),
        "out": out,
        "against": against,
        "strategies": [name.strip() for name in strategies.split(",")] if strategies else None,
        "seeds": seeds,
        "scenario": scenario,
        "settings": {name: settings[name] for name in config.changed()},
        "patterns": list(patterns) if patterns != MANIFESTS else None,
        "opportunities": opportunities,
    }


def _made(parameters: Mapping[str, Any], progress: FilesBar | None) -> Report:
    """Return the report with these parameters; the performance notebook makes it in the same way."""
    seeds, settings = parameters["seeds"], parameters["settings"]
    return report(
        *parameters["items"],
        out=parameters["out"],
        against=parameters["against"],
        strategies=parameters["strategies"],
        seeds=range(seeds) if seeds else None,
        scenario=parameters["scenario"],
        config=BatchConfig(**settings) if settings else None,
        patterns=parameters["patterns"],
        opportunities=parameters["opportunities"],
        progress=progress,
    )


def _judged(made: Report, limit: float | None) -> tuple[Sequence[str], int]:
    """Return what the limit says of the regression, and the exit code."""
    if limit is None or made.regression is None:
        return [], 0
    over, unclear = exceeding(made.regression, limit), undecided(made.regression, limit)
    words = [f"FAILED, over {limit:.0%}: {', '.join(over['strategy'])}."] if len(over) else []
    if len(unclear):
        names = ", ".join(unclear["strategy"])
        words.append(f"Not shown to be over {limit:.0%}, though the ratio is: {names}; more --seeds would settle it.")
    return words or [f"None is over {limit:.0%}."], FAILED if len(over) else 0
