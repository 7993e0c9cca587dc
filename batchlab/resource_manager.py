"""The memory that the engine may hold: a ledger of bytes with a cap, and the release of contents no longer needed.

Counts what it is told; the process's own size belongs to whoever imported the package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import pandas as pd

from batchlab.batch_models import BatchResult
from batchlab.errors import InputError

MEGABYTE = 1024 * 1024

Results: TypeAlias = "BatchResult | pd.DataFrame | Iterable[BatchResult | pd.DataFrame]"


class ResourceManager:
    """Keeps the bytes in flight, decoded and not yet delivered under a cap.

    Parameters
    ----------
    max_memory_mb
        The cap, in units of 1024 x 1024 bytes, above 0.
    cleanup_threshold
        Share of the cap above which batches are to shrink, above 0 and up to 1.
    reading
        Returns the bytes in use now, for a cap on something else than the ledger; by default `held`.

    Raises
    ------
    InputError
        The cap or the threshold is out of range.

    Examples
    --------
    >>> manager = ResourceManager(max_memory_mb=1)
    >>> manager.reserve(900_000)
    >>> manager.fits(200_000), manager.should_reduce_batch_size()
    (False, True)
    >>> manager.release(900_000)
    >>> manager.fits(5_000_000)
    True
    """

    def __init__(
        self,
        max_memory_mb: float = 500,
        cleanup_threshold: float = 0.8,
        *,
        reading: Callable[[], int] | None = None,
    ) -> None:
        if not 0.0 < cleanup_threshold <= 1.0:
            raise InputError(f"cleanup_threshold={cleanup_threshold!r} is out of range; accepted: above 0, up to 1")
        self.resize(max_memory_mb)
        self.held = 0
        self.peak = 0
        self._threshold = cleanup_threshold
        self._reading = reading

    def resize(self, max_memory_mb: float) -> None:
        """Change the cap; what is held over a lower one drains by itself."""
        if not max_memory_mb > 0:
            raise InputError(f"max_memory_mb={max_memory_mb!r} is out of range; accepted: above 0")
        self.cap = int(max_memory_mb * MEGABYTE)

    def fits(self, size: int) -> bool:
        """Whether ``size`` more bytes may be held.

        One item larger than the cap may, while nothing else is held: it has to pass at some time.
        """
        return self.held == 0 or self.held + size <= self.cap

    def reserve(self, size: int) -> None:
        """Take note of ``size`` bytes held from now on; the caller has seen that they fit."""
        self.held += size
        self.peak = max(self.peak, self.held)

    def release(self, size: int) -> None:
        """Take note of ``size`` bytes held no longer.

        Raises
        ------
        InputError
            More is released than is held.
        """
        if size > self.held:
            raise InputError(f"{size} bytes cannot be released, {self.held} are held; release what was reserved")
        self.held -= size

    def should_reduce_batch_size(self) -> bool:
        """Whether memory in use is above the threshold."""
        in_use = self.held if self._reading is None else self._reading()
        return in_use > self._threshold * self.cap

    def cleanup_batch_resources(self, batch_results: Results) -> int:
        """Drop the contents that these results hold; every row and record stays, only its bytes go.

        Parameters
        ----------
        batch_results
            A `BatchResult`, a results frame (emptied in place), or several of either.

        Returns
        -------
        int
            Bytes of memory freed; contents on disk go too and count nothing.
        """
        return _drop(batch_results)


def _drop(results: object) -> int:
    if isinstance(results, BatchResult):
        return _drop_from_record(results)
    if isinstance(results, pd.DataFrame):
        return _drop_from_frame(results)
    if isinstance(results, Iterable) and not isinstance(results, (str, bytes)):
        return sum(map(_drop, results))
    raise InputError(
        f"{type(results).__name__} holds no results; accepted: BatchResult, a results frame, a list of them"
    )


def _drop_from_record(result: BatchResult) -> int:
    content, result.content = result.content, None
    return content.size if content is not None and content.in_memory else 0


def _drop_from_frame(frame: pd.DataFrame) -> int:
    if "content" not in frame:
        return 0
    dropped = sum(len(content) for content in frame["content"] if isinstance(content, bytes))
    frame["content"] = pd.Series([None] * len(frame), index=frame.index, dtype="object")
    return dropped
