"""An answer as a cache holds it, and what a place for such answers can do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

SHARE_LEFT_BY_EVICTION = 0.9  # so that not every put evicts; a larger body than that is not kept


@dataclass(frozen=True, slots=True)
class Cached:
    """A body, its git sha, and the validators that its answer came with."""

    sha: str
    etag: str | None
    last_modified: str | None
    body: bytes = field(repr=False)


class CacheStore(Protocol):
    """Holds answers by key within a cap of bytes, the least recently used out first; for all threads."""

    @property
    def closed(self) -> bool:
        """Whether it is used no more."""
        ...

    @property
    def size_bytes(self) -> int:
        """Bytes of all bodies held."""
        ...

    def read(self, key: str) -> Cached | None:
        """Return what is held, and note that it was used; None where nothing is."""
        ...

    def write(self, key: str, cached: Cached, *, replace: bool) -> None:
        """Hold an answer; in place of an earlier one, or not at all where there is one."""
        ...

    def held(self, keys: Iterable[str]) -> set[str]:
        """Return those of the keys that are held, without using them."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...

    def close(self) -> None:
        """Let go of what is outside the process."""
        ...
