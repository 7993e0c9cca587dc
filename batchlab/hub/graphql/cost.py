"""What a query costs before it runs: points for the requests that fill its connections, and its nodes.

References
----------
https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, value_from_ast_untyped

from batchlab.hub.graphql.document import Document

LARGEST_PAGE = 100
MOST_NODES = 500_000
REQUESTS_A_POINT = 100
_CONNECTIONS = frozenset({"repositories", "refs"})


class CostError(Exception):
    """A query that GitHub will not begin; `kind` is GitHub's type of the error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Cost:
    """Points that a query takes off the hour's budget, and the nodes that it may return."""

    points: int = 1
    nodes: int = 0


def cost_of(document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Cost:
    """Return the cost of an operation.

    Every connection counts one request for each parent that it is asked of, as if every page were full. A
    hundred requests make a point, and a query costs one at least.

    Raises
    ------
    CostError
        A connection asks for no page or for more than 100 nodes, or the query for more than 500,000.
    """
    requests = nodes = 0
    pending = [(field, 1) for field in document.fields(operation.selection_set)]
    while pending:
        field, parents = pending.pop()
        if field.name.value in _CONNECTIONS:
            requests += parents
            parents *= _page(field, variables)
            nodes += parents
        pending += [(below, parents) for below in document.fields(field.selection_set)]
    if nodes > MOST_NODES:
        told = f"This query requests up to {nodes:,} possible nodes which exceeds the maximum limit of {MOST_NODES:,}."
        raise CostError("MAX_NODE_LIMIT_EXCEEDED", told)
    return Cost(max(1, round(requests / REQUESTS_A_POINT)), nodes)


def _page(field: FieldNode, variables: Mapping[str, Any]) -> int:
    name = field.name.value
    given = {one.name.value: value_from_ast_untyped(one.value, dict(variables)) for one in field.arguments or ()}
    bound = next((bound for bound in ("first", "last") if isinstance(given.get(bound), int)), None)
    if bound is None:
        message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise CostError("MISSING_PAGINATION_BOUNDARIES", message)
    size = int(given[bound])
    if size > LARGEST_PAGE:
        message = f"Requesting {size} records on the `{name}` connection exceeds the `{bound}` limit of 100 records."
        raise CostError("EXCESSIVE_PAGINATION", message)
    if size < 1:
        raise CostError("INSUFFICIENT_PAGINATION", f"`{bound}` on the `{name}` connection cannot be less than 1.")
    return size
