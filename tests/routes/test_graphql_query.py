"""The query's text and variables, and what each file gets out of an answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from graphql import build_schema, parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlab.batch_models import Repository
from batchlab.errors import BatchLabError, RepositoryAccessError, ServerError
from batchlab.git_objects import blob_sha
from batchlab.routes import UnsuitableError, WantedFile
from batchlab.routes.graphql_query import query_for, query_text, read_answer

Wanted = Callable[..., WantedFile]
# The part of GitHub's published schema that the query touches.
SCHEMA = build_schema("""
scalar GitObjectID
scalar DateTime
interface GitObject { oid: GitObjectID! }
type Blob implements GitObject {
  oid: GitObjectID! byteSize: Int! isBinary: Boolean isTruncated: Boolean! text: String
}
type Repository { object(expression: String, oid: GitObjectID): GitObject }
type RateLimit { cost: Int! limit: Int! remaining: Int! resetAt: DateTime! }
type Query {
  repository(followRenames: Boolean = true, name: String!, owner: String!): Repository
  rateLimit(dryRun: Boolean = false): RateLimit
}
""")


def blob(text: str | None, **fields: Any) -> dict[str, Any]:
    return {"oid": "", "byteSize": 0, "isBinary": text is None, "isTruncated": False, "text": text} | fields


def read(files: Sequence[WantedFile], objects: Any, errors: Any = ()) -> Any:
    """Read an answer in which every alias of the first repository stands for one of ``objects``."""
    document = {"data": {"r0": objects, "rateLimit": {"cost": 1}}, "errors": list(errors)}
    return read_answer(document, files, query_for(files))


@settings(max_examples=30)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=25))
def test_every_shape_of_query_is_valid(shape: list[int]) -> None:
    assert validate(SCHEMA, parse(query_text(tuple(shape)))) == []


def test_names_and_shas_travel_as_variables_only(wanted: Wanted) -> None:
    files = [wanted("a", b"1", 'x/y"){evil'), wanted("b", b"2", "o/n"), wanted("c", b"3", "o/n")]
    query = query_for(files)
    body = json.loads(query.document)
    assert "evil" not in body["query"]
    assert body["variables"] == {
        "o0": "o", "n0": "n", "s0_0": files[1].sha, "s0_1": files[2].sha,
        "o1": "x", "n1": 'y"){evil', "s1_0": files[0].sha,
    }  # fmt: skip
    assert query.places == (("r1", "f0"), ("r0", "f0"), ("r0", "f1"))


@given(st.lists(st.sampled_from(["a/x", "b/y", "c/z"]), min_size=1, max_size=30))
def test_the_answer_is_read_back_in_the_order_asked(repos: list[str]) -> None:
    contents = [f"{repo} {number}".encode() for number, repo in enumerate(repos)]
    files = [WantedFile(Repository(r), "f", blob_sha(c), len(c)) for r, c in zip(repos, contents, strict=True)]
    query = query_for(files)
    by_sha = {file.sha: content.decode() for file, content in zip(files, contents, strict=True)}
    variables = json.loads(query.document)["variables"]
    data: dict[str, Any] = {}
    for name, sha in variables.items():
        if name.startswith("s"):
            r, _, f = name[1:].partition("_")
            data.setdefault(f"r{r}", {})[f"f{f}"] = blob(by_sha[sha])
    assert read_answer({"data": data}, files, query) == contents


def test_queries_of_one_shape_share_their_text(wanted: Wanted) -> None:
    first, second = ([wanted("a", bytes([n]), "a/x"), wanted("b", b"2", f"b/{n}")] for n in (1, 2))
    query_text.cache_clear()
    query_for(first)
    query_for(second)
    assert query_text.cache_info().misses == 1


@pytest.mark.parametrize(
    ("content", "answer", "reason"),
    [
        (b"\0", blob(None), "binary"),
        (b"x" * 9, blob("x" * 5, isTruncated=True), "cut"),
        ("é".encode("latin-1"), blob("\ufffd"), "not UTF-8"),
        (b"x", blob("\ud800"), "not UTF-8"),
        (b"x", None, "no such object"),
        (b"x", {}, "binary"),
    ],
)
def test_what_graphql_cannot_bring_exactly_is_for_another_route(
    content: bytes, answer: Any, reason: str, wanted: Wanted
) -> None:
    (outcome,) = read([wanted("f", content)], {"f0": answer})
    assert isinstance(outcome, UnsuitableError)
    assert reason in str(outcome)


def test_a_missing_repository_is_left_to_rest_to_judge(wanted: Wanted) -> None:
    message = "Could not resolve to a Repository with the name 'acme/app'."
    (outcome,) = read([wanted("f", b"x")], None, [{"type": "NOT_FOUND", "path": ["r0"], "message": message}])
    assert isinstance(outcome, UnsuitableError)
    assert message in str(outcome)


def test_a_repository_behind_single_sign_on_is_not_accessible(wanted: Wanted) -> None:
    error = {"type": "FORBIDDEN", "path": ["r0"], "extensions": {"saml_failure": True}, "message": "SAML enforcement"}
    (outcome,) = read([wanted("f", b"x")], None, [error])
    assert isinstance(outcome, RepositoryAccessError)


@pytest.mark.parametrize("path", [["r0", "f1"], ["r0", "f1", "text"], [], None])
def test_files_left_out_for_want_of_time_may_be_tried_again(path: Any, wanted: Wanted) -> None:
    error = {"type": "RESOURCE_LIMITS_EXCEEDED", "path": path, "message": "Resource limits for this query exceeded."}
    files = [wanted("f", b"x"), wanted("g", b"y")]
    first, second = read(files, {"f0": blob("x"), "f1": None}, [error])
    assert first == b"x"
    assert isinstance(second, ServerError)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["data", "errors", "r0", "f0", "text", "path", "type", "isBinary"]), inner
            )
        ),
    )
)
def test_no_answer_of_any_shape_gives_a_wrong_byte(document: Any) -> None:
    files = [WantedFile(Repository("a/x"), "f", blob_sha(b"x"), 1)]
    (outcome,) = read_answer(document, files, query_for(files))
    assert outcome == b"x" or isinstance(outcome, BatchLabError)
