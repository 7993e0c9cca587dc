"""Make one call of a batch: send it, follow redirects, tell the governor, write it down, raise what it stands for."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass

from batchlab import clock
from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig
from batchlab.control.budget import RateLimitHeaders
from batchlab.control.circuit_breaker import BreakerChange
from batchlab.control.concurrency import Completion
from batchlab.control.measurements import SMALL, Load, Measurements, Sent
from batchlab.control.trace import Trace
from batchlab.engine.governor import Governor
from batchlab.engine.limit_in_force import LimitInForce
from batchlab.engine.work_queue import Entry
from batchlab.errors import BatchLabError, NetworkError, RateLimitError, ServerError, category_of
from batchlab.frames.records import BatchRecord, CallRecord
from batchlab.github_api import ApiRequest, Reply, Sink, cost_of
from batchlab.github_connection import MOST_REDIRECTS

ARCHIVE = "archive"


@dataclass(slots=True)
class _Call:
    """One HTTP exchange: what is asked, its record, the seconds expected, whether the API's load shows in it.

    What it was ``sent`` as is told to `Measurements` again when it has ended.
    """

    request: ApiRequest
    record: CallRecord
    expected: float
    tells_load: bool
    sent: Sent


class Caller:
    """Makes the calls of batches that hold a slot.

    Parameters
    ----------
    client, config, governor, trace
        What sends a call, the live settings, what keeps the limits, and where calls are written.
    measured
        Where the times of calls are noted.
    limit
        What is told of each call that tells of the API's load, once it has ended.
    moved
        Called when a call goes on with another host; returns whether it counts no longer against the API's limit.
    """

    def __init__(
        self,
        client: AsyncGitHubClient,
        config: BatchConfig,
        governor: Governor,
        trace: Trace,
        measured: Measurements,
        limit: LimitInForce,
        moved: Callable[[Entry], bool],
    ) -> None:
        self._client, self._config, self._governor, self._trace = client, config, governor, trace
        self._measured, self._limit, self._moved = measured, limit, moved

    async def send(self, entry: Entry, batch: BatchRecord, request: ApiRequest, sink: Sink | None = None) -> Reply:
        """Return the answer to a call that a batch wants; see `batchlab.routes.Send`.

        Raises
        ------
        BatchLabError
            What the answer, or its absence, stands for.
        """
        for redirects in range(MOST_REDIRECTS + 1):
            if redirects:
                self._governor.sent(request.pool, request.points, clock.now(), clock.epoch())
            expected = 0.0 if redirects else entry.expected
            tells_load = request.endpoint != ARCHIVE or not self._moved(entry)
            sent = self._measured.sent(request.endpoint, entry.in_flight)
            call = _Call(request, _new_call(entry, batch, request), expected, tells_load, sent)
            reply = await self._exchange(call, sink)
            target = self._client.follow(request, reply)
            if target is None:
                return reply
            request = target
        raise NetworkError(f"{request.endpoint}: more than {MOST_REDIRECTS} redirects")

    async def _exchange(self, call: _Call, sink: Sink | None) -> Reply:
        self._trace.call(call.record)
        try:
            reply = await self._client.exchange(call.request, self._config.request_timeout, sink)
        except BaseException as error:
            self._unanswered(call, error)
            raise
        refusal = self._client.error_of(call.request, reply)
        self._answered(call, reply, refusal)
        if refusal is not None:
            raise refusal
        return reply

    def _unanswered(self, call: _Call, error: BaseException) -> None:
        request = call.request
        self._governor.lost(request.pool, request.points)
        if isinstance(error, NetworkError):
            self.connection(self._governor.heard(request.pool, error, request.files, clock.now()))
        self._ended(call, "cancelled" if isinstance(error, asyncio.CancelledError) else "failed", error)

    def _answered(self, call: _Call, reply: Reply, refusal: BatchLabError | None) -> None:
        request, record, now = call.request, call.record, clock.now()
        record.points = cost_of(request, reply, refusal)
        record.status, record.bytes = reply.status, len(reply.body) + reply.streamed
        record.answered = reply.began
        told = RateLimitHeaders.parse(reply.headers)
        if told is not None:
            record.budget, record.left = told.limit, told.remaining
            record.reset = now + told.reset - clock.epoch()
        self._governor.answered(request.pool, request.points, record.points, told)
        self.connection(self._governor.heard(request.pool, refusal, request.files, now))
        if refusal is None:
            self._governor.succeeded(request.pool, record.sent, record.in_flight)
            self._ended(call, "not_modified" if reply.status == 304 else "ok", None)
        elif isinstance(refusal, RateLimitError):
            refusal.pool = request.pool
            self._ended(call, "limited", refusal)
        else:
            self._ended(call, "failed", refusal)

    def _ended(self, call: _Call, outcome: str, error: BaseException | None) -> None:
        record = call.record
        record.finished, record.outcome = clock.now(), outcome
        record.error = None if error is None else f"{category_of(error).value}: {error}"
        served = record.finished if math.isnan(record.answered) else record.answered
        self._governor.ended(record.pool, record.sent, served, expected=call.expected)
        self._trace.call_ended(record)
        load = self._measure(call, error, served - record.sent)
        if not call.tells_load:
            return
        good, limiter = outcome in ("ok", "not_modified"), self._limit.limiter
        refused = isinstance(error, RateLimitError) and error.kind != "primary"
        self._limit.completed(
            Completion(
                record.sent, record.finished, good, limiter.is_reached, load.work, load.slowdown,
                record.in_flight, limiter.of_api - 1, refused=refused,
            )
        )  # fmt: skip

    def _measure(self, call: _Call, error: BaseException | None, service: float) -> Load:
        request, record, sent = call.request, call.record, call.sent
        seconds = record.finished - record.sent
        if request.endpoint == "graphql" and isinstance(error, ServerError):
            return self._measured.failed_query(*_measure_of(request), seconds, sent)
        if record.outcome != "ok":
            self._measured.lost(request.endpoint, sent)
            return Load()
        if request.endpoint == "graphql":
            return self._measured.query(*_measure_of(request), service, sent)
        if request.endpoint == ARCHIVE:
            self._measured.archive(request.expected_bytes, record.sent, record.answered, record.finished)
        if request.endpoint not in SMALL:
            return Load()
        return self._measured.rest(seconds, request.endpoint, record.bytes, service, sent)

    def connection(self, change: BreakerChange | None) -> None:
        """Write down what a circuit breaker has decided, if anything."""
        if change is not None:
            self._trace.decide(
                clock.now(), "governor", "circuit breaker", change.old.value, change.state.value, change.why
            )


def _measure_of(request: ApiRequest) -> tuple[int, int, int]:
    return request.files, request.repositories, request.expected_bytes


def _new_call(entry: Entry, batch: BatchRecord, request: ApiRequest) -> CallRecord:
    return CallRecord(
        -1, batch.batch, request.repo, request.endpoint, request.pool, request.files, entry.attempt,
        clock.now(), entry.in_flight, entry.limit,
    )  # fmt: skip
