"""A call as one of the hosts meets it, and what the host makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from batchlab.hub.conditions import Latency
from batchlab.hub.messages import Answer, HubRequest
from batchlab.hub.scenario import Scenario
from batchlab.hub.weather import Weather, weather


@dataclass(slots=True)
class Arrival:
    """A call that has just arrived.

    Parameters
    ----------
    request
        The call.
    identity
        What its draws are keyed by.
    attempt
        How often this identity has arrived, from 1.
    now, epoch
        Seconds on the caller's clock, and the same instant in UTC epoch seconds.
    seconds
        Since the first call.
    in_flight
        Calls in flight at this host, this one included.
    scenario
        The conditions that hold now.
    """

    request: HubRequest
    identity: str
    attempt: int
    now: float
    epoch: float
    seconds: float
    in_flight: int
    scenario: Scenario

    def weather(self, latency: Latency, family: str) -> Weather:
        """Return what the call meets on an idle server."""
        scenario = self.scenario
        return weather(
            latency,
            scenario.faults,
            scenario.seed,
            self.identity,
            self.attempt,
            family=family,
            seconds=self.seconds,
        )


@dataclass(slots=True)
class Outcome:
    """What a host answers.

    Parameters
    ----------
    answer
        The content.
    service
        Seconds from arrival to the first byte.
    headers
        Header values beside the content's own.
    broken
        ``"reset"`` or ``"truncated"`` for a connection that breaks, else None.
    """

    answer: Answer
    service: float
    headers: Mapping[str, str] = field(default_factory=dict)
    broken: str | None = None
