"""The sample world: a made-up organisation, read from its specification in the data folder.

Which repositories there are is decided there; how their files are filled is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import yaml

from batchlab.git_objects import blob_sha
from batchlab.hub.blobs import MemoryBlobs
from batchlab.hub.snapshot import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, Snapshot, leaf
from batchlab.hub.synthetic import compiled, javascript, python, scripting
from batchlab.hub.synthetic.draw import Project, Vocabulary, project
from batchlab.hub.synthetic.filler import filler
from batchlab.hub.weather import uniforms
from batchlab.hub.world import World, WorldRepository
from batchlab.package_data import data_folder

_GENERATORS: Mapping[str, Callable[[Project], bytes]] = {
    "package.json": javascript.package_json,
    "package-lock.json": javascript.package_lock,
    "npm-shrinkwrap.json": javascript.package_lock,
    "yarn.lock": javascript.yarn_lock,
    "pnpm-lock.yaml": javascript.pnpm_lock,
    "pyproject.toml": python.pyproject,
    "requirements.txt": python.requirements,
    "requirements-dev.txt": python.requirements,
    "uv.lock": python.uv_lock,
    "poetry.lock": python.poetry_lock,
    "Pipfile": python.pipfile,
    "Pipfile.lock": python.pipfile_lock,
    "environment.yml": python.environment,
    "Cargo.toml": compiled.cargo_toml,
    "Cargo.lock": compiled.cargo_lock,
    "go.mod": compiled.go_mod,
    "go.sum": compiled.go_sum,
    "pom.xml": compiled.pom,
    "packages.lock.json": compiled.packages_lock,
    "composer.json": scripting.composer_json,
    "composer.lock": scripting.composer_lock,
    "Gemfile.lock": scripting.gemfile_lock,
    "mix.lock": scripting.mix_lock,
    "pubspec.yaml": scripting.pubspec,
    "pubspec.lock": scripting.pubspec_lock,
}


@dataclass(frozen=True)
class _ProjectSpec:
    """Projects of one kind: which manifests, where, and with how many dependencies."""

    ecosystem: str
    names: Sequence[str]
    at: str = ""
    count: int = 1
    direct: int = 0
    locked: int = 0


@dataclass(frozen=True)
class _RepositorySpec:
    """One repository of the specification."""

    language: str | None = None
    files: int = 0
    projects: Sequence[Mapping[str, Any]] = ()
    archived: bool = False
    former_names: Sequence[str] = ()
    fork_of: str | None = None
    changed: float = 0.0


@dataclass(frozen=True)
class _Contents:
    """The files of a repository: bytes by path, and the modes that are not a regular file's."""

    files: Mapping[str, bytes]
    modes: Mapping[str, str] = field(default_factory=dict)


def sample_world(seed: int = 0) -> World:
    """Return the sample world.

    Parameters
    ----------
    seed
        Of versions, names and sizes; which repositories and manifests there are does not depend on it.

    Returns
    -------
    World
        About 40 repositories of all ecosystems, from an empty one to a monorepo, some of them forks.
    """
    text = (data_folder() / "sample_world.yaml").read_text(encoding="utf-8")
    specification = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    words = specification["words"].split()
    vocabularies = {
        ecosystem: Vocabulary(entry["packages"].split(), words, entry["form"])
        for ecosystem, entry in specification["ecosystems"].items()
    }
    specs = {name: _RepositorySpec(**entry) for name, entry in specification["repositories"].items()}
    contents: dict[str, _Contents] = {}
    for name, spec in specs.items():
        key = f"{seed} {name}"
        contents[name] = (
            _fork(key, contents[spec.fork_of], spec.changed)
            if spec.fork_of
            else _contents(key, name, spec, vocabularies, words)
        )
    return World((_repository(name, spec, contents[name]) for name, spec in specs.items()), "sample")


def _contents(
    key: str, name: str, spec: _RepositorySpec, vocabularies: Mapping[str, Vocabulary], words: Sequence[str]
) -> _Contents:
    kinds = [_ProjectSpec(**entry) for entry in spec.projects]
    manifests = dict(
        chain.from_iterable(_manifests(key, name, kind, vocabularies[kind.ecosystem], words) for kind in kinds)
    )
    files = filler(key, spec.language, spec.files, words) | manifests
    return _Contents(files, {path: EXECUTABLE for path in files if path.endswith(".sh")})


def _manifests(
    key: str, name: str, kind: _ProjectSpec, names: Vocabulary, words: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    for number in range(kind.count):
        folder = kind.at.format(_label(words, number))
        title = _label(words, number) if folder else name.replace("/", "-")
        made = project(f"{key} {folder}", title, names, kind.direct, kind.locked)
        for file in kind.names:
            yield (f"{folder}/{file}" if folder else file), _GENERATORS[file](made)


def _label(words: Sequence[str], number: int) -> str:
    """Return a different word for each number; the words repeat with a number behind."""
    rounds, at = divmod(number, len(words))
    return f"{words[at]}-{rounds + 1}" if rounds else words[at]


def _fork(key: str, parent: _Contents, changed: float) -> _Contents:
    """Return a parent's files, a share of them with a line at the end that the parent does not have."""
    files = {
        path: content + b"\n" if uniforms(0, "fork", f"{key} {path}", 1)[0] < changed else content
        for path, content in parent.files.items()
    }
    return _Contents(files, parent.modes)


def _repository(name: str, spec: _RepositorySpec, contents: _Contents) -> WorldRepository:
    shas = {path: blob_sha(content) for path, content in contents.files.items()}
    leaves = [
        leaf(path, shas[path], len(content), contents.modes.get(path, REGULAR))
        for path, content in contents.files.items()
    ]
    snapshot = Snapshot.of([*leaves, *_oddities(spec)])
    blobs = {shas[path]: content for path, content in contents.files.items()} | {
        _LINK_SHA: _LINK,
        _MODULES_SHA: _MODULES,
    }
    made = WorldRepository.of(name, snapshot, MemoryBlobs(blobs))
    return WorldRepository(
        name,
        made.blobs,
        made.snapshots if contents.files else {},
        made.refs if contents.files else {},
        description=f"Sample repository {name}",
        language=spec.language,
        fork=spec.fork_of is not None,
        archived=spec.archived,
        former_names=tuple(spec.former_names),
    )


_LINK = b"README.md"
_LINK_SHA = blob_sha(_LINK)
_MODULES = b'[submodule "third_party/zlib"]\n\tpath = third_party/zlib\n\turl = https://github.com/madler/zlib.git\n'
_MODULES_SHA = blob_sha(_MODULES)
_MANY_FILES = 300


def _oddities(spec: _RepositorySpec) -> Iterator[Any]:
    """Give large repositories what scanners stumble over: a symlink and a submodule."""
    if spec.files > _MANY_FILES:
        yield leaf("docs/index.md", _LINK_SHA, len(_LINK), SYMLINK)
        yield leaf(".gitmodules", _MODULES_SHA, len(_MODULES))
        yield leaf("third_party/zlib", "51b7f2abdade71cd9bb0e7a373ef2610ec6f9daf", None, SUBMODULE)
