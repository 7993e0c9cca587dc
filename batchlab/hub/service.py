"""The embedded GitHub: a world behind limits, weather and a wire.

It is told the time and tells how long things take; it never waits, and it knows no loop, thread or socket.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from batchlab.hub.addresses import Addresses, Host
from batchlab.hub.api_host import ApiHost
from batchlab.hub.archives import ArchiveHost
from batchlab.hub.arrival import Arrival, Outcome
from batchlab.hub.books import Books, Call
from batchlab.hub.file_host import archive_host, raw_file_host
from batchlab.hub.graphql.api import GraphQlApi
from batchlab.hub.link import Link, even_parts
from batchlab.hub.messages import HubRequest, HubResponse
from batchlab.hub.rest import RestApi
from batchlab.hub.scenario import Scenario
from batchlab.hub.world import World

DEFAULT_TOKEN = "embedded-github"


class _Host(Protocol):
    def serve(self, arrival: Arrival) -> Outcome: ...


@dataclass(slots=True)
class Exchange:
    """One call under way.

    Parameters
    ----------
    response
        What will be sent.
    service_time
        Seconds from arrival to the first byte.
    broken
        ``"reset"`` for a connection that breaks before anything is sent, ``"truncated"`` for one that breaks
        in the middle of the body, else None.
    wire
        Bytes that the body is charged for on the wire.
    host
        Which host serves it.
    call
        The call's line in the books.
    """

    response: HubResponse
    service_time: float
    broken: str | None
    wire: int
    host: Host
    call: Call

    @property
    def is_reset(self) -> bool:
        """Whether the connection breaks before anything is sent."""
        return self.broken == "reset"

    @property
    def is_truncated(self) -> bool:
        """Whether the connection breaks in the middle of the body."""
        return self.broken == "truncated"


class EmbeddedGitHub:
    """A GitHub with one user and three hosts: the API, archives, raw files.

    Parameters
    ----------
    world
        The repositories.
    scenario
        The conditions.
    token
        The user's token.
    addresses
        Where the hosts are reached.
    keep_log
        Whether the books keep every call.
    """

    def __init__(
        self,
        world: World,
        scenario: Scenario,
        token: str = DEFAULT_TOKEN,
        *,
        addresses: Addresses | None = None,
        keep_log: bool = False,
    ) -> None:
        self._rest = RestApi(world, addresses)
        self._graphql = GraphQlApi(world)
        self._archives = ArchiveHost(world)
        self._token = token
        self._begin(scenario, keep_log)

    def _begin(self, scenario: Scenario, keep_log: bool) -> None:
        self.scenario = scenario
        self.books = books = Books(keep_log)
        self._seen: Counter[str] = Counter()
        self._link = Link(scenario.network)
        self._began: float | None = None
        self._in_flight: Counter[Host] = Counter()
        self._hosts: dict[Host, _Host] = {
            "api": ApiHost(self._rest, self._graphql, self._token, scenario.limits, books),
            "codeload": archive_host(self._archives, self._token, scenario.archives.throttle, books),
            "raw": raw_file_host(self._rest.world, self._token, scenario.raw.throttle, books),
        }

    def renewed(self, seed: int | None = None) -> EmbeddedGitHub:
        """Return one with the same world and conditions and no past; answers already made are shared."""
        return self.under(self.scenario if seed is None else self.scenario.with_seed(seed))

    def under(self, scenario: Scenario) -> EmbeddedGitHub:
        """Return one with the same world under other conditions and no past; answers already made are shared."""
        renewed = object.__new__(EmbeddedGitHub)
        renewed._rest, renewed._graphql, renewed._archives = self._rest, self._graphql, self._archives
        renewed._token = self._token
        renewed._begin(scenario, self.books.keep_log)
        return renewed

    @property
    def addresses(self) -> Addresses:
        """Where its hosts are reached."""
        return self._rest.addresses

    def arrive(self, request: HubRequest, now: float, epoch: float) -> Exchange:
        """Take a call in.

        Parameters
        ----------
        request
            The call.
        now
            Seconds on any clock that does not run backwards.
        epoch
            The same instant in UTC epoch seconds.

        Returns
        -------
        Exchange
            To be handed to `carry` at its first byte, and to `depart` in any case.
        """
        host = request.host
        self._in_flight[host] += 1
        in_flight = self.books.arrive(self._in_flight["api"])
        target = f"{request.path}?{request.query}" if request.query else request.path
        outcome = self._hosts[host].serve(self._arrival(request, target, now, epoch))
        answer = outcome.answer
        call = Call(answer.endpoint, target, now, in_flight, 0 if outcome.broken else answer.status)
        self.books.add(call)
        response = _response(request, outcome)
        wire = len(response.body) if answer.wire is None or not response.body else answer.wire
        return Exchange(response, outcome.service, outcome.broken, wire, host, call)

    def _arrival(self, request: HubRequest, target: str, now: float, epoch: float) -> Arrival:
        identity = f"{request.method} {target}"
        if request.host != "api":
            identity = f"{request.host} {identity}"
        elif request.body:
            identity += f" {blake2b(request.body, digest_size=16).hexdigest()}"
        self._seen[identity] += 1
        if self._began is None:
            self._began = now
        seconds = now - self._began
        return Arrival(
            request,
            identity,
            self._seen[identity],
            now,
            epoch,
            seconds,
            self._in_flight[request.host],
            self.scenario.at(seconds),
        )

    def carry(self, exchange: Exchange, now: float) -> Iterator[tuple[float, bytes]]:
        """Put the response on the wire at its first byte.

        Parameters
        ----------
        exchange
            The call.
        now
            Seconds on the clock of `arrive`.

        Yields
        ------
        tuple of float and bytes
            Seconds until the next piece of the body has arrived, and the piece. The following one is to be asked
            for then.
        """
        body, parts = exchange.response.body, 2 if exchange.is_truncated else 1
        sent, wire = len(body) // parts, exchange.wire // parts
        pieces = self._link.pieces(max(sent, wire)) if sent else 0
        for piece, charged in zip(even_parts(sent, pieces), even_parts(wire, pieces), strict=True):
            size = charged.stop - charged.start
            self.books.bytes_sent += piece.stop - piece.start
            self.books.bytes_on_wire += size
            seconds = self._link.send(now, size)
            now += seconds
            yield seconds, body[piece]

    def depart(self, exchange: Exchange, now: float) -> None:
        """Count a call out; a second time changes nothing."""
        if exchange.call.finished is None:
            exchange.call.finished = now
            self.books.depart()
            self._in_flight[exchange.host] -= 1


def _response(request: HubRequest, outcome: Outcome) -> HubResponse:
    answer = outcome.answer
    headers = {**outcome.headers, **answer.headers}
    if answer.status != 304:
        headers["content-length"] = str(len(answer.body))
    return HubResponse(answer.status, headers, b"" if request.method == "HEAD" else answer.body)
