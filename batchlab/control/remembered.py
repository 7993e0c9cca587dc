"""What one run has learned of a host and the next one begins with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Remembered:
    """What a run has learned of one host.

    Parameters
    ----------
    limit
        Calls in flight that it kept to, at least 1.
    files_a_call
        Files that a call of many carried, at least 1.
    idle
        By kind of call, the median seconds that it took when the server was at its quickest; for ``graphql`` how many
        times as long as the prior says.

    Raises
    ------
    ValueError
        A number is out of its range.
    """

    limit: int
    files_a_call: int
    idle: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.limit < 1 or self.files_a_call < 1:
            raise ValueError(f"limit {self.limit} and files a call {self.files_a_call} must be at least 1")
        for kind, seconds in self.idle.items():
            if not 0.0 < seconds < math.inf:
                raise ValueError(f"the idle seconds of {kind} are {seconds}")
