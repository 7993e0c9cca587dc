"""Progress on a terminal: one bar a run, gone when it has ended."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

from tqdm import tqdm

from batchlab.runs import RunHandle


class FilesBar:
    """Shows how many files of the run under way have their row; call it now and then."""

    def __init__(self) -> None:
        self._run: tuple[str, int] | None = None
        self._bar: tqdm[Any] | None = None

    def __call__(self, strategy: str, seed: int, handle: RunHandle) -> None:
        """Show a run's progress."""
        if self._bar is None or self._run != (strategy, seed):
            self.close()
            self._run = (strategy, seed)
            self._bar = tqdm(desc=f"{strategy}, seed {seed}", unit=" files", leave=False, file=sys.stderr)
        done, self._bar.total = handle.progress
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def on_terminal() -> bool:
    """Tell whether somebody watches."""
    return sys.stderr.isatty()
