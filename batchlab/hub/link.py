"""The wire between client and server: how long a body takes.

Bodies go in pieces. Pieces pass the shared link in the order in which they come to it, and a body's next piece
comes with the arrival of the one before: bodies under way at once take turns, and share the link evenly. None is
faster than its own connection.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from batchlab.hub.conditions import Network

TURN = 16 * 1024  # bytes that pass the shared link in one turn
PIECE = 1024 * 1024  # bytes of a piece where there is no turn to take


class Link:
    """The shared link and its connections.

    Parameters
    ----------
    network
        The scenario's section.

    Examples
    --------
    >>> link = Link(Network(link=100.0, connection=50.0))
    >>> link.send(0.0, 100), link.send(0.0, 100)
    (2.0, 2.0)
    >>> link.send(0.0, 100)
    3.0
    >>> link.pieces(40_000)
    3
    """

    def __init__(self, network: Network) -> None:
        self._link = network.link or math.inf
        self._connection = network.connection or math.inf
        self._piece = PIECE if network.link is None else TURN
        self._free_at = -math.inf

    def pieces(self, size: int) -> int:
        """Return how many pieces a body of ``size`` bytes goes in."""
        return -(-size // self._piece)

    def send(self, now: float, size: float) -> float:
        """Reserve the link for a piece of ``size`` bytes, and return the seconds until its last byte."""
        self._free_at = max(now, self._free_at) + size / self._link
        return max(size / self._connection, self._free_at - now)


def even_parts(size: int, pieces: int) -> Iterator[slice]:
    """Yield where each piece lies in what is cut into pieces of the same size, give or take a byte.

    Examples
    --------
    >>> list(even_parts(10, 3))
    [slice(0, 3, None), slice(3, 6, None), slice(6, 10, None)]
    """
    for number in range(pieces):
        yield slice(size * number // pieces, size * (number + 1) // pieces)
