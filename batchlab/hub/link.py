"""The wire between client and server: how long a body takes.

A fluid model: bodies pass the shared link one after the other, none faster than its own connection.
"""

from __future__ import annotations

import math

from batchlab.hub.conditions import Network


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
    """

    def __init__(self, network: Network) -> None:
        self._link = network.link or math.inf
        self._connection = network.connection or math.inf
        self._free_at = -math.inf

    def send(self, now: float, size: int) -> float:
        """Reserve the link for a body of ``size`` bytes, and return the seconds until its last byte."""
        self._free_at = max(now, self._free_at) + size / self._link
        return max(size / self._connection, self._free_at - now)
