"""The embedded GitHub's GraphQL, and the queries that we send, held against GitHub's published schema."""

from __future__ import annotations

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, parse, validate

from batchlab.hub.graphql.schema import served_schema
from batchlab.routes.graphql_query import query_text


def test_what_is_served_is_a_true_subset(github_schema: GraphQLSchema) -> None:
    for name, served in served_schema().type_map.items():
        if name.startswith("__"):
            continue
        theirs = github_schema.type_map[name]
        assert type(served) is type(theirs), name
        if isinstance(served, GraphQLObjectType | GraphQLInterfaceType):
            assert isinstance(theirs, GraphQLObjectType | GraphQLInterfaceType)
            assert {one.name for one in served.interfaces} <= {one.name for one in theirs.interfaces}, name
            for key, field in served.fields.items():
                assert str(field.type) == str(theirs.fields[key].type), f"{name}.{key}"
                arguments = {one: str(argument.type) for one, argument in field.args.items()}
                their_arguments = {one: str(argument.type) for one, argument in theirs.fields[key].args.items()}
                assert arguments.items() <= their_arguments.items(), f"{name}.{key}"


@pytest.mark.parametrize("shape", [(1,), (100,), (3, 2, 1), (4,) * 25, (1,) * 100])
def test_every_query_that_we_send_is_valid_at_github(github_schema: GraphQLSchema, shape: tuple[int, ...]) -> None:
    assert validate(github_schema, parse(query_text(shape))) == []


def test_github_s_schema_rejects_what_is_wrong(github_schema: GraphQLSchema) -> None:
    without_fragment = '{repository(owner: "a", name: "b") {object(oid: "c") {text}}}'
    assert validate(github_schema, parse(without_fragment))
