"""The embedded GitHub: a world behind limits, weather and a wire.

It is told the time and tells how long things take; it never waits, and it knows no loop, thread or socket.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache

from batchlab.hub import media, preconditions, rate_limit, refusals
from batchlab.hub.books import Books, Call
from batchlab.hub.conditional import is_unchanged
from batchlab.hub.limits import HOUR, PrimaryWindow, SecondaryLimits
from batchlab.hub.link import Link
from batchlab.hub.messages import Answer, HubRequest, HubResponse
from batchlab.hub.repository_request import DEFAULT_VERSION
from batchlab.hub.rest import GITHUB_API, RestApi
from batchlab.hub.scenario import Scenario, Server
from batchlab.hub.weather import weather
from batchlab.hub.world import World

DEFAULT_TOKEN = "embedded-github"
_READ_POINTS = 1
_GATEWAY_TIMEOUT = 504
_VARY = "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With"


@dataclass(slots=True)
class Exchange:
    """One call under way.

    Parameters
    ----------
    response
        What will be sent.
    service_time
        Seconds from arrival to the first byte.
    is_reset
        Whether the connection breaks then, and nothing is sent.
    call
        The call's line in the books.
    """

    response: HubResponse
    service_time: float
    is_reset: bool
    call: Call


class EmbeddedGitHub:
    """A GitHub with one user.

    Parameters
    ----------
    world
        The repositories.
    scenario
        The conditions.
    token
        The user's token.
    root
        Address under which it is reached.
    keep_log
        Whether the books keep every call.
    """

    def __init__(
        self,
        world: World,
        scenario: Scenario,
        token: str = DEFAULT_TOKEN,
        *,
        root: str = GITHUB_API,
        keep_log: bool = False,
    ) -> None:
        self._api = RestApi(world, root)
        self._token = token
        self._begin(scenario, keep_log)

    def _begin(self, scenario: Scenario, keep_log: bool) -> None:
        self.scenario = scenario
        self.books = Books(keep_log)
        self._seen: Counter[str] = Counter()
        self._secondary = SecondaryLimits(scenario.limits)
        self._link = Link(scenario.network)
        self._windows: dict[bool, PrimaryWindow] = {}
        self._served = 0

    def renewed(self, seed: int | None = None) -> EmbeddedGitHub:
        """Return one with the same world and conditions and no past; answers already encoded are shared."""
        renewed = object.__new__(EmbeddedGitHub)
        renewed._api, renewed._token = self._api, self._token
        scenario = self.scenario if seed is None else self.scenario.with_seed(seed)
        renewed._begin(scenario, self.books.keep_log)
        return renewed

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
            To be handed to `transfer_time` at its first byte, and to `depart` in any case.
        """
        in_flight = self.books.arrive()
        target = f"{request.path}?{request.query}" if request.query else request.path
        identity = f"{request.method} {target}"
        self._seen[identity] += 1
        scenario = self.scenario
        met = weather(scenario.latency, scenario.faults, scenario.seed, identity, self._seen[identity])
        service = met.service * slowdown(scenario.server, in_flight)
        cap = scenario.latency.cap or math.inf
        trouble = str(_GATEWAY_TIMEOUT) if service > cap else met.fault
        service = min(service, cap)
        answer, window, is_reset = self._judge(request, now, epoch, in_flight, service, trouble)
        call = self._book(answer, target, now, in_flight, is_reset)
        return Exchange(self._respond(request, answer, window, epoch), service, is_reset, call)

    def transfer_time(self, exchange: Exchange, now: float) -> float:
        """Put the response on the wire at its first byte; return the seconds until its last."""
        size = len(exchange.response.body)
        self.books.bytes_sent += size
        return self._link.send(now, size)

    def depart(self, exchange: Exchange, now: float) -> None:
        """Count a call out; a second time changes nothing."""
        if exchange.call.finished is None:
            exchange.call.finished = now
            self.books.depart()

    def _judge(
        self,
        request: HubRequest,
        now: float,
        epoch: float,
        in_flight: int,
        service: float,
        trouble: str | None,
    ) -> tuple[Answer, PrimaryWindow | None, bool]:
        """Return the answer, the window that its headers tell of, and whether the connection breaks."""
        headers = request.headers
        turned_away = preconditions.refusal(headers, self._token)
        if turned_away:
            return turned_away, None, False
        authorized = "authorization" in headers
        window = self._window(authorized, epoch)
        refusal = self._secondary.admit(now, in_flight, _READ_POINTS, service)
        if refusal:
            self.books.refused[refusal.rule] += 1
            told = math.ceil(refusal.wait) if self.scenario.limits.retry_after else None
            return refusals.secondary_limit(told), window, False
        self.books.points += _READ_POINTS
        if request.path == rate_limit.PATH:
            version = headers.get("x-github-api-version", DEFAULT_VERSION)
            return rate_limit.answer(window, epoch, version), window, False
        if window is not None and not window.spend(epoch):
            self.books.refused["primary"] += 1
            return refusals.primary_limit("user ID 1" if authorized else "127.0.0.1"), window, False
        answer = self._answer(request, authorized, trouble)
        if answer.free and window is not None:
            window.refund()
        self.books.core_spent += not answer.free
        return answer, window, trouble == "reset"

    def _answer(self, request: HubRequest, authorized: bool, trouble: str | None) -> Answer:
        if trouble not in (None, "reset"):
            return refusals.server_error(int(trouble))
        answer = self._api.answer(request, authorized)
        if is_unchanged(request.headers, answer):
            kept = {name: value for name, value in answer.headers.items() if name != "content-type"}
            return Answer(304, b"", kept, answer.endpoint, free=authorized)
        return answer

    def _window(self, authorized: bool, epoch: float) -> PrimaryWindow | None:
        limits = self.scenario.limits
        if limits.core is None:
            return None
        if authorized not in self._windows:
            self._windows[authorized] = (
                PrimaryWindow(limits.core, epoch, limits.remaining, limits.reset_in)
                if authorized
                else PrimaryWindow(limits.anonymous, epoch, None, HOUR)
            )
        window = self._windows[authorized]
        window.roll(epoch)
        return window

    def _book(self, answer: Answer, target: str, now: float, in_flight: int, is_reset: bool) -> Call:
        status = 0 if is_reset else answer.status
        call = Call(answer.endpoint, target, now, in_flight, status)
        self.books.calls[answer.endpoint, status] += 1
        if self.books.keep_log:
            self.books.log.append(call)
        return call

    def _respond(self, request: HubRequest, answer: Answer, window: PrimaryWindow | None, epoch: float) -> HubResponse:
        self._served += 1
        access = "private" if "authorization" in request.headers else "public"
        headers = {
            "server": "github.com",
            "date": _http_date(int(epoch)),
            "cache-control": f"{access}, max-age=60, s-maxage=60",
            "vary": _VARY,
            "x-github-media-type": media.described(request.headers.get("accept", "")),
            "x-github-api-version-selected": request.headers.get("x-github-api-version", DEFAULT_VERSION),
            "x-github-request-id": _request_id(self._served),
            **answer.headers,
            **rate_limit.headers(window),
        }
        if answer.status != 304:
            headers["content-length"] = str(len(answer.body))
        return HubResponse(answer.status, headers, b"" if request.method == "HEAD" else answer.body)


def slowdown(server: Server, in_flight: int) -> float:
    """Return how many times longer service takes with so many calls in flight.

    Examples
    --------
    >>> slowdown(Server(knee=10), 5), slowdown(Server(knee=10), 30), slowdown(Server(knee=10, kappa=0.1), 30)
    (1.0, 3.0, 9.0)
    """
    if server.knee is None or in_flight <= server.knee:
        return 1.0
    return in_flight / server.knee * (1.0 + server.kappa * (in_flight - server.knee))


@lru_cache(maxsize=16)
def _http_date(epoch: int) -> str:
    return formatdate(epoch, usegmt=True)


def _request_id(number: int) -> str:
    return f"{number >> 16 & 0xFFFF:04X}:{number & 0xFFFF:04X}:{number:06X}:{number * 31:06X}:{number * 37:08X}"
