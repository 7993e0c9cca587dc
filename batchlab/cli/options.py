"""The options that commands share, and what they turn into: a source, settings, patterns."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import click

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.cli.sources import Source
from batchlab.config_files import load_config
from batchlab.patterns import MANIFESTS

Command = Callable[..., int]

STRATEGIES = ", ".join(strategy.value for strategy in BatchStrategy)
TEXT_COLUMNS = 100

_WORLD = [
    click.option(
        "--git", multiple=True, metavar="PATH...",
        help="Read git repositories on disk, each PATH or PATH@REF; several may follow.",
    ),
    click.option("--corpus", metavar="DIR", help="Read the repositories that the parquet files in DIR describe."),
    click.option(
        "--scenario", metavar="NAME|FILE", help="Conditions of the embedded GitHub.  [default: typical]"
    ),
]  # fmt: skip
_SERVER = [
    click.option(
        "--api-url", metavar="URL",
        help="API to read from.  [default: GITHUB_API_URL, else https://api.github.com]",
    ),
    click.option(
        "--token-file", metavar="FILE", help="File that holds the token.  [default: the token in GITHUB_TOKEN]"
    ),
]  # fmt: skip
_REAL = [
    click.option(
        "--org", "orgs", multiple=True, metavar="NAME", help="Read all repositories of an organisation or user."
    ),
    click.option("--no-forks", is_flag=True, help="Of an --org, leave out forks."),
    click.option("--no-archived", is_flag=True, help="Of an --org, leave out archived repositories."),
    click.option("--language", metavar="NAME", help="Of an --org, only repositories of this main language."),
    click.option("--pushed-since", metavar="DATE", help="Of an --org, only repositories pushed to since."),
    click.option(
        "--limit", type=click.IntRange(min=1), metavar="N", help="Of each --org, N repositories at most."
    ),
    *_SERVER,
    click.option(
        "--loopback", is_flag=True, help="Put the embedded GitHub behind a real socket: real time instead of virtual."
    ),
]  # fmt: skip
_SETTINGS = [
    click.option(
        "--pattern", "patterns", multiple=True, metavar="GLOB", default=MANIFESTS,
        help="Files to read; may be repeated.  [default: the usual manifests and lockfiles]",
    ),
    click.option(
        "--config", "config_file", metavar="FILE",
        help="Settings, YAML or JSON; variables such as BATCHLAB_MAX_CONCURRENT_REQUESTS go before.",
    ),
    click.option(
        "--lab", is_flag=True, help="Start from the roomy settings of studies: 96 in flight, 96 repositories."
    ),
]  # fmt: skip
_READING = [
    *_SETTINGS,
    click.option(
        "--out", metavar="DIR", help="Save what came back in this new folder: parquet, csv and the files."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, to standard output."),
]  # fmt: skip


def world_options(command: Command) -> Command:
    """Add the options of the embedded GitHub; the command is called with ``source``."""
    return _decorated(_as_source(command), [click.argument("arguments", nargs=-1, metavar="[PATH]..."), *_WORLD])


def reading_options(command: Command) -> Command:
    """Add every source and how to read it; the command is called with ``source``, ``config``, ``patterns``."""
    argument = click.argument("arguments", nargs=-1, metavar="[OWNER/REPO[@REF]]...")
    return _decorated(_as_source(_as_config(command)), [argument, *_WORLD, *_REAL, *_READING])


def settings_options(command: Command) -> Command:
    """Add how to read; the command is called with ``config`` and ``patterns``."""
    return _decorated(_as_config(command), _SETTINGS)


def server_options(command: Command) -> Command:
    """Add how to reach the real GitHub; the command is called with ``api_url`` and ``token_file``."""
    return _decorated(command, _SERVER)


def _decorated(command: Command, decorators: Sequence[Callable[[Command], Command]]) -> Command:
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def _as_source(command: Command) -> Command:
    @functools.wraps(command)
    def with_source(**options: Any) -> int:
        given = {name: options.pop(name) for name in Source.__dataclass_fields__ if name in options}
        return command(source=Source(**given), **options)

    return with_source


def _as_config(command: Command) -> Command:
    @functools.wraps(command)
    def with_config(config_file: str | None, lab: bool, **options: Any) -> int:
        base = BatchConfig.lab() if lab else None
        return command(config=load_config(config_file, base=base), **options)

    return with_config
