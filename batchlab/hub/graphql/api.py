"""``POST /graphql``: a body in, what the world says to it out.

What an execution found, and what it read on the way, is kept, so that the same query again costs a look-up;
``rateLimit`` is filled in each time.

References
----------
https://docs.github.com/en/graphql
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import ExecutionResult, execute

from batchlab.hub import media, rest_bodies
from batchlab.hub.graphql import errors
from batchlab.hub.graphql.cost import Cost, CostError, cost_of
from batchlab.hub.graphql.document import Document, DocumentError, document, with_defaults
from batchlab.hub.graphql.resolvers import Reading, executable_schema, kind_of
from batchlab.hub.kept import Kept
from batchlab.hub.messages import Answer
from batchlab.hub.world import World

PATH = "/graphql"
_KEPT_BYTES = 128 * 1024 * 1024
_OVERHEAD = 2048
_NO_QUERY = "A query attribute must be specified and must be a string."


@dataclass(frozen=True, slots=True)
class Execution:
    """What a query came to.

    Parameters
    ----------
    cost
        Points and nodes.
    repositories, objects, text_length
        What it read: distinct repositories, git objects, characters of text.
    refusal
        The whole answer, where nothing was executed.
    members
        Encoded value by alias, that of ``rateLimit`` empty; None where the whole is null.
    problems
        The encoded list of errors, empty for none.
    rate_limits
        What is asked of ``rateLimit``: field by key, by alias.
    """

    cost: Cost = field(default_factory=Cost)
    repositories: int = 0
    objects: int = 0
    text_length: int = 0
    refusal: Answer | None = None
    members: Mapping[str, bytes] | None = None
    problems: bytes = b""
    rate_limits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes that it takes to keep, roughly."""
        return _OVERHEAD + sum(map(len, (self.members or {}).values()))

    def answer(self, rate_limit: Mapping[str, Any] | None) -> Answer:
        """Return the answer, given what the fields of ``rateLimit`` are now; None for a server without limits."""
        if self.refusal is not None:
            return self.refusal
        told = [b"null"] if self.members is None else self._data(self.members, rate_limit)
        body = b"".join([b'{"data":', *told, *((b',"errors":', self.problems) if self.problems else ()), b"}"])
        return Answer(200, body, {"content-type": media.JSON}, errors.ENDPOINT)

    def _data(self, members: Mapping[str, bytes], rate_limit: Mapping[str, Any] | None) -> Iterator[bytes]:
        between = b"{"
        for alias, value in members.items():
            yield from (between, b'"', alias.encode(), b'":')
            keys = self.rate_limits.get(alias, {})
            told = {key: rate_limit.get(name, "RateLimit") for key, name in keys.items()} if rate_limit else {}
            yield rest_bodies.encoded(told) if told else value
            between = b","
        yield b"}" if members else b"{}"


class GraphQlApi:
    """Executes queries.

    Parameters
    ----------
    world
        What there is to read.
    kept_bytes
        Memory for executions, in bytes; the oldest go first.
    """

    def __init__(self, world: World, kept_bytes: int = _KEPT_BYTES) -> None:
        self.world = world
        self._kept: Kept[tuple[bytes, int | None], Execution] = Kept(kept_bytes, lambda one: one.size)

    def execution(self, body: bytes, most_objects: int | None) -> Execution:
        """Return what a request's body comes to, for a caller with a token.

        Parameters
        ----------
        body
            JSON with ``query`` and, where needed, ``variables`` and ``operationName``.
        most_objects
            Git objects that one query may look up, None for no bound.
        """
        key = (body, most_objects)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._executed(body, most_objects)
        return found

    def _executed(self, body: bytes, most_objects: int | None) -> Execution:
        asked = _parsed(body)
        if isinstance(asked, Answer):
            return Execution(refusal=asked)
        try:
            text = document(asked["query"])
            return self._run(text, asked, most_objects)
        except DocumentError as wrong:
            return Execution(refusal=errors.refused([errors.described(error) for error in wrong.errors]))
        except CostError as wrong:
            return Execution(refusal=errors.refused([{"type": wrong.kind, "message": str(wrong)}]))

    def _run(self, text: Document, asked: Mapping[str, Any], most_objects: int | None) -> Execution:
        name, variables = asked.get("operationName"), asked.get("variables") or {}
        operation = text.operation(name)
        cost = cost_of(text, operation, with_defaults(operation, variables))
        reading = Reading(self.world, most_objects)
        result = execute(
            executable_schema(),
            text.nodes,
            context_value=reading,
            variable_values=dict(variables),
            operation_name=name,
            type_resolver=kind_of,
        )
        assert isinstance(result, ExecutionResult)
        problems = [errors.described(error) for error in result.errors or ()]
        return Execution(
            cost,
            len(reading.repositories),
            reading.objects,
            reading.text_length,
            members=_encoded_members(result.data),
            problems=rest_bodies.encoded(problems) if problems else b"",
            rate_limits=text.rate_limits(operation),
        )


def _encoded_members(data: Mapping[str, Any] | None) -> Mapping[str, bytes] | None:
    return None if data is None else {alias: rest_bodies.encoded(value) for alias, value in data.items()}


def _parsed(body: bytes) -> dict[str, Any] | Answer:
    try:
        asked = json.loads(body)
    except ValueError:
        return errors.bad_request("Problems parsing JSON")
    if not isinstance(asked, dict):
        return errors.bad_request("Body should be a JSON object")
    if not isinstance(asked.get("query"), str):
        return errors.bad_request(_NO_QUERY)
    if not isinstance(asked.get("variables") or {}, dict):
        return errors.bad_request("Variables should be a JSON object")
    return asked
