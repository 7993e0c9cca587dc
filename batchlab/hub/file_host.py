"""codeload.github.com and raw.githubusercontent.com: hosts of bytes, outside the API's limits.

They send no rate-limit headers and have throttles of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from batchlab.hub import preconditions, raw_host, refusals
from batchlab.hub.archives import ArchiveHost
from batchlab.hub.arrival import Arrival, Outcome
from batchlab.hub.books import Books
from batchlab.hub.conditions import Latency
from batchlab.hub.endpoint_families import Throttle
from batchlab.hub.faulty import BREAKS, REFUSALS
from batchlab.hub.limits import HostThrottle
from batchlab.hub.messages import Answer
from batchlab.hub.world import World


class FileHost:
    """Serves bytes.

    Parameters
    ----------
    family
        Whose faults strike here.
    token
        The user's token; any other counts as none.
    throttle
        The scenario's section.
    books
        Where refusals are counted.
    content
        Answers a call, given whether its token is good.
    latency
        Of a call.
    """

    def __init__(
        self,
        family: Literal["archives", "raw"],
        token: str,
        throttle: Throttle,
        books: Books,
        content: Callable[[Arrival, bool], Answer],
        latency: Callable[[Arrival], Latency],
    ) -> None:
        self._family = family
        self._token = token
        self._throttle = HostThrottle(throttle)
        self._books = books
        self._content = content
        self._latency = latency

    def serve(self, arrival: Arrival) -> Outcome:
        """Return what a call comes to."""
        met = arrival.weather(self._latency(arrival), self._family)
        if not self._throttle.admits(arrival.now):
            self._books.refused[f"{self._family}_throttle"] += 1
            return Outcome(refusals.plain(429, "429: Too Many Requests", self._family), met.service)
        if met.fault is not None and met.fault not in BREAKS:
            return Outcome(_faulty(met.fault, self._family), met.service)
        authorized = preconditions.is_authorized(arrival.request.headers, self._token)
        return Outcome(self._content(arrival, authorized), met.service, broken=met.fault)


def _faulty(kind: str, family: str) -> Answer:
    if kind == "html":
        return refusals.html_page()
    status = 429 if kind in REFUSALS else int(kind)
    return refusals.plain(status, f"{status}: Try again later", family)


def archive_host(archives: ArchiveHost, token: str, throttle: Throttle, books: Books) -> FileHost:
    """Return codeload.github.com."""

    def content(arrival: Arrival, authorized: bool) -> Answer:
        section = arrival.scenario.archives
        if not section.enabled:
            return refusals.plain(404, "404: Not Found", "archives")
        return archives.answer(arrival.request, authorized, section.compression)

    return FileHost("archives", token, throttle, books, content, lambda arrival: arrival.scenario.archives.latency)


def raw_file_host(world: World, token: str, throttle: Throttle, books: Books) -> FileHost:
    """Return raw.githubusercontent.com; what was asked for once is near by from then on."""

    def content(arrival: Arrival, authorized: bool) -> Answer:
        if not arrival.scenario.raw.enabled:
            return refusals.plain(404, "404: Not Found", "raw")
        return raw_host.answer(world, arrival.request, authorized)

    def latency(arrival: Arrival) -> Latency:
        return arrival.scenario.latency if arrival.attempt == 1 else arrival.scenario.raw.latency

    return FileHost("raw", token, throttle, books, content, latency)
