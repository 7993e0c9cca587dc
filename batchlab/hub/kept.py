"""A memory of answers, bounded in bytes: the oldest go first."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key.

    Parameters
    ----------
    room
        Bytes; a value larger than that is not kept.
    size
        Returns the bytes that a value takes.

    Examples
    --------
    >>> kept = Kept[str, bytes](5, len)
    >>> kept["a"], kept["b"] = b"123", b"456"
    >>> kept.get("a"), kept.get("b")
    (None, b'456')
    """

    def __init__(self, room: int, size: Callable[[V], int]) -> None:
        self._values: dict[K, V] = {}
        self._room = room
        self._size = size
        self.get = self._values.get

    def __setitem__(self, key: K, value: V) -> None:
        replaced = self._values.pop(key, None)
        self._room -= self._size(value) - (0 if replaced is None else self._size(replaced))
        self._values[key] = value
        while self._room < 0:
            self._room += self._size(self._values.pop(next(iter(self._values))))
