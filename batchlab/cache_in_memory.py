"""What a cache holds while the process lives: the very bytes that were put, not a copy of them."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from cachetools import LRUCache

from batchlab.cache_store import Cached


class CacheInMemory:
    """Answers by key; see `batchlab.cache_store.CacheStore`."""

    def __init__(self, max_bytes: int) -> None:
        self.closed = False
        self._entries: LRUCache[str, Cached] = LRUCache(max_bytes, getsizeof=lambda cached: len(cached.body))
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """Bytes of all bodies held."""
        return int(self._entries.currsize)

    def read(self, key: str) -> Cached | None:
        """Return what is held, and note that it was used; None where nothing is."""
        with self._lock:
            return self._entries.get(key)

    def write(self, key: str, cached: Cached, *, replace: bool) -> None:
        """Hold an answer; in place of an earlier one, or not at all where there is one."""
        with self._lock:
            if replace or self._entries.get(key) is None:
                self._entries[key] = cached

    def held(self, keys: Iterable[str]) -> set[str]:
        """Return those of the keys that are held, without using them."""
        with self._lock:
            return {key for key in keys if key in self._entries}

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()

    def close(self) -> None:
        """Forget everything; it is not used again."""
        self.clear()
        self.closed = True
