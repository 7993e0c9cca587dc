"""A scenario's section on limits: how much GitHub lets a caller have; `batchlab.hub.limits` keeps count."""

from __future__ import annotations

from dataclasses import dataclass

from batchlab.hub.checks import at_least, one_of, positive, share


@dataclass(frozen=True)
class Limits:
    """GitHub's limits; None switches one off.

    Parameters
    ----------
    core, graphql
        Requests an hour to REST, and points an hour to GraphQL, of a caller with a token. None stands for a
        server whose rate limiting is off: it sends no rate-limit headers, ``/rate_limit`` answers 404 and
        GraphQL's ``rateLimit`` is null, as on GitHub Enterprise Server.
    anonymous
        Requests an hour of callers without a token.
    remaining, graphql_remaining
        What is left of each at the start, None for all of it.
    reset_in, graphql_reset_in
        Seconds from the start to the end of each first window, 0 to 3600.
    others, graphql_others
        What other users of the same token spend of each, a second; 0 for nobody.
    in_flight
        Calls at once, REST and GraphQL together.
    points_per_minute, graphql_points_per_minute
        Points within any 60 s of each; reading costs one a call.
    cpu_seconds_per_minute, graphql_cpu_seconds_per_minute
        CPU seconds within any 60 s, of all calls and of those to GraphQL.
    cpu_share, graphql_cpu_share
        Part of the service time that is charged as CPU, 0 to 1. GitHub says that the time of a response is a
        rough estimate of it; for small REST reads recordings show a quarter.
    hidden_in_flight, hidden_from
        Calls at once beyond which an undocumented limit strikes, from that second on.
    lockout
        Seconds for which a call that breaks a secondary limit shuts everything out.
    retry_after
        Whether refusals by a secondary limit say how long to wait.
    refusal_status
        Status of refusals, 403 or 429: GitHub documents both.

    References
    ----------
    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
    """

    core: int | None = None
    anonymous: int = 60
    remaining: int | None = None
    reset_in: float = 3600.0
    others: float = 0.0
    graphql: int | None = None
    graphql_remaining: int | None = None
    graphql_reset_in: float = 3600.0
    graphql_others: float = 0.0
    in_flight: int | None = None
    points_per_minute: int | None = None
    graphql_points_per_minute: int | None = None
    cpu_seconds_per_minute: float | None = None
    graphql_cpu_seconds_per_minute: float | None = None
    cpu_share: float = 0.25
    graphql_cpu_share: float = 1.0
    hidden_in_flight: int | None = None
    hidden_from: float = 0.0
    lockout: float = 60.0
    retry_after: bool = True
    refusal_status: int = 403

    def __post_init__(self) -> None:
        positive(self, "core", "graphql", "in_flight", "points_per_minute", "graphql_points_per_minute")
        positive(self, "cpu_seconds_per_minute", "graphql_cpu_seconds_per_minute", "hidden_in_flight", "lockout")
        at_least(0, self, "remaining", "reset_in", "others", "anonymous", "hidden_from")
        at_least(0, self, "graphql_remaining", "graphql_reset_in", "graphql_others")
        share(self, "cpu_share", "graphql_cpu_share")
        one_of(self, "refusal_status", 403, 429)
