"""What the engine holds in memory: room for calls in flight, and the contents that came and were not handed over.

Results that are collected go to disk to make room; results that are streamed wait for their consumer.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace

from batchlab.batch_models import BatchResult
from batchlab.content_store import ContentStore, HeldContent, Spool
from batchlab.resource_manager import ResourceManager

STREAM_BUFFER = 256 * 1024  # bytes in memory of a file that goes to disk as it comes


class Holdings:
    """A ledger of the bytes held, and where contents go that it has no room for.

    Parameters
    ----------
    cap_mb
        The cap, in units of 1024 x 1024 bytes.
    """

    def __init__(self, cap_mb: float) -> None:
        self.ledger = ResourceManager(cap_mb)
        self._store = ContentStore()

    def room_for(self, size: int) -> bool:
        """Return whether a call that needs ``size`` bytes may be sent."""
        return self.ledger.fits(size)

    def blocked(self) -> None:
        """Take note that a call waits for room."""

    def keep(self, body: bytes, sha: str, promised: int = 0) -> HeldContent:
        """Take in what came, on disk where memory has no room; ``promised`` bytes had been reserved for it."""
        self.ledger.release(promised)
        content = HeldContent(sha, len(body), body)
        if self.room_for(content.size):
            self.ledger.reserve(content.size)
            self._kept(content)
        else:
            content.move_to(self._store)
        return content

    def keep_on_disk(self, content: HeldContent) -> None:
        """Take in what went to disk as it came."""

    def spool(self, size: int) -> Spool:
        """Return what takes a file of ``size`` bytes to disk as it comes."""
        return Spool(self._store, size)

    def _kept(self, content: HeldContent) -> None:
        """Take note of a content in memory."""

    def ended(self, result: BatchResult) -> None:
        """Take note of a row that is complete."""

    def close(self) -> None:
        """Hold nothing any more: the reading has ended."""


class Collected(Holdings):
    """Holdings of results that are handed over all at once: the oldest contents go to disk to make room."""

    def __init__(self, cap_mb: float) -> None:
        super().__init__(cap_mb)
        self._oldest: deque[HeldContent] = deque()

    def room_for(self, size: int) -> bool:
        """Return whether a call that needs ``size`` bytes may be sent, after making room for it."""
        while self._oldest and not self.ledger.fits(size):
            content = self._oldest.popleft()
            content.move_to(self._store)
            self.ledger.release(content.size)
        return self.ledger.fits(size)

    def _kept(self, content: HeldContent) -> None:
        self._oldest.append(content)

    def keep_on_disk(self, content: HeldContent) -> None:
        """Take in what went to disk as it came: into memory, where that has room to spare."""
        if self.ledger.fits(content.size):
            content.load()
            self.ledger.reserve(content.size)
            self._kept(content)

    def close(self) -> None:
        """Hold nothing any more: results that are dropped later free their memory."""
        self.ledger.release(sum(content.size for content in self._oldest))
        self._oldest.clear()


class Streamed(Holdings):
    """Holdings of results that are handed over in chunks, and count until then.

    Parameters
    ----------
    cap_mb
        The cap, in units of 1024 x 1024 bytes.

    Attributes
    ----------
    forget, freed
        Called with each row that was handed over, and after each chunk that gave room back.
    """

    def __init__(self, cap_mb: float) -> None:
        super().__init__(cap_mb)
        self._ready: deque[BatchResult] = deque()
        self._rows_of: Counter[int] = Counter()
        self._waiting = 0
        self._news = asyncio.Event()
        self._pressed = self._closed = False
        self.forget: Callable[[BatchResult], None] = lambda result: None
        self.freed: Callable[[], None] = lambda: None

    def blocked(self) -> None:
        """Let an unfilled chunk go where only its taking can make room."""
        if self._waiting == self.ledger.held:
            self._pressed = True
            self._news.set()

    def _kept(self, content: HeldContent) -> None:
        self._waiting += content.size

    def ended(self, result: BatchResult) -> None:
        """Queue a row for the consumer."""
        self._ready.append(result)
        if result.content is not None:
            self._rows_of[id(result.content)] += 1
        self._news.set()

    async def chunk(self, size: int) -> list[BatchResult]:
        """Wait for the next ``size`` rows: fewer at the end, and where memory holds no more; none after the end."""
        while len(self._ready) < size and not self._closed and not (self._pressed and self._ready):
            self._news.clear()
            await self._news.wait()
        self._pressed = False
        rows = [self._hand_over(self._ready.popleft()) for _ in range(min(size, len(self._ready)))]
        self.freed()
        return rows

    def _hand_over(self, result: BatchResult) -> BatchResult:
        # The engine's own row stays for the metrics; the bytes go with the consumer's.
        given, content, result.content = replace(result), result.content, None
        self.forget(result)
        if content is None:
            return given
        self._rows_of[id(content)] -= 1
        if not self._rows_of[id(content)]:
            del self._rows_of[id(content)]
            self._released(content.size if content.in_memory else 0)
        return given

    def _released(self, size: int) -> None:
        self._waiting -= size
        self.ledger.release(size)

    def close(self) -> None:
        """Let the last chunk go, and say that it was the last."""
        self._closed = True
        self._news.set()
