"""Which files are wanted: globs over the paths of a tree.

A glob without a slash is matched against the base name at any depth, one with a slash against the whole path, where
``**`` stands for any number of directories.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from batchlab.errors import InputError

MANIFESTS = (
    "package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
    "requirements*.txt", "constraints*.txt", "pyproject.toml", "poetry.lock", "Pipfile", "Pipfile.lock", "uv.lock",
    "pdm.lock", "environment.yml", "go.mod", "go.sum", "Cargo.toml", "Cargo.lock", "Gemfile.lock", "composer.json",
    "composer.lock", "pom.xml", "packages.lock.json", "mix.lock", "pubspec.yaml", "pubspec.lock",
)  # fmt: skip
"""Manifests and lockfiles of the common package managers: what is read unless ``patterns`` says otherwise."""


class PathFilter:
    """Tell wanted paths from others.

    Parameters
    ----------
    patterns
        Globs, at least one.

    Raises
    ------
    InputError
        There is no pattern, or one is empty or has a range that runs backwards.

    Examples
    --------
    >>> wanted = PathFilter(["*.toml", "src/**/setup.cfg"])
    >>> [wanted(p) for p in ("a/b/x.toml", "src/setup.cfg", "src/a/setup.cfg", "setup.cfg")]
    [True, True, True, False]
    """

    def __init__(self, patterns: Sequence[str] = MANIFESTS) -> None:
        if isinstance(patterns, str):
            patterns = (patterns,)
        if not patterns or not all(patterns):
            raise InputError(f"patterns={list(patterns)!r}: give at least one glob, and no empty one, such as '*.lock'")
        self.patterns = tuple(patterns)
        names = [p for p in self.patterns if "/" not in p]
        self._literals = frozenset(p for p in names if not _WILD.search(p))
        self._name = _union(p for p in names if _WILD.search(p))
        self._path = _union(p.lstrip("/") for p in self.patterns if "/" in p)

    def __call__(self, path: str) -> bool:
        """Return whether the path is wanted."""
        name = path.rpartition("/")[2]
        return name in self._literals or bool(self._name.match(name)) or bool(self._path.match(path))


_WILD = re.compile(r"[*?[]")
_TOKEN = re.compile(r"\*\*/|\*\*$|\*|\?|\[!?[^\]/]+\]|.", re.DOTALL)
_MEANT_BY_RE = re.compile(r"[\\\[^&|~]|-(?=-)")
_NOTHING = re.compile(r"(?!)")


def _union(patterns: Iterable[str]) -> re.Pattern[str]:
    alternatives = [_TOKEN.sub(_translated, pattern) for pattern in patterns]
    try:
        return re.compile(rf"(?s:{'|'.join(alternatives)})\Z") if alternatives else _NOTHING
    except re.error as error:
        raise InputError(f"patterns: {error}; write a range of characters from low to high, such as [a-z]") from None


def _translated(token: re.Match[str]) -> str:
    match text := token.group():
        case "**/":
            return "(?:[^/]+/)*"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _ if len(text) > 1:
            return _one_of(text[1:-1])
    return re.escape(text)


def _one_of(members: str) -> str:
    negated = members.startswith("!") and len(members) > 1
    literal = _MEANT_BY_RE.sub(r"\\\g<0>", members[negated:])
    return f"(?!/)[^{literal}]" if negated else f"[{literal}]"
