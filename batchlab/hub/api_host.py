"""api.github.com: what a call to REST or GraphQL meets, in GitHub's order, and the headers of its answer.

First who asks, then the secondary limits, then the hour's budget, and only then the content.
"""

from __future__ import annotations

import gzip
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache

from batchlab.hub import archives, media, preconditions, rate_limit, refusals
from batchlab.hub.admission import Admission
from batchlab.hub.arrival import Arrival, Outcome
from batchlab.hub.books import Books
from batchlab.hub.conditional import is_unchanged
from batchlab.hub.faulty import BREAKS, REFUSALS, faulty
from batchlab.hub.graphql import errors
from batchlab.hub.graphql.api import PATH, Execution, GraphQlApi
from batchlab.hub.limits import PrimaryWindow
from batchlab.hub.messages import Answer, HubRequest
from batchlab.hub.repository_request import DEFAULT_VERSION
from batchlab.hub.rest import RestApi
from batchlab.hub.scenario import Limits

_GATEWAY_TIMEOUT = "504"
_LEAST_COMPRESSED = 256
_VARY = "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With"


class ApiHost:
    """Serves the API.

    Parameters
    ----------
    rest, graphql
        What the world says.
    token
        The user's token.
    limits
        The scenario's section.
    books
        Where spending is counted.
    """

    def __init__(self, rest: RestApi, graphql: GraphQlApi, token: str, limits: Limits, books: Books) -> None:
        self._rest = rest
        self._graphql = graphql
        self._token = token
        self._limits = limits
        self._books = books
        self._admission = Admission(limits, books)
        self._served = 0

    def serve(self, arrival: Arrival) -> Outcome:
        """Return what a call comes to."""
        self._served += 1
        request = arrival.request
        turned_away = preconditions.refusal(request.headers, self._token)
        if turned_away is not None:
            met = arrival.weather(arrival.scenario.latency, "rest")
            return Outcome(turned_away, met.service, self._headers(arrival, None))
        if request.path == PATH and request.method == "POST":
            return self._serve_query(arrival)
        return self._serve_rest(arrival)

    def _serve_rest(self, arrival: Arrival) -> Outcome:
        scenario = arrival.scenario
        met = arrival.weather(scenario.latency, "rest")
        service = met.service * scenario.server.slowdown(arrival.in_flight)
        cap, fault = scenario.latency.cap, met.fault
        if cap is not None and service > cap:
            service, fault = cap, _GATEWAY_TIMEOUT
        authorized = "authorization" in arrival.request.headers
        window = self._admission.window("core" if authorized else "anonymous", arrival.epoch)
        answer = self._refused(arrival, window, service, fault)
        broken = fault if answer is None and fault in BREAKS else None
        if answer is None:
            answer = self._rest_answer(arrival, window, fault, authorized)
        if scenario.network.gzip:
            answer = _compressed(arrival.request, answer)
        return Outcome(answer, service, self._headers(arrival, window), broken)

    def _refused(
        self, arrival: Arrival, window: PrimaryWindow | None, service: float, fault: str | None
    ) -> Answer | None:
        refusal = self._admission.secondary_refusal(arrival, service, "core")
        if refusal is not None:
            return refusal
        if fault in REFUSALS:
            return faulty(fault, arrival.scenario.faults)
        is_free = arrival.request.path == rate_limit.PATH
        if is_free or self._admission.spends(window, arrival.epoch, 1):
            return None
        authorized = "authorization" in arrival.request.headers
        return refusals.primary_limit("user ID 1" if authorized else "127.0.0.1", self._limits.refusal_status)

    def _rest_answer(
        self, arrival: Arrival, window: PrimaryWindow | None, fault: str | None, authorized: bool
    ) -> Answer:
        request = arrival.request
        if request.path == rate_limit.PATH:
            version = request.headers.get("x-github-api-version", DEFAULT_VERSION)
            graphql = self._admission.window("graphql", arrival.epoch) if authorized else None
            return rate_limit.answer(window, graphql, arrival.epoch, version)
        if fault is None or fault in BREAKS:
            answer = self._content(arrival, authorized)
        else:
            answer = faulty(fault, arrival.scenario.faults)
        if answer.free and window is not None:
            window.refund()
        self._books.core_spent += not answer.free
        return answer

    def _content(self, arrival: Arrival, authorized: bool) -> Answer:
        answer = self._rest.answer(arrival.request, authorized)
        if answer.endpoint == archives.REDIRECT:
            section = arrival.scenario.archives
            return replace(answer, free=section.redirect_points == 0) if section.enabled else refusals.not_found()
        if is_unchanged(arrival.request.headers, answer):
            kept = {name: value for name, value in answer.headers.items() if name != "content-type"}
            return Answer(304, b"", kept, answer.endpoint, free=authorized)
        return answer

    def _serve_query(self, arrival: Arrival) -> Outcome:
        scenario, section = arrival.scenario, arrival.scenario.graphql
        if not section.enabled or "authorization" not in arrival.request.headers:
            answer = refusals.not_found() if not section.enabled else errors.unauthenticated()
            return Outcome(answer, arrival.weather(scenario.latency, "rest").service, self._headers(arrival, None))
        found = self._graphql.execution(arrival.request.body, section.most_objects)
        latency = section.latency(found.repositories, found.objects, found.text_length)
        met = arrival.weather(latency, "graphql")
        service = met.service * scenario.server.slowdown(arrival.in_flight)
        fault = met.fault
        if section.cap is not None and service > section.cap:
            service, fault = section.cap, "timeout"
        window = self._admission.window("graphql", arrival.epoch)
        answer, broken = self._query_answer(arrival, found, window, service, fault)
        if scenario.network.gzip:
            answer = _compressed(arrival.request, answer)
        return Outcome(answer, service, self._headers(arrival, window), broken)

    def _query_answer(
        self, arrival: Arrival, found: Execution, window: PrimaryWindow | None, service: float, fault: str | None
    ) -> tuple[Answer, str | None]:
        """Return the answer to a query, and how its connection breaks."""
        refusal = self._admission.secondary_refusal(arrival, service, "graphql")
        if refusal is None and fault in REFUSALS:
            refusal = faulty(fault, arrival.scenario.faults)
        if refusal is not None:
            return replace(refusal, endpoint=errors.ENDPOINT), None
        points = found.cost.points + (arrival.scenario.graphql.timeout_points if fault == "timeout" else 0)
        if not self._admission.spends(window, arrival.epoch, points):
            return errors.rate_limited(), None
        self._books.graphql_spent += points
        if fault in ("timeout", "502"):
            return errors.something_went_wrong(_request_id(self._served)), None
        if fault is not None and fault not in BREAKS:
            return replace(faulty(fault, arrival.scenario.faults), endpoint=errors.ENDPOINT), None
        told = rate_limit.graphql_fields(window, found.cost.points, found.cost.nodes) if window else None
        return found.answer(told), fault

    def _headers(self, arrival: Arrival, window: PrimaryWindow | None) -> dict[str, str]:
        request = arrival.request
        access = "private" if "authorization" in request.headers else "public"
        told = {
            "server": "github.com",
            "date": _http_date(int(arrival.epoch)),
            "cache-control": f"{access}, max-age=60, s-maxage=60",
            "vary": _VARY,
            "x-github-request-id": _request_id(self._served),
            **rate_limit.headers(window),
        }
        if request.path == PATH:
            told["x-github-media-type"] = "github.v4; format=json"
        else:
            told["x-github-media-type"] = media.described(request.headers.get("accept", ""))
            told["x-github-api-version-selected"] = request.headers.get("x-github-api-version", DEFAULT_VERSION)
        return told


def _compressed(request: HubRequest, answer: Answer) -> Answer:
    """Return an answer compressed, if it is JSON worth it and the client accepts it; its ETag becomes weak."""
    accepted = "gzip" in request.headers.get("accept-encoding", "")
    if not accepted or len(answer.body) < _LEAST_COMPRESSED or not media.is_json(answer.headers):
        return answer
    headers = {**answer.headers, "content-encoding": "gzip"}
    if "etag" in headers:
        headers["etag"] = f"W/{headers['etag']}"
    return replace(answer, body=_gzip(answer.body), headers=headers)


@lru_cache(maxsize=16)
def _http_date(epoch: int) -> str:
    return formatdate(epoch, usegmt=True)


@lru_cache(maxsize=512)
def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def _request_id(number: int) -> str:
    return f"{number >> 16 & 0xFFFF:04X}:{number & 0xFFFF:04X}:{number:06X}:{number * 31:06X}:{number * 37:08X}"
