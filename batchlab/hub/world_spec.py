"""Descriptions of worlds, small enough to hand to another process that then builds them itself."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batchlab.errors import InputError
from batchlab.hub.generated_world import generated_world
from batchlab.hub.world import World


@dataclass(frozen=True)
class WorldSpec:
    """How to build a world.

    Parameters
    ----------
    kind
        ``"sample"``, ``"git"``, ``"corpus"``, ``"generated"`` or ``"files"``.
    values
        What that kind needs, as JSON can carry it; made by the class methods.

    Examples
    --------
    >>> WorldSpec.files({"acme/app": {"go.mod": b"module acme"}}).build()
    <World built: 1 repositories>
    """

    kind: str = "sample"
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def sample(cls) -> WorldSpec:
        """Describe the sample world."""
        return cls()

    @classmethod
    def git(cls, *paths: str | Path) -> WorldSpec:
        """Describe git repositories on disk, each ``path`` or ``path@ref``."""
        return cls("git", {"paths": [str(path) for path in paths]})

    @classmethod
    def corpus(cls, folder: str | Path) -> WorldSpec:
        """Describe a folder of parquet files."""
        return cls("corpus", {"folder": str(folder)})

    @classmethod
    def generated(cls, repositories: int, files: int, size: int, seed: int = 0) -> WorldSpec:
        """Describe files made from a seed; see `batchlab.hub.generated_world`."""
        return cls("generated", {"repositories": repositories, "files": files, "size": size, "seed": seed})

    @classmethod
    def files(cls, files: Mapping[str, Mapping[str, bytes]]) -> WorldSpec:
        """Describe files by path by repository, as `World.build` takes them."""
        encoded = {
            name: {path: b64encode(content).decode() for path, content in contents.items()}
            for name, contents in files.items()
        }
        return cls("files", {"files": encoded})

    def build(self) -> World:
        """Return the world.

        Raises
        ------
        InputError
            The kind is unknown, or the world's own sources cannot be read.
        """
        if self.kind not in _BUILDERS:
            raise InputError(f"{self.kind!r} is no kind of world; accepted: {', '.join(_BUILDERS)}")
        return _BUILDERS[self.kind](**self.values)


def _build_files(files: Mapping[str, Mapping[str, str]]) -> World:
    return World.build({name: {path: b64decode(text) for path, text in texts.items()} for name, texts in files.items()})


_BUILDERS: Mapping[str, Callable[..., World]] = {
    "sample": World.sample,
    "git": World.from_git,
    "corpus": World.from_corpus,
    "generated": generated_world,
    "files": _build_files,
}
