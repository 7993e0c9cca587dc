"""The addresses under which a GitHub's three hosts are reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Host = Literal["api", "codeload", "raw"]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses without a slash at the end.

    Parameters
    ----------
    api
        REST and GraphQL.
    codeload
        Archives.
    raw
        Files by path.
    """

    api: str = "https://api.github.com"
    codeload: str = "https://codeload.github.com"
    raw: str = "https://raw.githubusercontent.com"
