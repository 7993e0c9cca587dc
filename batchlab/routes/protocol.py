"""What a route is: a way to turn a batch of files into calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from batchlab.batch_models import Repository
from batchlab.errors import BatchLabError
from batchlab.github_api import ApiRequest, Reply, Sink


class Send(Protocol):
    """Make one call: it holds the run's slot, is counted and recorded, follows redirects, raises typed errors."""

    async def __call__(self, request: ApiRequest, sink: Sink | None = None) -> Reply:
        """Return the answer; with a ``sink``, which is given the body as it comes, the answer's own body is empty."""
        ...


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file to fetch: where it is, what its tree says of it, and the bytes of all blobs of its repository."""

    repo: Repository
    path: str
    sha: str
    size: int
    repo_size: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """What a batch costs: calls, and points of the route's pool."""

    calls: int
    points: int


class UnsuitableError(BatchLabError):
    """A file that one route cannot bring and another can: binary or cut in GraphQL, left out of an archive."""


Outcome: TypeAlias = bytes | Exception


class Route(Protocol):
    """One way to fetch files.

    ``pool`` is the rate-limit resource that it spends, ``most_files`` and ``most_repositories`` bound one call, and
    ``whole_repository`` says that a call brings everything of one repository, wanted or not. Where a route is not
    ``by_sha``, it fetches by path, and bytes of another sha mean that the file has changed since its tree was read.
    The engine checks every sha.
    """

    name: str
    pool: str
    by_sha: bool
    most_files: int
    most_repositories: int
    whole_repository: bool

    def takes(self, file: WantedFile) -> bool:
        """Return whether the route is made for this file, by its size."""
        ...

    def price(self, files: Sequence[WantedFile]) -> Price:
        """Return what a batch of these files costs."""
        ...

    async def fetch(self, files: Sequence[WantedFile], send: Send) -> list[Outcome]:
        """Return the bytes of each file, in order, or why that one failed.

        An `UnsuitableError` sends that file by another route; a whole batch that fails raises.

        Raises
        ------
        BatchLabError
            The whole batch failed.
        """
        ...
