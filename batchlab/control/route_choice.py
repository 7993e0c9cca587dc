"""Predict how long the rest of a run takes by one file a call, by many files a call, or by archive; choose.

Pure arithmetic over what has been measured and what is still wanted. The numbers that GitHub does not publish are
priors, replaced by what the run's own calls show.

References
----------
https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
C. Polychronopoulos, D. Kuck, "Guided Self-Scheduling", https://doi.org/10.1109/TC.1987.5009495
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from batchlab.control.measurements import ARCHIVE_SHARE, Measurements, archive_seconds, query_seconds

ARCHIVE_CALLS = 2  # the redirect and the archive itself
ARCHIVE_POINTS = 1  # of the redirect
HOUR = 3600.0
ALIKE = 1.1  # plans within a tenth of the best are alike; the one with fewest points is taken
INCLINED = 1.1  # times as good as the other way: what has been chosen
WORTHWHILE = 0.1  # of the API's files a second is what archives beside it have to add
WIRE_BOUND = 0.25  # of the API's time on the link, from which archives beside it would take it away
LEAST_SHARE = 0.5  # of a full query: of a smaller one too much is fixed
UNTRIED = 1.25  # times as good as what has been chosen must promise to be what no call of this run has shown


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
        Calls that the run can expect to be served at once.
    archive_slots
        Archives of them that may be read at once.
    rest_rate
        Calls a second that the minute rule leaves to single files; infinite where there is none.
    rest_used, service_used
        Calls and seconds for which the minute's rules have been used within the last minute.
    archives
        Archives that wait to be sent for.
    core, graphql
        What the hourly budgets leave.
    service_share
        Service seconds a second that GraphQL's rule leaves; infinite where there is none.
    files_a_query
        Files that one query carries.
    file_size
        Mean bytes of a file.
    """

    files: int
    repositories: int
    trees: int
    slots: float
    archive_slots: float
    rest_rate: float
    core: Allowance
    graphql: Allowance
    service_share: float
    files_a_query: int
    file_size: float = 0.0
    rest_used: int = 0
    service_used: float = 0.0
    archives: int = 0

    @property
    def spare(self) -> float:
        """Points of the core budget that neither the trees nor the archives that wait will spend before the reset."""
        return self.core.usable - self.trees - self.archives * ARCHIVE_POINTS

    def by_minutes(self, calls: int) -> float:
        """Return the seconds before the minute rule lets so many single calls through."""
        return beyond_a_minute(self.rest_used + calls, self.rest_rate)

    def by_service(self, seconds: float) -> float:
        """Return the seconds before GraphQL's rule lets queries of so many service seconds through."""
        return beyond_a_minute(self.service_used + seconds, self.service_share)


def seconds_by_single_files(outlook: Outlook, measured: Measurements) -> float:
    """Predict the seconds that one file a call needs for everything still wanted."""
    calls = outlook.files + outlook.trees
    busy = _single_seconds(outlook, measured) * max(1.0, outlook.files / outlook.slots)
    return max(busy, _on_the_link(outlook, measured), outlook.by_minutes(calls), outlook.core.wait(calls))


def seconds_by_queries(outlook: Outlook, measured: Measurements) -> float:
    """Predict the seconds that many files a call need for everything still wanted."""
    calls, one = _queries(outlook, measured)
    busy = one * max(1.0, calls / outlook.slots)
    return max(busy, _on_the_link(outlook, measured), outlook.by_service(calls * one), outlook.graphql.wait(calls))


def _seconds_by_calls(outlook: Outlook, measured: Measurements, by_queries: bool) -> float:
    return (seconds_by_queries if by_queries else seconds_by_single_files)(outlook, measured)


def _single_seconds(outlook: Outlook, measured: Measurements) -> float:
    """Return the seconds of a call for a single file on an idle server."""
    return measured.idle_rest_seconds + outlook.file_size / measured.connection_rate


def _on_the_link(outlook: Outlook, measured: Measurements) -> float:
    """Return the seconds that the bytes still wanted take at least, where the link's rate is known."""
    return outlook.files * outlook.file_size / measured.link_rate


def _queries(outlook: Outlook, measured: Measurements) -> tuple[int, float]:
    """Return how many queries it takes, and the seconds of one on an idle server."""
    calls = math.ceil(outlook.files / outlook.files_a_query)
    in_each = min(outlook.files, outlook.files_a_query)
    repositories = max(1, min(in_each, round(outlook.repositories / max(1, calls))))
    return calls, _idle_query_seconds(in_each, repositories, outlook, measured)


def _idle_query_seconds(files: int, repositories: int, outlook: Outlook, measured: Measurements) -> float:
    size = files * outlook.file_size
    served = query_seconds(files, repositories, size) * measured.idle_query_factor
    return served + size / measured.connection_rate


def beyond_a_minute(amount: float, rate: float) -> float:
    """Return the seconds before an amount fits into a rule of so much a second, kept over whole minutes."""
    return max(0.0, math.ceil(amount / (60.0 * rate)) - 1) * 60.0 if rate < math.inf else 0.0


def prefers_queries(outlook: Outlook, measured: Measurements, *, by_queries: bool = True) -> bool:
    """Return whether many files a call are the better plan: as fast within a tenth, since they cost fewer points.

    Parameters
    ----------
    outlook, measured
        What is still wanted, and what was measured.
    by_queries
        What has been chosen so far: who has chosen does not change for a trifle, nor for a mere prior.
    """
    if outlook.files == 0:
        return True
    margin = INCLINED if by_queries else 1.0 / (INCLINED if measured.knows_queries else UNTRIED)
    return seconds_by_queries(outlook, measured) <= ALIKE * margin * seconds_by_single_files(outlook, measured)


def even_share(waiting: int, outlook: Outlook, measured: Measurements) -> float:
    """Return the files that one query carries at most for the last ones to end together: guided self-scheduling.

    Infinite while trees bring more, while archives wait that may be handed over, and where more queries would wait for
    GraphQL's rule or its budget.

    Parameters
    ----------
    waiting
        Files that wait to be sent for.
    outlook, measured
        What is still wanted, and what was measured.
    """
    share = max(math.ceil(waiting / outlook.slots), math.ceil(LEAST_SHARE * outlook.files_a_query))
    if outlook.trees or outlook.archives or share >= outlook.files_a_query:
        return math.inf
    calls, one = _queries(replace(outlook, files_a_query=share), measured)
    is_held_back = outlook.by_service(calls * one) > 0.0 or outlook.graphql.wait(calls) > 0.0
    return math.inf if is_held_back else share


def prefers_archive(
    files: int,
    repo_size: int,
    outlook: Outlook,
    measured: Measurements,
    by_queries: bool,
    *,
    inclined: float = 1.0,
    hopeful: bool = True,
) -> bool:
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
    inclined
        Above 1 speaks for the archive: who has chosen does not change for a trifle.
    hopeful
        Whether archives are taken to come at the rate that is hoped for, not at the best one so far. They are in any
        case where others wait for a minute or a budget meanwhile: to be wrong costs nothing then.
    """
    streams = measured.streams
    archive = _seconds_by_archives(files, repo_size, outlook, measured, streams.capacity) / inclined
    others = _seconds_by_calls(outlook, measured, by_queries)
    budget = outlook.core.wait(outlook.repositories + outlook.trees)
    has_spare = budget == 0.0 or outlook.spare >= ARCHIVE_POINTS
    if has_spare and others < HOUR / 4 and _waits_for_minutes(outlook, measured, by_queries):
        # A minute rule is what is short: an archive spends little of it, and others wait meanwhile anyway.
        return files > ARCHIVE_POINTS and archive <= others
    if budget > 0.0 or others >= HOUR / 4:
        return budget < others and archive <= others
    if not hopeful:
        archive = _seconds_by_archives(files, repo_size, outlook, measured, streams.proven) / inclined
    return archive <= _worth_an_archive(files, outlook, measured, by_queries)


def taken_over_by_api(
    files: int, repo_size: int, outlook: Outlook, measured: Measurements, by_queries: bool, seconds: float
) -> int:
    """Return how many of the archives that wait the API can take over within so many seconds, and be done before them.

    None where a budget or a minute rule is short: an archive spends little of it. Parameters as in `prefers_archive`.
    """
    others = _seconds_by_calls(outlook, measured, by_queries)
    if _points_are_short(others, outlook, measured, by_queries):
        return 0
    one = others * files / outlook.files
    coming = _until_archives_have_come(repo_size, outlook, measured)
    return min(outlook.archives, max(round(seconds / one), 1)) if max(one, seconds) < coming else 0


def _until_archives_have_come(repo_size: int, outlook: Outlook, measured: Measurements) -> float:
    """Return the seconds until the archives that wait have come: through their slots, after the trees, and the link."""
    one = archive_seconds(repo_size, measured, measured.idle_rest_seconds)
    together = ARCHIVE_SHARE * repo_size * outlook.archives / measured.streams.capacity
    return max(outlook.archives * one / outlook.archive_slots, together) + _behind_trees(outlook, measured)


def taken_over_by_archives(
    files: int, repo_size: int, outlook: Outlook, measured: Measurements, by_queries: bool, coming: int
) -> int:
    """Return how many repositories that wait archives can take over from the API, and be done before it.

    None where archives add little, where they would take the link from the API's answers, and where a budget or a
    minute rule is short. Parameters as in `prefers_archive`; ``coming`` are the archives under way.
    """
    at_once = min(measured.streams.limit, int(outlook.archive_slots))
    others = _seconds_by_calls(outlook, measured, by_queries)
    on_the_wire = _on_the_link(outlook, measured) > WIRE_BOUND * others
    if coming >= at_once or on_the_wire or _points_are_short(others, outlook, measured, by_queries):
        return 0
    together = ARCHIVE_SHARE * repo_size * at_once / measured.streams.proven
    seconds = max(archive_seconds(repo_size, measured, measured.idle_rest_seconds), together)
    added = files * at_once / seconds
    is_worthwhile = seconds <= others and added >= WORTHWHILE * outlook.files / others
    return at_once - coming if is_worthwhile else 0


def _points_are_short(seconds: float, outlook: Outlook, measured: Measurements, by_queries: bool) -> bool:
    """Return whether a budget or a minute rule is what calls wait for that take so many seconds."""
    budget = outlook.core.wait(outlook.files + outlook.trees)
    return budget > 0.0 or seconds >= HOUR / 4 or _waits_for_minutes(outlook, measured, by_queries)


def _worth_an_archive(files: int, outlook: Outlook, measured: Measurements, by_queries: bool) -> float:
    """Return the seconds within which an archive has to come to be as good as the other way to these files."""
    one, calls = _single_seconds(outlook, measured), files
    if by_queries:
        one = _idle_query_seconds(min(files, outlook.files_a_query), 1, outlook, measured)
        calls = math.ceil(files / outlook.files_a_query)
    rounds = math.ceil(calls / max(1.0, outlook.slots / max(1, outlook.repositories)))
    alike = ALIKE if calls > ARCHIVE_CALLS else 1.0 / ALIKE
    queueing = rounds * one * _queueing(files, outlook, outlook.slots)
    return alike * max(queueing, _on_the_link(outlook, measured))


def _seconds_by_archives(files: int, repo_size: int, outlook: Outlook, measured: Measurements, rate: float) -> float:
    """Return the seconds until an archive has come, behind those that are like it, through the link that they share."""
    streams, one = measured.streams, archive_seconds(repo_size, measured, measured.idle_rest_seconds)
    together = ARCHIVE_SHARE * repo_size * _alike(files, outlook) / rate
    # Where the link is full, one would come sooner if others did not.
    queueing = 0.0 if streams.full else one * _queueing(files, outlook, outlook.archive_slots)
    come = max(queueing, together) + _behind_trees(outlook, measured)
    return max(come, outlook.by_minutes(outlook.repositories + outlook.trees))


def _behind_trees(outlook: Outlook, measured: Measurements) -> float:
    """Return the seconds for which trees hold the slots that they share with archives, and leave others to the API."""
    return outlook.trees * measured.idle_rest_seconds * max(0.0, 1.0 / outlook.archive_slots - 1.0 / outlook.slots)


def _alike(files: int, outlook: Outlook) -> float:
    """Return how many repositories are like one: where it has many of the files that are wanted, few others can."""
    return min(outlook.repositories, outlook.files / files)


def _queueing(files: int, outlook: Outlook, slots: float) -> float:
    """Return how many times as long a repository takes because those that are like it want the same slots."""
    return max(1.0, _alike(files, outlook) / slots)


def _waits_for_minutes(outlook: Outlook, measured: Measurements, by_queries: bool) -> bool:
    if not by_queries:
        return outlook.by_minutes(outlook.files + outlook.trees) > 0.0
    calls, one = _queries(outlook, measured)
    return outlook.by_service(calls * one) > 0.0
