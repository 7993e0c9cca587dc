"""Conditions of the embedded GitHub's REST API and of the network: latency, bandwidth, behaviour under load."""

from __future__ import annotations

from dataclasses import dataclass

from batchlab.errors import InputError
from batchlab.hub.checks import at_least, positive, share


@dataclass(frozen=True)
class Latency:
    """Seconds from a call's arrival to its first byte on an idle server.

    Parameters
    ----------
    median
        Median in seconds, 0 or more.
    sigma
        Standard deviation of the natural logarithm, 0 or more.
    tail_share
        Share of calls that are slow instead, 0 to 1.
    tail_shortest, tail_longest
        Range in seconds of the slow ones.
    cap
        Seconds after which the server gives up with a 504, None for never.
    quantiles
        Seconds at equal steps of probability, from the shortest to the longest; where given, calls are drawn from
        them, straight lines between, in place of all above but the cap. This is how a measured server is written down.
    """

    median: float = 0.2
    sigma: float = 0.0
    tail_share: float = 0.0
    tail_shortest: float = 1.0
    tail_longest: float = 3.0
    cap: float | None = None
    quantiles: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "quantiles", tuple(map(float, self.quantiles)))
        falling = list(self.quantiles) != sorted(self.quantiles) or min(self.quantiles, default=0.0) < 0
        if falling or len(self.quantiles) == 1:
            raise InputError(f"quantiles is {self.quantiles}; write two or more seconds of 0 or more, none falling")
        at_least(0, self, "median", "sigma", "tail_shortest")
        share(self, "tail_share")
        at_least(self.tail_shortest, self, "tail_longest")
        positive(self, "cap")

    def measured(self, probability: float) -> float:
        """Return the seconds that a share of calls does not exceed, by the quantiles.

        Examples
        --------
        >>> Latency(quantiles=(0.1, 0.2, 0.6)).measured(0.75)
        0.4
        """
        place = probability * (len(self.quantiles) - 1)
        below = min(int(place), len(self.quantiles) - 2)
        low, high = self.quantiles[below], self.quantiles[below + 1]
        return low + (place - below) * (high - low)


@dataclass(frozen=True)
class Network:
    """Bytes per second between client and server; None stands for no bound.

    Parameters
    ----------
    link
        Of the link that all connections share, evenly: bodies take turns of 16 KB.
    connection
        Of one connection.
    gzip
        Whether JSON is sent compressed to clients that accept it, as GitHub does. Off by default: unpacking
        costs the client more processor time than a simulated call does, and how far zlib compresses differs
        between machines, which a run that must repeat to the byte cannot have.
    """

    link: float | None = None
    connection: float | None = None
    gzip: bool = False

    def __post_init__(self) -> None:
        positive(self, "link", "connection")


@dataclass(frozen=True)
class Server:
    """How the server slows down under load.

    Parameters
    ----------
    knee
        Calls served at once without slowing. With n above it, service takes n / knee times as long. None for
        a server that never slows.
    kappa
        Retrograde part, 0 or more: beyond the knee service takes 1 + kappa (n - knee) times longer still.

    References
    ----------
    Gunther, "A General Theory of Computational Scalability Based on Rational Functions",
    https://arxiv.org/abs/0808.1431
    """

    knee: float | None = None
    kappa: float = 0.0

    def __post_init__(self) -> None:
        positive(self, "knee")
        at_least(0, self, "kappa")

    def slowdown(self, in_flight: int) -> float:
        """Return how many times longer service takes with so many calls in flight.

        Examples
        --------
        >>> Server(knee=10).slowdown(5), Server(knee=10).slowdown(30), Server(knee=10, kappa=0.1).slowdown(30)
        (1.0, 3.0, 9.0)
        """
        if self.knee is None or in_flight <= self.knee:
            return 1.0
        return in_flight / self.knee * (1.0 + self.kappa * (in_flight - self.knee))
