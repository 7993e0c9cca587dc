"""PyGithub reads the sample world through the embedded GitHub's socket."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator, Sequence
from urllib.request import Request, urlopen

import pytest
from github import Auth, Github, GithubException

from batchlab.git_objects import blob_sha
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.snapshot import TreeEntry
from batchlab.hub.world import World

EntriesOf = Callable[[str], Sequence[TreeEntry]]


@pytest.fixture(scope="module")
def client(served: LoopbackHub) -> Iterator[Github]:
    auth = Auth.Token(served.token)
    with Github(base_url=served.base_url, auth=auth, seconds_between_requests=None, retry=None, per_page=100) as client:
        yield client


def _archived(served: LoopbackHub, link: str) -> dict[str, str]:
    """Return the sha of every file in an archive by its path."""
    with urlopen(Request(link, headers={"Authorization": f"Bearer {served.token}"})) as response:
        packed = io.BytesIO(response.read())
    with tarfile.open(fileobj=packed) as archive:
        files = {member.name.partition("/")[2]: member for member in archive if member.isfile() or member.issym()}
        return {path: blob_sha(_content(archive, member)) for path, member in files.items()}


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = None if member.issym() else archive.extractfile(member)
    return member.linkname.encode() if file is None else file.read()


def test_every_file_of_every_repository_arrives_byte_for_byte(
    served: LoopbackHub, client: Github, sample: World, entries_of: EntriesOf
) -> None:
    listed = {
        repository.full_name: repository
        for owner in {repository.owner for repository in sample}
        for repository in client.get_organization(owner).get_repos()
    }
    assert listed.keys() == {repository.full_name for repository in sample}
    for name, repository in listed.items():
        if not entries_of(name):
            continue
        tree = repository.get_git_tree("HEAD", recursive=True)
        told = {entry.path: entry.sha for entry in tree.tree if entry.type == "blob"}
        assert told == {entry.path: entry.sha for entry in entries_of(name) if entry.type == "blob"}
        assert _archived(served, repository.get_archive_link("tarball", "main")) == told


def test_a_file_is_the_same_by_path_and_by_sha(client: Github, entries_of: EntriesOf) -> None:
    name = "acme-web/storefront"
    repository = client.get_repo(name)
    for entry in entries_of(name)[:60]:
        if entry.type == "blob" and entry.mode != "120000":
            by_path = repository.get_contents(entry.path)
            assert not isinstance(by_path, list)
            assert blob_sha(by_path.decoded_content) == by_path.sha == entry.sha
            assert repository.get_git_blob(entry.sha).size == entry.size


def test_a_renamed_repository_is_found_under_its_former_name(client: Github, sample: World) -> None:
    renamed = next(repository for repository in sample if repository.former_names)
    assert client.get_repo(renamed.former_names[0]).full_name == renamed.full_name


def test_what_does_not_exist_raises_the_client_s_own_error(client: Github) -> None:
    with pytest.raises(GithubException) as raised:
        client.get_repo("acme-labs/none")
    assert raised.value.status == 404
