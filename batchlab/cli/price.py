"""What a comparison costs on the real GitHub, and whether it is wanted."""

from __future__ import annotations

import sys

import click

from batchlab.errors import BatchLabError, InputError
from batchlab.patterns import MANIFESTS

# Manifests and lockfiles a repository, over 87 public ones of all ecosystems: the median, and the mean, which a few
# monorepos make.
USUAL_FILES, MEAN_FILES = 5, 75


def price(repositories: int, strategies: int, seeds: int, patterns: tuple[str, ...]) -> str:
    """Return what a comparison costs, in words.

    Examples
    --------
    >>> price(2, 5, 1, MANIFESTS)
    'repositories: 2, each read 5 times (strategies: 5, seeds: 1): about 60 to 760 calls, 1 a repository and 1 a file'
    """
    times = strategies * seeds
    low, high = (times * repositories * (1 + files) for files in (USUAL_FILES, MEAN_FILES))
    calls = f"about {low:,} to {high:,} calls" if patterns == MANIFESTS else f"{times * repositories:,} calls and more"
    return (
        f"repositories: {repositories:,}, each read {times:,} times (strategies: {strategies}, seeds: {seeds}): "
        f"{calls}, 1 a repository and 1 a file"
    )


def agree(statement: str) -> None:
    """Ask on the terminal whether to pay a price.

    Raises
    ------
    InputError
        Nobody can be asked.
    BatchLabError
        The answer was no.
    """
    if not sys.stdin.isatty():
        raise InputError(f"{statement}; add --yes to agree, since there is no terminal to ask on")
    if not click.confirm(f"{statement}. Go on?", err=True):
        raise BatchLabError("nothing was read; name fewer repositories, --strategies or --seeds")
