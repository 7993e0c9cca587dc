"""What else the embedded GitHub offers beside REST, and under which conditions: GraphQL, archives, raw files."""

from __future__ import annotations

from dataclasses import dataclass, field

from batchlab.hub.checks import at_least, one_of, positive, share
from batchlab.hub.conditions import Latency


@dataclass(frozen=True)
class GraphQL:
    """How GraphQL answers.

    A query's service time grows with what it reads: ``base`` + ``per_repository`` for each distinct repository +
    ``per_object`` for each git object beyond the first of a repository + ``per_megabyte`` of text, all of it
    times a log-normal factor. The defaults pass near published medians (10 repositories 1.75 s, 25
    repositories 3.71 s); ``per_object`` is an assumption.

    Parameters
    ----------
    enabled
        Whether there is GraphQL; without it ``/graphql`` answers 404.
    base, per_repository, per_object, per_megabyte
        Seconds.
    sigma
        Standard deviation of the natural logarithm of the factor, 0 or more.
    cap
        Seconds after which a query ends with a 502, None for never.
    timeout_points
        Points that such an end costs beside the query's own. GitHub documents that there is a penalty and
        not how high it is (unconfirmed).
    most_objects
        Git objects that one query may look up before the rest of it is refused with
        ``RESOURCE_LIMITS_EXCEEDED``; None for no bound. GitHub does not publish its own (unconfirmed).

    References
    ----------
    https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
    """

    enabled: bool = True
    base: float = 0.25
    per_repository: float = 0.16
    per_object: float = 0.03
    per_megabyte: float = 2.0
    sigma: float = 0.15
    cap: float | None = 10.0
    timeout_points: int = 0
    most_objects: int | None = None

    def __post_init__(self) -> None:
        at_least(0, self, "base", "per_repository", "per_object", "per_megabyte", "sigma", "timeout_points")
        positive(self, "cap", "most_objects")

    def latency(self, repositories: int, objects: int, text_length: int) -> Latency:
        """Return the latency of a query that reads so much.

        Parameters
        ----------
        repositories, objects
            Distinct repositories, and git objects in them.
        text_length
            Length of all text, in bytes.

        Examples
        --------
        >>> round(GraphQL().latency(25, 50, 100_000).median, 2)
        5.2
        """
        further = max(0, objects - repositories)
        median = (
            self.base
            + self.per_repository * repositories
            + self.per_object * further
            + self.per_megabyte * text_length / 1e6
        )
        return Latency(median, self.sigma, cap=self.cap)


@dataclass(frozen=True)
class Throttle:
    """A host's own bound on requests, outside the API's limits; GitHub publishes no figures (unconfirmed).

    Parameters
    ----------
    requests
        Requests within any ``span`` seconds, None for no bound.
    span
        Seconds.
    lockout
        Seconds for which the host answers 429 once the bound is broken.
    """

    requests: int | None = None
    span: float = 3600.0
    lockout: float = 1800.0

    def __post_init__(self) -> None:
        positive(self, "requests", "span", "lockout")


@dataclass(frozen=True)
class Archives:
    """How archives are offered: a redirect by the API, the bytes from a host of their own.

    Parameters
    ----------
    enabled
        Whether there are any; without them ``/tarball`` answers 404.
    redirect_points
        What the redirect takes off the core budget, 0 or 1. Recordings disagree (unconfirmed).
    latency
        Of the archive's first byte (assumption).
    compression
        Bytes on the wire for a byte of a file, 0 to 1. Files whose bytes the world does not hold count too.
    throttle
        The archive host's own.
    """

    enabled: bool = True
    redirect_points: int = 1
    latency: Latency = field(default_factory=lambda: Latency(median=0.45, sigma=0.4))
    compression: float = 0.25
    throttle: Throttle = field(default_factory=Throttle)

    def __post_init__(self) -> None:
        one_of(self, "redirect_points", 0, 1)
        share(self, "compression")


@dataclass(frozen=True)
class RawFiles:
    """How the raw host answers: from near by once it has had a file, and at the API's latency before.

    Parameters
    ----------
    enabled
        Whether there is one; without it every path is 404.
    latency
        Of a file that was asked for before.
    throttle
        The raw host's own.
    """

    enabled: bool = True
    latency: Latency = field(default_factory=lambda: Latency(median=0.025, sigma=0.3))
    throttle: Throttle = field(default_factory=Throttle)
