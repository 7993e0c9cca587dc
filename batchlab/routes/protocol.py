"""What a route is: a way to turn a batch of files into calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from batchlab.batch_models import Repository
from batchlab.github_api import ApiRequest, Reply

Send: TypeAlias = Callable[[ApiRequest], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file to fetch: where it is, and what its tree says of it."""

    repo: Repository
    path: str
    sha: str
    size: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a batch costs: calls, and points of the route's pool."""

    calls: int
    points: int


class Route(Protocol):
    """One way to fetch files.

    ``fetch`` makes its calls one after another through ``send``, which holds the run's slot, counts and records
    them, follows redirects and raises typed errors. Bytes are checked against the sha by the engine; where a route
    is not ``by_sha``, a mismatch means that the file has changed since its tree was read.
    """

    name: str
    pool: str
    most_files: int
    by_sha: bool

    def price(self, files: Sequence[WantedFile]) -> Price:
        """Return what a batch of these files costs."""
        ...

    async def fetch(self, files: Sequence[WantedFile], send: Send) -> list[bytes | Exception]:
        """Return the bytes of each file, in order, or why that one failed.

        Raises
        ------
        BatchLabError
            The whole batch failed.
        """
        ...
