"""What an ``Accept`` header asks GitHub for, and the headers that tell what was given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

JSON = "application/json; charset=utf-8"
_GITHUB = re.compile(r"application/vnd\.github(?:\.v3)?(?:\.(raw|object|html|sha))?(?:\+json)?(?=$|[,;\s])")


@lru_cache(maxsize=256)
def parameter(accept: str) -> str:
    """Return GitHub's media type parameter, ``""`` for plain JSON.

    Examples
    --------
    >>> parameter("application/vnd.github.raw+json"), parameter("application/vnd.github+json")
    ('raw', '')
    """
    match = _GITHUB.search(accept.lower())
    return (match[1] or "") if match else ""


def is_json(headers: Mapping[str, str]) -> bool:
    """Tell whether a body is JSON, by its headers."""
    return headers.get("content-type", "") == JSON


def raw_type(accept: str) -> str:
    """Return the content type of a raw body: the type that was asked for."""
    match = _GITHUB.search(accept.lower())
    return f"{match[0]}; charset=utf-8" if match else "application/octet-stream"


@lru_cache(maxsize=256)
def described(accept: str) -> str:
    """Return the value of ``x-github-media-type``."""
    asked = parameter(accept)
    if not asked:
        return "github.v3; format=json"
    return f"github.v3; param={asked}" + ("; format=json" if "+json" in accept else "")
