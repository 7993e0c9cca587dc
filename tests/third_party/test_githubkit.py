"""githubkit reads the sample world through the embedded GitHub's socket, and checks each answer by its own models."""

from __future__ import annotations

import io
import tarfile
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from githubkit import GitHub, TokenAuthStrategy
from githubkit.exception import RequestFailed

from batchlab.git_objects import blob_sha
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.snapshot import TreeEntry
from batchlab.hub.world import World

_QUERY = """
query($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    nameWithOwner
    object(expression: "HEAD:") {
      ... on Tree { entries { path type oid object { ... on Blob { text isTruncated } } } }
    }
  }
}
"""


@pytest.fixture(scope="module")
def client(served: LoopbackHub) -> Iterator[GitHub[Any]]:
    auth = TokenAuthStrategy(served.token)
    with GitHub(auth, base_url=served.base_url, http_cache=False, auto_retry=False, follow_redirects=True) as client:
        yield client


def test_every_tree_and_archive_fits_its_models_and_its_shas(client: GitHub[Any], sample: World) -> None:
    for repository in sample:
        if repository.snapshots:
            owner, name = repository.owner, repository.name
            tree = client.rest.git.get_tree(owner, name, "HEAD", recursive="1").parsed_data
            told = {entry.path: entry.sha for entry in tree.tree if entry.mode in ("100644", "100755")}
            archive = client.rest.repos.download_tarball_archive(owner, name, "main").content
            assert _shas(archive) == told


def _shas(packed: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        files = {one.name.partition("/")[2]: archive.extractfile(one) for one in archive if one.isfile()}
        return {path: blob_sha(file.read()) for path, file in files.items() if file is not None}


def test_repositories_and_blobs_fit_their_models(
    client: GitHub[Any], entries_of: Callable[[str], Sequence[TreeEntry]]
) -> None:
    name = "storefront"
    entries = entries_of(f"acme-web/{name}")
    assert client.rest.repos.get("acme-web", name).parsed_data.default_branch == "main"
    for entry in entries[:40]:
        if entry.type == "blob":
            blob = client.rest.git.get_blob("acme-web", name, entry.sha).parsed_data
            assert blob_sha(b64decode(blob.content)) == entry.sha


def test_the_text_of_a_folder_s_files_arrives_in_one_query(client: GitHub[Any]) -> None:
    told = client.graphql(_QUERY, {"owner": "acme-labs", "name": "handbook"})["repository"]
    texts = {entry["oid"]: entry["object"]["text"] for entry in told["object"]["entries"] if entry["type"] == "blob"}
    assert texts
    assert {oid: blob_sha(text.encode()) for oid, text in texts.items()} == {oid: oid for oid in texts}


def test_what_does_not_exist_raises_the_client_s_own_error(client: GitHub[Any]) -> None:
    with pytest.raises(RequestFailed) as raised:
        client.rest.repos.get("acme-labs", "none")
    assert raised.value.response.status_code == 404
