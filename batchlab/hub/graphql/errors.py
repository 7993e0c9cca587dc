"""GitHub's GraphQL errors: an HTTP answer with a list, each entry with a type, a path and a message.

References
----------
https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from batchlab.hub import media, refusals, rest_bodies
from batchlab.hub.messages import Answer

ENDPOINT = "graphql"
DOCS = "https://docs.github.com/graphql"


class QueryError(Exception):
    """A field that GitHub refuses: it becomes null and the rest of the query is answered.

    Parameters
    ----------
    kind
        GitHub's type: ``"NOT_FOUND"``, ``"FORBIDDEN"``, ...
    message
        GitHub's words.
    extensions
        More, for some types.
    """

    def __init__(self, kind: str, message: str, **extensions: Any) -> None:
        super().__init__(message)
        self.kind = kind
        self.extensions = extensions


def no_repository(full_name: str) -> QueryError:
    """Return the error of a repository that is missing, or not visible to the caller."""
    return QueryError("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")


def no_node(number: str) -> QueryError:
    """Return the error of an id that stands for nothing."""
    return QueryError("NOT_FOUND", f"Could not resolve to a node with the global id of '{number}'")


def no_owner(login: str, kind: str) -> QueryError:
    """Return the error of an owner that does not exist."""
    return QueryError("NOT_FOUND", f"Could not resolve to {kind} with the login of '{login}'.")


def single_sign_on() -> QueryError:
    """Return the error of an organisation that asks for a SAML session."""
    message = (
        "Resource protected by organization SAML enforcement. You must grant your Personal Access token access "
        "to this organization."
    )
    return QueryError("FORBIDDEN", message, saml_failure=True)


def access_blocked() -> QueryError:
    """Return the error of a repository that was taken down; its form is not documented."""
    return QueryError("FORBIDDEN", "Repository access blocked")


def resource_limits() -> QueryError:
    """Return the error of what a query asks for beyond its share of resources."""
    return QueryError("RESOURCE_LIMITS_EXCEEDED", "Resource limits for this query exceeded.")


def described(error: GraphQLError) -> dict[str, Any]:
    """Return an error as GitHub writes it: the type stands beside the message, not in the extensions."""
    cause = error.original_error
    plain: dict[str, Any] = dict(error.formatted)
    if not isinstance(cause, QueryError):
        return plain
    told = {"type": cause.kind, "path": error.path, **plain}
    return told | ({"extensions": cause.extensions} if cause.extensions else {})


def refused(errors: Sequence[dict[str, Any]]) -> Answer:
    """Return the answer, with status 200, to a query of which nothing is executed."""
    return Answer(200, rest_bodies.encoded({"errors": list(errors)}), {"content-type": media.JSON}, ENDPOINT)


def rate_limited() -> Answer:
    """Return the answer, with status 200, to a caller whose points of the hour are spent."""
    return refused([{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}])


def unauthenticated() -> Answer:
    """Return the 401 of a caller without a token."""
    docs = f"{DOCS}/guides/forming-calls-with-graphql#authenticating-with-graphql"
    return refusals.error(401, "This endpoint requires you to be authenticated.", ENDPOINT, docs=docs)


def bad_request(message: str) -> Answer:
    """Return the 400 of a body that holds no query."""
    return refusals.error(400, message, ENDPOINT, docs=DOCS)


def something_went_wrong(request_id: str) -> Answer:
    """Return the 502 of a query that ran into the time limit, or of a server that fails."""
    message = (
        "Something went wrong while executing your query. This may be the result of a timeout, or it could be a "
        f"GitHub bug. Please include `{request_id}` when reporting this issue."
    )
    body = rest_bodies.encoded({"data": None, "errors": [{"message": message}]})
    return Answer(502, body, {"content-type": media.JSON}, ENDPOINT)
