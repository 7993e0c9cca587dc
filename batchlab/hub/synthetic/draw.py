"""Draws of projects and their dependencies, each keyed by what it is for."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b, sha512
from typing import NamedTuple

from batchlab.hub.weather import uniforms

_NEWEST_MAJOR = 8
_NEWEST_MINOR = 24
_NEWEST_PATCH = 12


class Dependency(NamedTuple):
    """A package at a version, with the digest of its archive."""

    name: str
    version: str
    digest: bytes

    @property
    def hex(self) -> str:
        """64 hexadecimal digits of the digest."""
        return self.digest[:32].hex()

    @property
    def base64(self) -> str:
        """The digest's first 32 bytes in base64."""
        return b64encode(self.digest[:32]).decode()

    @property
    def integrity(self) -> str:
        """The whole digest as a subresource integrity."""
        return "sha512-" + b64encode(self.digest).decode()


@dataclass(frozen=True)
class Project:
    """Something with a manifest.

    Parameters
    ----------
    name, version, description
        What the manifest says of itself.
    direct
        What it depends on.
    locked
        What its lockfile lists: ``direct`` and what that depends on.
    """

    name: str
    version: str
    description: str
    direct: Sequence[Dependency]
    locked: Sequence[Dependency] = field(default=())


class Vocabulary:
    """Package names of one ecosystem.

    Parameters
    ----------
    packages
        Well-known names.
    words
        From which further names are made, two at a time.
    form
        How two words make a name, with ``{0}`` and ``{1}``.
    """

    def __init__(self, packages: Sequence[str], words: Sequence[str], form: str) -> None:
        self.packages = packages
        pairs = {form.format(first, second) for first in words for second in words if first != second}
        self.derived = sorted(pairs.difference(packages))

    def choose(self, key: str, count: int) -> list[str]:
        """Return that many different names; well-known ones come before made-up ones."""
        if count <= len(self.packages):
            return _chosen(key, self.packages, count)
        return [*self.packages, *_chosen(key, self.derived, count - len(self.packages))]


def version(key: str) -> str:
    """Return a version of three numbers; small major numbers are the most frequent.

    Examples
    --------
    >>> version("acme/app") == version("acme/app")
    True
    """
    major, minor, patch, _ = uniforms(0, "version", key, 1)
    numbers = (major**2 * _NEWEST_MAJOR, minor * _NEWEST_MINOR, patch * _NEWEST_PATCH)
    return ".".join(str(int(number)) for number in numbers)


def project(key: str, name: str, names: Vocabulary, direct: int, locked: int) -> Project:
    """Return a project with so many direct and locked dependencies."""
    everything = [_dependency(key, package) for package in names.choose(key, max(direct, locked))]
    return Project(
        name,
        version(f"{key}\0{name}"),
        f"The {name} package",
        sorted(everything[:direct]),
        sorted(everything[:locked]),
    )


def _dependency(key: str, name: str) -> Dependency:
    chosen = version(f"{key}\0{name}")
    return Dependency(name, chosen, sha512(f"{name} {chosen}".encode()).digest())


def _chosen(key: str, items: Iterable[str], count: int) -> list[str]:
    return sorted(items, key=lambda item: blake2b(f"{key}\0{item}".encode(), digest_size=8).digest())[:count]
