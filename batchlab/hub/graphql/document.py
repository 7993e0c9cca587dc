"""A query's text: parsed and validated once, priced, and searched for what it asks of ``rateLimit``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_operation_ast,
    parse,
    validate,
    value_from_ast_untyped,
)

from batchlab.hub.graphql.schema import served_schema

_KEPT_TEXTS = 512


class DocumentError(Exception):
    """A text that is no valid query; `errors` says why, in GraphQL's form."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True)
class Document:
    """A valid text.

    Parameters
    ----------
    nodes
        Its syntax tree.
    fragments
        The fragments by name.
    """

    nodes: DocumentNode
    fragments: Mapping[str, FragmentDefinitionNode]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the query that a request runs; a name is needed where there are several.

        Raises
        ------
        DocumentError
            There is no such query; mutations are not served.
        """
        found = get_operation_ast(self.nodes, name)
        if found is None or found.operation is not OperationType.QUERY:
            wanted = "An operation name is required" if name is None else f"No operation named {name!r}"
            raise DocumentError(GraphQLError(wanted if found is None else "Only queries are served"))
        return found

    def fields(self, selections: SelectionSetNode | None) -> Iterator[FieldNode]:
        """Yield the fields of a selection, those in its fragments included."""
        for selection in selections.selections if selections else ():
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, FragmentSpreadNode):
                yield from self.fields(self.fragments[selection.name.value].selection_set)
            elif isinstance(selection, InlineFragmentNode):
                yield from self.fields(selection.selection_set)

    def rate_limits(self, operation: OperationDefinitionNode) -> dict[str, dict[str, str]]:
        """Return what the operation asks of ``rateLimit``: field by key, by alias."""
        return {
            _key(field): {_key(one): one.name.value for one in self.fields(field.selection_set)}
            for field in self.fields(operation.selection_set)
            if field.name.value == "rateLimit"
        }


def _key(field: FieldNode) -> str:
    return (field.alias or field.name).value


@lru_cache(maxsize=_KEPT_TEXTS)
def document(text: str) -> Document:
    """Return a text parsed and validated.

    Raises
    ------
    DocumentError
        It is no GraphQL, or does not fit the schema.
    """
    try:
        nodes = parse(text)
    except GraphQLError as error:
        raise DocumentError(error) from None
    if errors := validate(served_schema(), nodes):
        raise DocumentError(*errors)
    fragments = {one.name.value: one for one in nodes.definitions if isinstance(one, FragmentDefinitionNode)}
    return Document(nodes, fragments)


def with_defaults(operation: OperationDefinitionNode, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables of a request, with the defaults of those that it leaves out."""
    defaults = {
        one.variable.name.value: value_from_ast_untyped(one.default_value)
        for one in operation.variable_definitions or ()
        if one.default_value is not None
    }
    return defaults | dict(given)
