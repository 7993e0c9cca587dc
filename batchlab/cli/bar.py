"""Progress of a study on a terminal: one bar over its runs, gone when it has ended."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm


class RunsBar:
    """Shows how many runs have ended; silent where there is no terminal.

    Parameters
    ----------
    title
        What is going on.
    """

    def __init__(self, title: str) -> None:
        silent = not sys.stderr.isatty()
        self._bar: tqdm[Any] = tqdm(desc=title, unit=" runs", leave=False, file=sys.stderr, disable=silent)

    def __call__(self, done: int, total: int) -> None:
        """Show progress."""
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def of(self, part: str, done: int, total: int) -> None:
        """Show the progress of one part."""
        self._bar.set_description(part, refresh=False)
        if done < self._bar.n:
            self._bar.reset()
        self(done, total)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
