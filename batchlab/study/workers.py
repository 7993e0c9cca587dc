"""Make replications on all cores. Neither the rows nor their order depend on how many there are."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Self

from batchlab.errors import BatchLabError, InputError
from batchlab.hubs import Hub
from batchlab.study.kept_rows import Ledger
from batchlab.study.replication import Replication, Row

Progress = Callable[[int, int], None]
_hubs: Sequence[Hub] = ()  # of a worker process, sent to it once


class Workers:
    """Processes that make replications; used as a context.

    Parameters
    ----------
    hubs
        What is read. Hubs on virtual time travel to each process once; others are read in this one.
    count
        Processes; all cores unless given. 1 stays in this process.
    kept
        Rows that were made before, and where new ones are kept.

    Raises
    ------
    InputError
        ``count`` is below 1.
    """

    def __init__(self, hubs: Sequence[Hub], count: int | None = None, kept: Ledger | None = None) -> None:
        if count is not None and count < 1:
            raise InputError(f"workers is {count}; write 1 or more, or None for all cores")
        self._hubs = list(hubs)
        self._count = (count or _cores()) if all(hub.virtual for hub in hubs) else 1
        self._pool: ProcessPoolExecutor | None = None
        self._kept = kept

    def rows(self, wanted: Sequence[Replication], progress: Progress | None = None) -> list[Row]:
        """Make replications and return their rows, in the order given.

        Parameters
        ----------
        wanted
            The runs.
        progress
            Called with the number of runs that have ended, and of all.

        Raises
        ------
        InputError
            A policy or a hub cannot be sent to another process.
        BatchLabError
            The processes ended early.
        """
        found = [None if self._kept is None else self._kept.get(one) for one in wanted]
        missing = [one for one, row in zip(wanted, found, strict=True) if row is None]
        made: list[Row] = []
        for one, (row, seconds) in zip(missing, self._made(missing), strict=True):
            made.append(row)
            if self._kept is not None:
                self._kept.put(one, row, seconds)
            if progress is not None:
                progress(len(wanted) - len(missing) + len(made), len(wanted))
        new = iter(made)
        return [next(new) if row is None else row for row in found]

    def _made(self, wanted: Sequence[Replication]) -> Iterator[tuple[Row, float]]:
        """Yield rows, and the seconds that each took, in the order given."""
        if self._count == 1 or len(wanted) < 2:
            yield from (_timed(one, self._hubs[one.hub]) for one in wanted)
            return
        _sendable([one.arm for one in wanted])
        try:
            yield from self._processes().map(_row, wanted)
        except BrokenProcessPool:
            raise BatchLabError(
                "the worker processes ended early; in a script, call this below `if __name__ == '__main__':`, "
                "or stay in one process with workers=1"
            ) from None

    def _processes(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._count, get_context("spawn"), _begin, (_sendable(self._hubs),))
        return self._pool

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _sendable(what: object) -> bytes:
    try:
        return pickle.dumps(what)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(
            f"this study cannot be sent to other processes: {error}; define what it uses at the top of a module, "
            "or stay in one process with workers=1"
        ) from None


def _begin(payload: bytes) -> None:
    global _hubs  # noqa: PLW0603 - the one way to hand something to a worker process once
    _hubs = pickle.loads(payload)


def _row(wanted: Replication) -> tuple[Row, float]:
    return _timed(wanted, _hubs[wanted.hub])


def _timed(wanted: Replication, hub: Hub) -> tuple[Row, float]:
    began = time.perf_counter()
    return wanted.row(hub), time.perf_counter() - began
