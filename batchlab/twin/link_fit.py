"""How fast bodies travel: the bound of a connection, that of the link, and the size of archives on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from batchlab.hub.conditions import Network
from batchlab.hub.link import Link

LARGE = 0.75  # of bodies, by size, those above this share tell the rate of a connection
SHORTEST = 1e-4  # seconds that a body must take to tell anything
BETTER = 0.9  # of the error without a link that one with a link must stay below
COMPRESSION = 0.25  # of archives, where none was seen
AGREE = 1.02  # times that the fastest of the large bodies may exceed their median
RATES = np.geomspace(0.5, 64.0, 43)  # of the link, over that of a connection
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Bodies:
    """The bodies of a run: seconds at the first byte, seconds on the wire, bytes, and which of them are archives.

    The bytes of an archive are those of the files in it, unpacked.
    """

    began: Array
    seconds: Array
    size: Array
    archive: NDArray[np.bool_]

    def wire(self, compression: float) -> Array:
        """Return the bytes on the wire."""
        return np.where(self.archive, compression * self.size, self.size)


@dataclass(frozen=True)
class LinkFit:
    """The network that explains the bodies best, bytes on the wire for one of an archive's files, and the misfit.

    ``most`` is the most bytes a second that came in, ``error`` the mean distance in seconds.
    """

    network: Network
    compression: float
    most: float
    error: float


def fit_link(bodies: Bodies) -> LinkFit:
    """Return the bandwidths that explain how long bodies took.

    Parameters
    ----------
    bodies
        In any order.

    Examples
    --------
    >>> few = Bodies(np.zeros(4), np.full(4, 2.0), np.full(4, 100.0), np.zeros(4, bool))
    >>> fit_link(few).network
    Network(link=None, connection=50.0, gzip=False)
    """
    order = np.argsort(bodies.began, kind="stable")
    bodies = Bodies(bodies.began[order], bodies.seconds[order], bodies.size[order], bodies.archive[order])
    connections = _connections(bodies)
    best, compression, error = Network(), COMPRESSION, np.inf
    for connection, ratio in _without_link(bodies, connections):
        alone = _error(bodies, Network(connection=connection), ratio)
        if alone < error:
            best, compression, error = Network(connection=connection), ratio, alone
    unbound = error
    for (connection, ratio), rate in product(_without_link(bodies, connections), RATES):
        network = Network(link=float(rate * connection), connection=connection)
        found = _error(bodies, network, ratio)
        if found < min(BETTER * unbound, error):
            best, compression, error = network, ratio, found
    return LinkFit(best, compression, _most(bodies, compression), float(error) if connections else 0.0)


def _connections(bodies: Bodies) -> list[float]:
    """Return the rates of a connection to try: one where large bodies agree, none where bodies take no time."""
    plain = ~bodies.archive & (bodies.seconds > SHORTEST)
    if not plain.any():
        return []
    size, seconds = bodies.size[plain], bodies.seconds[plain]
    large = size >= np.quantile(size, LARGE)
    rates = np.quantile(size[large] / seconds[large], (0.5, 0.75, 0.9, 1.0))
    if rates[3] < AGREE * rates[0]:
        return [float(rates[2])]
    # Behind a full link only small bodies, which came in between, tell what a connection bears.
    lucky = np.quantile(size / seconds, (0.9, 0.97, 1.0))
    return sorted({float(rate) for rate in (*rates, *lucky)})


def _without_link(bodies: Bodies, connections: list[float]) -> list[tuple[float, float]]:
    """Return rates of a connection, each with shares that archives may be packed to."""
    packed = bodies.archive & (bodies.size > 0)
    if not packed.any():
        return [(connection, COMPRESSION) for connection in connections]
    ratios = np.quantile(bodies.seconds[packed] / bodies.size[packed], (0.05, 0.25, 0.5))
    return [(rate, float(min(1.0, rate * ratio))) for rate, ratio in product(connections, np.unique(ratios))]


def travel(bodies: Bodies, network: Network, compression: float) -> Array:
    """Return the seconds that bodies take on a network, by the embedded GitHub's own rule."""
    link, sizes = Link(network), bodies.wire(compression)
    left = [link.pieces(size) for size in sizes.astype(int).tolist()]
    each = (sizes / np.maximum(1, left)).tolist()
    arrived = bodies.began.tolist()
    coming = [(now, body) for body, now in enumerate(arrived) if left[body]]
    heapify(coming)
    while coming:
        now, body = coming[0]
        arrived[body] = now + link.send(now, each[body])
        left[body] -= 1
        if left[body]:
            heapreplace(coming, (arrived[body], body))
        else:
            heappop(coming)
    return np.array(arrived) - bodies.began


def _error(bodies: Bodies, network: Network, compression: float) -> float:
    return float(np.abs(travel(bodies, network, compression) - bodies.seconds).mean())


def _most(bodies: Bodies, compression: float) -> float:
    """Return the most bytes that came in within a second."""
    ended = np.floor(bodies.began + bodies.seconds).astype(int)
    return float(np.bincount(ended - ended.min(), bodies.wire(compression)).max()) if len(ended) else 0.0
