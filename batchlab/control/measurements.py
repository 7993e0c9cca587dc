"""What the run's calls have shown: how long each kind takes, idle and now, and how fast archives come."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from batchlab.control.archive_streams import ArchiveStreams
from batchlab.control.pace import INSTANT, Pace

# Seconds of a GraphQL query: fixed, per repository in it, per file beyond the first of a repository. Fitted to
# published medians: 1.75 s at 10 repositories, 3.71 s at 25. Its text comes at some 500 KB/s beside that.
QUERY, REPOSITORY, FURTHER_FILE = 0.25, 0.16, 0.03
TEXT_RATE = 500e3
ARCHIVE_FIRST_BYTE = 0.5  # seconds, a guess
ARCHIVE_SHARE = 0.25  # of a repository's bytes that its compressed archive has
ARCHIVE_RATE = 8e6  # bytes/s of one connection, a guess
REST_SECONDS = 0.2  # of a call for a tree or a file, while none was seen
QUERIES = "graphql"
SINGLE = ("blob", "contents", "tree")
SMALL = (*SINGLE, "tarball")  # calls that nothing but the server's load makes longer; of an archive it is the redirect
SERVER_CLOCK = 10.0  # seconds after which GitHub ends a query
STRETCHED = 2.0  # times as long as idle from which a call that was ended had not been too large
LARGE = 50_000  # bytes from which an answer tells how fast a connection is
CROWDED = 1.6  # times as long: what chance alone does not make of medians


def query_seconds(files: int, repositories: int, size: float = 0.0) -> float:
    """Return the prior for a query of so many files, in so many repositories, with so many bytes together.

    Examples
    --------
    >>> round(query_seconds(10, 10), 2), round(query_seconds(25, 25), 2)
    (1.85, 4.25)
    """
    return QUERY + REPOSITORY * repositories + FURTHER_FILE * (files - repositories) + size / TEXT_RATE


@dataclass(frozen=True, slots=True)
class Load:
    """What one call says of the server's load.

    Parameters
    ----------
    work
        How many calls for a single file take as long as this one would on an idle server.
    slowdown
        How many times as long it took as it would there; None where that cannot be told.
    """

    work: float = 1.0
    slowdown: float | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A call that was sent: its number among those of its kind, and how many were in flight then, itself included.

    None in flight where that is not known.
    """

    number: int
    in_flight: int = 0


class Measurements:
    """What the run's calls have shown so far.

    Parameters
    ----------
    memory
        Archives that a median looks back on.
    recalled
        By kind of call, what an earlier run has learned of the idle server.
    """

    def __init__(self, memory: int = 32, recalled: Mapping[str, float] | None = None) -> None:
        self._paces: dict[str, Pace] = {}
        self._recalled = dict(recalled or {})
        self._last = Pace()
        self._unit = 0.0
        self._archive_rate: deque[float] = deque(maxlen=memory)
        self._archive_first_byte: deque[float] = deque(maxlen=memory)
        self._rate: deque[float] = deque(maxlen=memory)
        self._knee = math.inf
        self.streams = ArchiveStreams()

    def sent(self, kind: str, in_flight: int = 0) -> Sent:
        """Take note that a call is sent; what is returned is told again when it has ended."""
        if kind not in self._paces:
            self._paces[kind] = Pace(self._recalled.get(kind))
        return Sent(self._paces[kind].sent(), in_flight)

    def _heard(self, kind: str) -> Pace | None:
        pace = self._paces.get(kind)
        return pace if pace is not None and pace.heard else None

    def lost(self, kind: str, sent: Sent) -> None:
        """Take note that a call has ended and tells nothing."""
        self._paces[kind].lost(sent.number)

    def rest(
        self, seconds: float, kind: str = "blob", size: int = 0, service: float | None = None, sent: Sent | None = None
    ) -> Load:
        """Take note of a small call, of the bytes that it brought, and of when the first came.

        What an answer takes on the wire says nothing of the server. A call of which nobody has told that it was sent
        is taken to have been sent after all that ended before.
        """
        if size >= LARGE:
            self._rate.append(size / max(INSTANT, seconds))
        if service is not None:
            seconds = service
        idle = self._note(kind, sent, seconds).idle
        return Load(1.0, seconds / idle)

    def query(self, files: int, repositories: int, size: int, seconds: float, sent: Sent | None = None) -> Load:
        """Take note of a call for several files with so many bytes together."""
        prior = query_seconds(files, repositories, size)
        idle = prior * self._note(QUERIES, sent, seconds / prior).idle
        # Work is counted in what the prior says and in one unit, so that rates measured at different times compare.
        self._unit = self._unit or self.idle_rest_seconds
        return Load(prior / self._unit, seconds / idle)

    def _note(self, kind: str, sent: Sent | None, seconds: float) -> Pace:
        sent = sent or self.sent(kind)
        pace = self._last = self._paces[kind]
        # The load that others met a moment ago a new kind meets, too: it is no property of the kind.
        load = max(1.0, sent.in_flight / self._knee) if sent.number < Pace.WINDOW else 1.0
        pace.note(sent.number, seconds, load, sent.in_flight)
        # What a new kind tells of the crowd was told from the knee: that must not go round in a circle.
        if not pace.new:
            self._learn_knee(pace)
        return pace

    def _learn_knee(self, pace: Pace) -> None:
        """Take what a crowd tells; where there is none, as many as go without one are served at once."""
        slowdown = pace.slowdown
        crowded = slowdown >= CROWDED
        if not crowded and self._knee == math.inf:
            return
        served = max(1.0, pace.in_flight / slowdown)
        if served < math.inf:
            self._knee = served if crowded else max(self._knee, served)

    def failed_query(self, files: int, repositories: int, size: int, seconds: float, sent: Sent | None = None) -> Load:
        """Take note of a call for several files that the server ended, and tell whether load was what stretched it."""
        stretched = self.was_stretched(files, repositories, size, seconds)
        idle = query_seconds(files, repositories, size) * self.idle_query_factor
        if stretched and self._heard(QUERIES):
            self.query(files, repositories, size, seconds, sent)
        elif sent is not None:
            self.lost(QUERIES, sent)
        return Load(slowdown=seconds / idle if stretched else None)

    def was_stretched(self, files: int, repositories: int, size: int, seconds: float) -> bool:
        """Return whether a query that the server ended ran into its clock for the load and not for its own size."""
        idle = query_seconds(files, repositories, size) * self.idle_query_factor
        return seconds >= 0.9 * SERVER_CLOCK and seconds >= STRETCHED * idle

    def archive(self, size: int, sent: float, answered: float, now: float) -> None:
        """Take note of an archive of so many bytes, and of when it was sent for, began and ended."""
        self._archive_first_byte.append(answered - sent)
        self._archive_rate.append(max(1, size) / max(INSTANT, now - answered))
        self.streams.came(size, sent, now)

    @property
    def archive_first_byte(self) -> float:
        """Seconds to the first byte of an archive, half a second while none was seen."""
        return median(self._archive_first_byte) if self._archive_first_byte else ARCHIVE_FIRST_BYTE

    @property
    def slowdown(self) -> float:
        """How many times as long calls take now as on an idle server, at least 1."""
        return self._last.slowdown

    @property
    def idle_rest_seconds(self) -> float:
        """Seconds of a call for a single file on an idle server; a tree's while no file was seen, 0.2 before that."""
        return next((pace.idle for pace in map(self._heard, SINGLE) if pace), self._first_guess)

    @property
    def _first_guess(self) -> float:
        return next((self._recalled[kind] for kind in SINGLE if kind in self._recalled), REST_SECONDS)

    @property
    def idle(self) -> dict[str, float]:
        """What this run has learned of the idle server, by kind of call."""
        return {kind: pace.learned for kind, pace in self._paces.items() if not pace.new}

    @property
    def knows_queries(self) -> bool:
        """Whether any query has shown how long it takes."""
        return self._heard(QUERIES) is not None

    @property
    def idle_query_factor(self) -> float:
        """How many times as long queries take on an idle server as the prior says."""
        queries = self._heard(QUERIES)
        return queries.idle if queries else self._recalled.get(QUERIES, 1.0)

    @property
    def rest_seconds(self) -> float:
        """Seconds of a call for a single file now; a tree's while no file was seen, 0.2 before that."""
        return next((pace.present for pace in map(self._heard, SINGLE) if pace), self._first_guess)

    @property
    def query_factor(self) -> float:
        """How many times as long queries take now as the prior says: as the last did, unless others tell of a crowd."""
        queries = self._heard(QUERIES)
        return max(queries.present, queries.idle * self.slowdown) if queries else self._crowd

    @property
    def archive_rate(self) -> float:
        """Bytes per second of an archive's connection; no more than any other had, while none was seen."""
        return (
            median(self._archive_rate) if self._archive_rate else min(ARCHIVE_RATE, max(self._rate, default=math.inf))
        )

    @property
    def connection_rate(self) -> float:
        """Bytes per second of one connection, as large answers came lately.

        While archives are hoped to come quicker than they did, others are, too: on a link that they may share. Infinite
        while there was none, and once the link is what bounds them all.
        """
        return median(self._rate) * self.streams.hope if self._rate and not self.streams.full else math.inf

    @property
    def link_rate(self) -> float:
        """Bytes per second of all connections together, once archives have filled the link; infinite before."""
        return self.streams.capacity if self.streams.full else math.inf

    def stretch(self, in_flight: int, kind: str) -> float:
        """Return how many times as long as now a call of a kind can be expected to take beside so many, at least 1.

        The server is taken to serve as many at once as the last crowd told, or as went without one since; before that,
        as many as have gone at once so far: to expect too little meets a rule of service seconds that nobody announces.
        """
        if self._knee < math.inf:
            return max(1.0, in_flight / self._knee / self.slowdown)
        pace = self._heard(kind)
        return max(1.0, in_flight / pace.in_flight) if pace else 1.0

    def slots(self, limit: int, hoped_for: int) -> float:
        """Return the calls that are served at once under a concurrency limit.

        Of calls that take twice as long for the crowd, half of those in flight are served at once. Before any
        was seen, a run hopes for more than it has.
        """
        hoped = float(max(1, limit, hoped_for))
        if self._knee < math.inf:
            return min(self._knee, hoped)
        crowd = self._crowd
        return hoped if crowd == 1.0 else max(1.0, limit / crowd)

    @property
    def _crowd(self) -> float:
        slowdown = self.slowdown
        return slowdown if slowdown >= CROWDED else 1.0


def archive_seconds(repo_size: int, measured: Measurements, redirect: float) -> float:
    """Return the seconds of an archive of a repository whose files have so many bytes; its redirect takes so many."""
    return measured.archive_first_byte + redirect + ARCHIVE_SHARE * repo_size / measured.archive_rate
