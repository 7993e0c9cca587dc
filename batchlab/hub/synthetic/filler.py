"""Files that are no manifests: small made-up sources in a tree of folders."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from batchlab.hub.weather import uniforms

_EXTENSIONS = {
    "C#": "cs",
    "C++": "cc",
    "Dart": "dart",
    "Elixir": "ex",
    "Go": "go",
    "Java": "java",
    "JavaScript": "js",
    "Jupyter Notebook": "ipynb",
    "PHP": "php",
    "Python": "py",
    "Ruby": "rb",
    "Rust": "rs",
    "Shell": "sh",
    "TypeScript": "ts",
}
# Sizes in bytes, smaller than in public repositories so that the world is quick to build.
_MEDIAN_SIZE = 500
_SIGMA = 1.1
_LARGEST = 12_000
_DEEPEST = 5
_NORMAL = NormalDist()


def filler(key: str, language: str | None, count: int, words: Sequence[str]) -> dict[str, bytes]:
    """Return that many files by path; the first is always a README.

    Parameters
    ----------
    key
        What the draws depend on.
    language
        Decides the extension of the sources.
    count
        How many files.
    words
        For folders, names and contents.
    """
    if not count:
        return {}
    extension = _EXTENSIONS.get(language or "", "md")
    files = {"README.md": _text(key, "README.md", words)}
    for number in range(1, count):
        path = _path(key, number, extension, words)
        files[path] = _text(key, path, words)
    return files


def _path(key: str, number: int, extension: str, words: Sequence[str]) -> str:
    depth, first, second, third = uniforms(0, "path", key, number)
    # A few top folders, more below them: a word's choice narrows with the depth.
    folders = [
        "src",
        words[int(first * 8)],
        words[int(second * 20)],
        words[int(third * len(words))],
        "internal",
    ]
    place = "/".join(folders[: int(depth * (_DEEPEST + 1))])
    return f"{place}/{_name(number, words)}.{extension}" if place else f"{_name(number, words)}.{extension}"


def _name(number: int, words: Sequence[str]) -> str:
    rounds, at = divmod(number, len(words))
    return f"{words[at]}_{words[rounds % len(words)]}_{number}"


def _text(key: str, path: str, words: Sequence[str]) -> bytes:
    size, first, second, _ = uniforms(0, "text", f"{key} {path}", 1)
    length = min(_LARGEST, int(_MEDIAN_SIZE * math.exp(_SIGMA * _NORMAL.inv_cdf(size))))
    line = f"{path}: {words[int(first * len(words))]} {words[int(second * len(words))]}\n".encode()
    return line * (1 + length // len(line))
