from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from batchlab.git_objects import blob_sha
from batchlab.hub.blobs import MemoryBlobs
from batchlab.hub.graphql.api import GraphQlApi
from batchlab.hub.snapshot import Snapshot, leaf
from batchlab.hub.world import World, WorldRepository

Run = Callable[..., Any]
_BLOB = "... on Blob {oid byteSize isBinary isTruncated text}"


def _holding(content: bytes) -> World:
    sha = blob_sha(content)
    snapshot = Snapshot.of([leaf("file", sha, len(content))])
    return World([WorldRepository.of("acme/app", snapshot, MemoryBlobs({sha: content}))])


def _blob(content: bytes) -> Any:
    query = f'{{repository(owner: "acme", name: "app") {{object(expression: "HEAD:file") {{{_BLOB}}}}}}}'
    execution = GraphQlApi(_holding(content)).execution(json.dumps({"query": query}).encode(), None)
    return json.loads(execution.answer(None).body)["data"]["repository"]["object"]


def test_files_of_several_repositories_arrive_in_one_answer(run: Run) -> None:
    query = f"""query($oid: GitObjectID!) {{
      a: repository(owner: "acme", name: "app") {{one: object(oid: $oid) {{{_BLOB}}} nameWithOwner}}
      b: repository(owner: "acme", name: "other") {{object(expression: "main:go.mod") {{{_BLOB}}}}}
    }}"""
    told = run(query, oid=blob_sha(b"{}"))
    assert told["data"]["a"]["one"]["text"] == "{}"
    assert told["data"]["a"]["nameWithOwner"] == "acme/app"
    assert told["data"]["b"]["object"]["text"] == "module other"
    assert "errors" not in told


def test_text_is_cut_at_512_000_bytes_and_says_so() -> None:
    whole, cut = _blob(b"x" * 512_000), _blob(b"x" * 512_001)
    assert (len(whole["text"]), whole["isTruncated"]) == (512_000, False)
    assert (len(cut["text"]), cut["isTruncated"], cut["byteSize"]) == (512_000, True, 512_001)


def test_a_binary_file_has_no_text() -> None:
    assert _blob(b"a\0b") | {"oid": ""} == {
        "oid": "",
        "byteSize": 3,
        "isBinary": True,
        "isTruncated": False,
        "text": None,
    }


def test_what_is_not_utf_8_loses_its_sha() -> None:
    told = _blob(b"caf\xe9")
    assert told["isBinary"] is False
    assert blob_sha(told["text"].encode()) != told["oid"]


def test_bytes_that_the_world_does_not_hold_are_neither_text_nor_binary(run: Run) -> None:
    told = run(f'{{repository(owner: "acme", name: "app") {{object(expression: "HEAD:absent.bin") {{{_BLOB}}}}}}}')
    blob = told["data"]["repository"]["object"]
    assert (blob["byteSize"], blob["isBinary"], blob["text"]) == (10, None, None)


@pytest.mark.parametrize("argument", ['expression: "HEAD:none"', 'expression: "none:go.mod"', f'oid: "{"9" * 40}"'])
def test_an_unknown_object_is_null_without_an_error(run: Run, argument: str) -> None:
    told = run(f'{{repository(owner: "acme", name: "app") {{object({argument}) {{oid}}}}}}')
    assert told == {"data": {"repository": {"object": None}}}


def test_a_missing_repository_is_null_with_an_error_and_the_others_are_answered(run: Run) -> None:
    told = run('{a: repository(owner: "acme", name: "none") {id} b: repository(owner: "acme", name: "app") {name}}')
    assert told["data"] == {"a": None, "b": {"name": "app"}}
    (error,) = told["errors"]
    assert (error["type"], error["path"]) == ("NOT_FOUND", ["a"])
    assert error["message"] == "Could not resolve to a Repository with the name 'acme/none'."
    assert error["locations"] == [{"line": 1, "column": 2}]


@pytest.mark.parametrize(("name", "kind"), [("hidden", "NOT_FOUND"), ("sso", "FORBIDDEN"), ("blocked", "FORBIDDEN")])
def test_what_may_not_be_read_says_why(run: Run, name: str, kind: str) -> None:
    told = run('query($name: String!) {repository(owner: "acme", name: $name) {id}}', name=name)
    assert told["data"] == {"repository": None}
    assert told["errors"][0]["type"] == kind
    assert told["errors"][0].get("extensions") == ({"saml_failure": True} if name == "sso" else None)


def test_a_former_name_is_followed_unless_told_otherwise(run: Run) -> None:
    query = 'query($f: Boolean) {repository(owner: "acme", name: "old-name", followRenames: $f) {nameWithOwner}}'
    assert run(query)["data"]["repository"] == {"nameWithOwner": "acme/new-name"}
    assert run(query, f=False)["errors"][0]["type"] == "NOT_FOUND"


def test_beyond_the_bound_on_objects_the_rest_is_refused_and_the_first_are_answered(run: Run) -> None:
    objects = " ".join(f'o{n}: object(expression: "HEAD:README.md") {{oid}}' for n in range(4))
    told = run(f'{{repository(owner: "acme", name: "app") {{{objects}}}}}', most_objects=3)
    assert [told["data"]["repository"][f"o{n}"] is None for n in range(4)] == [False, False, False, True]
    assert [(error["type"], error["path"]) for error in told["errors"]] == [
        ("RESOURCE_LIMITS_EXCEEDED", ["repository", "o3"])
    ]


def test_a_folder_lists_its_entries_with_modes_as_numbers(run: Run) -> None:
    entries = "entries {name path type mode size oid object {oid}}"
    told = run(
        f'{{repository(owner: "acme", name: "app") {{object(expression: "HEAD:") {{... on Tree {{{entries}}}}}}}}}'
    )
    by_name = {entry["name"]: entry for entry in told["data"]["repository"]["object"]["entries"]}
    assert (by_name["README.md"]["mode"], by_name["README.md"]["size"]) == (0o100644, 6)
    assert (by_name["run.sh"]["mode"], by_name["link"]["mode"], by_name["src"]["mode"]) == (0o100755, 0o120000, 0o40000)
    assert (by_name["lib"]["type"], by_name["lib"]["object"]) == ("commit", None)


def test_an_id_finds_the_object_again(run: Run) -> None:
    first = run('{repository(owner: "acme", name: "app") {id object(expression: "HEAD:README.md") {id oid}}}')
    repository = first["data"]["repository"]
    query = "query($ids: [ID!]!) {nodes(ids: $ids) {id ... on Blob {text} ... on Repository {name}}}"
    told = run(query, ids=[repository["id"], repository["object"]["id"], "nonsense"])
    assert told["data"]["nodes"][0]["name"] == "app"
    assert told["data"]["nodes"][1]["text"] == "# app\n"
    assert (told["data"]["nodes"][2], told["errors"][0]["type"]) == (None, "NOT_FOUND")


def test_an_empty_repository_has_no_branch(run: Run) -> None:
    told = run(
        '{repository(owner: "acme", name: "empty") {isEmpty defaultBranchRef {name} object(expression: "HEAD:") {oid}}}'
    )
    assert told["data"]["repository"] == {"isEmpty": True, "defaultBranchRef": None, "object": None}


def test_the_default_branch_leads_to_the_commit_and_its_tree(run: Run, world: World) -> None:
    target = "defaultBranchRef {name prefix target {oid ... on Commit {tree {oid}}}}"
    told = run(f'{{repository(owner: "acme", name: "app") {{{target}}}}}')["data"]["repository"]["defaultBranchRef"]
    app = world.get("acme/app")
    assert app is not None
    commit = app.commit("HEAD")
    assert commit is not None
    assert told["target"] == {"oid": commit, "tree": {"oid": app.snapshots[commit].tree}}
    assert (told["prefix"], told["name"]) == ("refs/heads/", "main")


def test_fragments_and_aliases_are_answered_in_the_query_s_order(run: Run) -> None:
    told = run('{...b a: repository(owner: "acme", name: "app") {name}} fragment b on Query {z: rateLimit {cost}}')
    assert list(told["data"]) == ["z", "a"]


@pytest.mark.parametrize(
    "query", ["{", "{none}", "mutation {x}", '{repository(owner: "a", name: "b") {object {text}}}']
)
def test_a_bad_document_is_answered_with_errors_only(run: Run, query: str) -> None:
    told = run(query)
    assert list(told) == ["errors"]
    assert told["errors"][0]["message"]


def test_a_variable_of_the_wrong_type_is_an_error(run: Run) -> None:
    told = run('query($o: GitObjectID!) {repository(owner: "acme", name: "app") {object(oid: $o) {oid}}}')
    assert told["data"] is None
    assert "$o" in told["errors"][0]["message"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"query": 3}', b'{"query": "{x}", "variables": []}x'])
def test_a_body_without_a_query_is_400(world: World, body: bytes) -> None:
    answer = GraphQlApi(world).execution(body, None).answer(None)
    assert answer.status == 400


def test_executions_are_kept_within_their_memory(world: World) -> None:
    api = GraphQlApi(world, kept_bytes=10_000)
    bodies = [
        json.dumps({"query": f'{{a{n}: repository(owner: "acme", name: "app") {{id}}}}'}).encode() for n in range(9)
    ]
    first = [api.execution(body, None) for body in bodies]
    assert api.execution(bodies[-1], None) is first[-1]
    assert api.execution(bodies[0], None) is not first[0]
