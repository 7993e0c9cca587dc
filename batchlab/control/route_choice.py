"""Predict how long the rest of a run takes by one file a call, by many files a call, or by archive; choose.

Pure arithmetic over what has been measured and what is still wanted. The numbers that GitHub does not publish are
priors, replaced by what the run's own calls show.

References
----------
https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from statistics import median

# Seconds of a GraphQL query: fixed, per repository in it, per file beyond the first of a repository. Fitted to
# published medians: 1.75 s at 10 repositories, 3.71 s at 25.
QUERY, REPOSITORY, FURTHER_FILE = 0.25, 0.16, 0.035
ARCHIVE_FIRST_BYTE = 0.5  # seconds, a guess
ARCHIVE_SHARE = 0.25  # of a repository's bytes that its compressed archive has
ARCHIVE_RATE = 8e6  # bytes/s of one connection, a guess
ARCHIVE_CALLS = 2  # the redirect and the archive itself
HOUR = 3600.0
ALIKE = 1.1  # plans within a tenth of the best are alike; the one with fewest points is taken


@dataclass
class Measurements:
    """What the run's calls have shown so far.

    Parameters
    ----------
    memory
        Calls that a median looks back on.
    """

    memory: int = 32
    _rest: deque[float] = field(init=False)
    _query_factor: deque[float] = field(init=False)
    _archive_rate: deque[float] = field(init=False)

    def __post_init__(self) -> None:
        self._rest = deque(maxlen=self.memory)
        self._query_factor = deque(maxlen=self.memory)
        self._archive_rate = deque(maxlen=self.memory)

    def rest(self, seconds: float) -> None:
        """Take note of a call for a tree or a single file."""
        self._rest.append(seconds)

    def query(self, files: int, repositories: int, seconds: float) -> None:
        """Take note of a call for several files."""
        self._query_factor.append(seconds / query_seconds(files, repositories))

    def archive(self, repo_size: int, seconds: float) -> None:
        """Take note of an archive of a repository whose files have so many bytes."""
        self._archive_rate.append(ARCHIVE_SHARE * repo_size / max(0.1, seconds - ARCHIVE_FIRST_BYTE))

    @property
    def rest_seconds(self) -> float:
        """Median seconds of a REST call; 0.2 while none was seen."""
        return median(self._rest) if self._rest else 0.2

    @property
    def query_factor(self) -> float:
        """How many times as long queries take as the prior says."""
        return median(self._query_factor) if self._query_factor else 1.0

    @property
    def archive_rate(self) -> float:
        """Bytes per second of an archive's connection."""
        return median(self._archive_rate) if self._archive_rate else ARCHIVE_RATE


def query_seconds(files: int, repositories: int) -> float:
    """Return the prior for a query of so many files in so many repositories.

    Examples
    --------
    >>> round(query_seconds(10, 10), 2), round(query_seconds(25, 25), 2)
    (1.85, 4.25)
    """
    return QUERY + REPOSITORY * repositories + FURTHER_FILE * (files - repositories)


def archive_seconds(repo_size: int, measured: Measurements) -> float:
    """Return the seconds of the redirect and the archive of a repository whose files have so many bytes."""
    return ARCHIVE_FIRST_BYTE + measured.rest_seconds + ARCHIVE_SHARE * repo_size / measured.archive_rate


@dataclass(frozen=True)
class Allowance:
    """What one hourly budget leaves to the run.

    Parameters
    ----------
    usable
        Points until the reset; infinite while unknown.
    seconds_to_reset
        Seconds until then.
    window
        Points that each later hour leaves; infinite while unknown.
    """

    usable: float = math.inf
    seconds_to_reset: float = 0.0
    window: float = math.inf

    def wait(self, points: float) -> float:
        """Return the seconds before so many points can have been spent.

        Examples
        --------
        >>> Allowance(10, 100.0, 50).wait(10), Allowance(10, 100.0, 50).wait(70)
        (0.0, 3700.0)
        """
        if points <= self.usable:
            return 0.0
        return self.seconds_to_reset + (math.ceil((points - self.usable) / self.window) - 1) * HOUR


@dataclass(frozen=True)
class Outlook:
    """What is still wanted, and what may be sent for it.

    Parameters
    ----------
    files, repositories
        Still wanted, with a guess for trees that were not read yet.
    trees
        Trees not read yet.
    slots
        Calls in flight that the run can expect to have.
    archive_slots
        Archives of them that may be read at once.
    rest_rate
        Calls a second that the minute rule leaves to single files; infinite where there is none.
    core, graphql
        What the hourly budgets leave.
    service_share
        Service seconds a second that GraphQL's rule leaves; infinite where there is none.
    files_a_query
        Files that one query carries.
    """

    files: int
    repositories: int
    trees: int
    slots: int
    archive_slots: int
    rest_rate: float
    core: Allowance
    graphql: Allowance
    service_share: float
    files_a_query: int


def seconds_by_single_files(outlook: Outlook, measured: Measurements) -> float:
    """Predict the seconds that one file a call needs for everything still wanted."""
    rounds = math.ceil(outlook.files / outlook.slots)
    minutes = beyond_a_minute(outlook.files + outlook.trees, outlook.rest_rate)
    return max(rounds * measured.rest_seconds, minutes, outlook.core.wait(outlook.files + outlook.trees))


def seconds_by_queries(outlook: Outlook, measured: Measurements) -> float:
    """Predict the seconds that many files a call need for everything still wanted."""
    calls, one, rounds = _queries(outlook, measured)
    minutes = beyond_a_minute(calls * one, outlook.service_share)
    return max(rounds * one, minutes, outlook.graphql.wait(calls))


def _queries(outlook: Outlook, measured: Measurements) -> tuple[int, float, int]:
    """Return how many queries it takes, the seconds of one, and how many follow one another."""
    calls = math.ceil(outlook.files / outlook.files_a_query)
    in_each = min(outlook.files, outlook.files_a_query)
    repositories = max(1, min(in_each, round(outlook.repositories / max(1, calls))))
    one = query_seconds(in_each, repositories) * measured.query_factor
    return calls, one, math.ceil(calls / outlook.slots)


def beyond_a_minute(amount: float, rate: float) -> float:
    """Return the seconds before an amount fits into a rule of so much a second, kept over whole minutes."""
    return max(0.0, math.ceil(amount / (60.0 * rate)) - 1) * 60.0 if rate < math.inf else 0.0


def prefers_queries(outlook: Outlook, measured: Measurements) -> bool:
    """Return whether many files a call are the better plan: as fast within a tenth, since they cost fewer points."""
    if outlook.files == 0:
        return True
    return seconds_by_queries(outlook, measured) <= ALIKE * seconds_by_single_files(outlook, measured)


def prefers_archive(files: int, repo_size: int, outlook: Outlook, measured: Measurements, by_queries: bool) -> bool:
    """Return whether a whole archive is the better way to these files of one repository.

    Parameters
    ----------
    files
        Files wanted there, at least 1.
    repo_size
        Bytes of all its files.
    outlook, measured
        What is still wanted, and what was measured.
    by_queries
        Whether the files would otherwise travel many a call.
    """
    archive = archive_seconds(repo_size, measured) * _queueing(outlook, outlook.archive_slots)
    others = (seconds_by_queries if by_queries else seconds_by_single_files)(outlook, measured)
    budget = outlook.core.wait(outlook.repositories + outlook.trees)
    if budget > 0.0 or others >= HOUR / 4:
        return budget < others and archive <= others
    if _waits_for_minutes(outlook, measured, by_queries):
        # A minute rule is what is short: an archive spends little of it, and others wait meanwhile anyway.
        return files > ARCHIVE_CALLS and archive <= others
    slots = max(1, outlook.slots // max(1, outlook.repositories))
    calls = math.ceil(files / outlook.files_a_query) if by_queries else files
    one = query_seconds(min(files, outlook.files_a_query), 1) * measured.query_factor
    seconds = math.ceil(calls / slots) * (one if by_queries else measured.rest_seconds)
    return calls > ARCHIVE_CALLS and archive <= ALIKE * seconds * _queueing(outlook, outlook.slots)


def _queueing(outlook: Outlook, slots: int) -> float:
    """Return how many times as long a repository takes because others want the same slots."""
    return max(1.0, outlook.repositories / slots)


def _waits_for_minutes(outlook: Outlook, measured: Measurements, by_queries: bool) -> bool:
    if not by_queries:
        return beyond_a_minute(outlook.files + outlook.trees, outlook.rest_rate) > 0.0
    calls, one, _ = _queries(outlook, measured)
    return beyond_a_minute(calls * one, outlook.service_share) > 0.0
