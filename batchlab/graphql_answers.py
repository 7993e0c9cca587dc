"""What GraphQL's answers say beside the data asked for: what they cost, and errors, which come with status 200.

References
----------
https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from batchlab.control.rate_limits import recognise
from batchlab.errors import BatchLabError, GitHubError, RateLimitError, RepositoryAccessError, ServerError

BUDGET = "rateLimit"  # the field of a query that tells of the budget
_LIMITED = frozenset({"RATE_LIMITED", "GRAPHQL_RATE_LIMIT"})
_LIMITED_WORDS = ("API rate limit", "You have exceeded a secondary rate limit")
_TOO_MUCH = frozenset({"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"})
_TOO_MUCH_WORDS = ("Something went wrong while executing your query", "Timeout on validation", "Resource limits for")
_LONGEST_MESSAGE = 300


class Problem(NamedTuple):
    """One of an answer's errors: its type in capitals, what it says, and the aliases it is about."""

    kind: str
    message: str
    path: tuple[str, ...]

    def about(self, *path: str) -> bool:
        """Return whether it concerns what is at ``path``: the place itself, what holds it, or something in it."""
        return self.path[: len(path)] == path[: len(self.path)]

    @property
    def is_limit(self) -> bool:
        """Whether it says that a rate limit was met."""
        return not self.path and (self.kind in _LIMITED or self.message.startswith(_LIMITED_WORDS))

    @property
    def error(self) -> BatchLabError | None:
        """The error that it stands for; None where another API may know better."""
        if self.kind == "FORBIDDEN":
            return RepositoryAccessError(f"GraphQL allows no access: {self.message}", status=200)
        if self.kind in _TOO_MUCH or self.message.startswith(_TOO_MUCH_WORDS):
            return ServerError(f"the query was too much for the server: {self.message}", status=200)
        return None


def problems(document: Any) -> list[Problem]:
    """Return the errors that an answer lists; what is no error is left out."""
    errors = document.get("errors") if isinstance(document, dict) else None
    return [_problem(error) for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _problem(error: Mapping[str, Any]) -> Problem:
    extensions = error.get("extensions")
    kinds = [error.get("type"), error.get("code"), extensions.get("code") if isinstance(extensions, dict) else None]
    kind = next((kind for kind in kinds if isinstance(kind, str)), "")
    path = error.get("path")
    place = tuple(map(str, path)) if isinstance(path, list) else ()
    return Problem(kind.upper(), str(error.get("message", ""))[:_LONGEST_MESSAGE], place)


def data_of(document: Any) -> Mapping[str, Any]:
    """Return an answer's data; empty where it has none."""
    data = document.get("data") if isinstance(document, dict) else None
    return data if isinstance(data, dict) else {}


def own_cost(document: Any) -> int | None:
    """Return the points that an answer says it cost, None where it does not say."""
    budget = data_of(document).get(BUDGET)
    cost = budget.get("cost") if isinstance(budget, dict) else None
    return cost if type(cost) is int and cost >= 0 else None


def refusal(document: Any, headers: Mapping[str, str], epoch: float) -> BatchLabError | None:
    """Return the error that a whole answer stands for, None where it has data, or speaks of each repository.

    Parameters
    ----------
    document
        The answer's JSON, of any shape.
    headers
        The answer's headers, keys in lower case or case-insensitive.
    epoch
        UTC epoch seconds now, to turn dates into seconds.
    """
    found = problems(document)
    limit = next((problem for problem in found if problem.is_limit), None)
    if limit is not None:
        return _limit(limit, headers, epoch)
    if _has_objects(document):
        return None
    errors = [error for error in (problem.error for problem in found) if error is not None]
    too_much = [error for error in errors if isinstance(error, ServerError)]
    if too_much or not data_of(document):
        return next(iter(too_much or errors), None) or _unusable(found)
    return None


def _has_objects(document: Any) -> bool:
    repositories = (value for name, value in data_of(document).items() if name != BUDGET)
    return any(isinstance(repository, dict) and any(repository.values()) for repository in repositories)


def _limit(problem: Problem, headers: Mapping[str, str], epoch: float) -> RateLimitError | None:
    # GraphQL says with 200 what REST says with 429.
    error = recognise(429, headers, problem.message, epoch)
    if error is not None:
        error.status = 200
    return error


def _unusable(found: list[Problem]) -> GitHubError:
    if found:
        return GitHubError(f"GraphQL refused the query: {found[0].message}", status=200)
    return ServerError("GraphQL answered without data", status=200)
