from __future__ import annotations

import json
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping

import pytest
import yaml

from batchlab.git_objects import blob_sha
from batchlab.hub.sample_world import sample_world
from batchlab.hub.snapshot import SUBMODULE, SYMLINK, TreeEntry
from batchlab.hub.world import World, WorldRepository

_PARSERS: Mapping[str, Callable[[str], object]] = {
    "package.json": json.loads,
    "package-lock.json": json.loads,
    "npm-shrinkwrap.json": json.loads,
    "Pipfile.lock": json.loads,
    "composer.json": json.loads,
    "composer.lock": json.loads,
    "packages.lock.json": json.loads,
    "pyproject.toml": tomllib.loads,
    "uv.lock": tomllib.loads,
    "poetry.lock": tomllib.loads,
    "Pipfile": tomllib.loads,
    "Cargo.toml": tomllib.loads,
    "Cargo.lock": tomllib.loads,
    "pnpm-lock.yaml": lambda text: yaml.load(text, yaml.CSafeLoader),
    "environment.yml": yaml.safe_load,
    "pubspec.yaml": yaml.safe_load,
    "pubspec.lock": yaml.safe_load,
    "pom.xml": ElementTree.fromstring,
}
_PLAIN = {
    "requirements.txt",
    "requirements-dev.txt",
    "yarn.lock",
    "go.mod",
    "go.sum",
    "Gemfile.lock",
    "mix.lock",
}


@pytest.fixture(scope="module")
def sample() -> World:
    return World.sample()


def _blobs(world: World) -> list[tuple[WorldRepository, TreeEntry]]:
    return [
        (repository, entry)
        for repository in world
        for snapshot in repository.snapshots.values()
        for entry in snapshot.entries
        if entry.type == "blob"
    ]


def test_every_blob_has_the_sha_and_size_that_its_tree_tells(sample: World) -> None:
    for repository, entry in _blobs(sample):
        content = repository.blobs.read(entry.sha)
        assert (blob_sha(content), len(content)) == (entry.sha, entry.size)


def test_every_manifest_parses_as_its_format(sample: World) -> None:
    for repository, entry in _blobs(sample):
        if entry.name in _PARSERS:
            assert _PARSERS[entry.name](repository.blobs.read(entry.sha).decode()), entry.path


def test_the_counts_are_those_of_a_mixed_organisation(sample: World) -> None:
    manifests = [entry for _, entry in _blobs(sample) if entry.name in _PARSERS.keys() | _PLAIN]
    assert 38 <= len(sample) <= 45
    assert 500 <= len(manifests) <= 700
    assert sum(entry.size or 0 for entry in manifests) < 10_000_000
    assert {entry.name for entry in manifests} == _PARSERS.keys() | _PLAIN


def test_forks_share_most_blobs_with_their_parent(sample: World) -> None:
    parent, fork = sample.get("acme-web/storefront"), sample.get("storefront-forks/storefront-eu")
    assert parent is not None
    assert fork is not None
    shas = [{entry.sha for entry in one.snapshots[one.refs["main"]].entries} for one in (parent, fork)]
    assert 0.6 < len(shas[0] & shas[1]) / len(shas[1]) < 0.9


def test_there_are_empty_archived_and_renamed_repositories_symlinks_and_submodules(sample: World) -> None:
    assert any(not repository.snapshots for repository in sample)
    assert any(repository.archived for repository in sample)
    assert sample.renamed("acme-web/gateway") is not None
    modes = {e.mode for r in sample for s in r.snapshots.values() for e in s.entries}
    assert {SYMLINK, SUBMODULE, "100755"} <= modes


def test_the_same_seed_makes_the_same_world_and_another_one_another(sample: World) -> None:
    def trees(world: World) -> list[str]:
        return [snapshot.tree for repository in world for snapshot in repository.snapshots.values()]

    assert trees(sample_world()) == trees(sample)
    assert trees(sample_world(1)) != trees(sample)
