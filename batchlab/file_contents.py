"""Several files at once outside the engine: what came by path, and why the rest did not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from batchlab.batch_models import FileContent
from batchlab.errors import AuthenticationError, BatchLabError, InputError

K = TypeVar("K")


class FileContents(dict[str, FileContent]):
    """Contents by path, in the order of asking, and in ``errors`` what prevented the others, by path."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: dict[str, BatchLabError] = {}

    def add(self, path: str, outcome: FileContent | BatchLabError) -> None:
        """Take in how one file ended."""
        if isinstance(outcome, BatchLabError):
            self.errors[path] = outcome
        else:
            self[path] = outcome


async def read_all(
    keys: Iterable[K], read: Callable[[K], Awaitable[FileContent]], max_concurrent: int
) -> dict[K, FileContent | BatchLabError]:
    """Read files, at most ``max_concurrent`` at once; one asked for twice is read once.

    Raises
    ------
    AuthenticationError
        The token was refused; nothing more is sent.
    InputError
        ``max_concurrent`` is below 1.
    """
    if max_concurrent < 1:
        raise InputError(f"max_concurrent={max_concurrent!r} is out of range; accepted: whole numbers from 1")
    slots = asyncio.Semaphore(max_concurrent)

    async def outcome(key: K) -> FileContent | BatchLabError:
        async with slots:
            try:
                return await read(key)
            except AuthenticationError:
                raise
            except BatchLabError as error:
                return error

    tasks = {key: asyncio.create_task(outcome(key)) for key in dict.fromkeys(keys)}
    try:
        return dict(zip(tasks, await asyncio.gather(*tasks.values()), strict=True))
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
