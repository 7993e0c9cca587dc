"""Chance, by identity: the same request of the same seed always meets the same weather.

A draw depends on (seed, purpose, identity, attempt) and never on what was drawn before it, so that two
strategies that send the same call get the same latency, in whatever order they send.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from hashlib import blake2b
from statistics import NormalDist

from batchlab.hub.scenario import Faults, Latency

_STANDARD_NORMAL = NormalDist()
_UNPACK = struct.Struct("<4Q").unpack
_SCALE = 2.0**-64
_SMALLEST = 2.0**-54


def uniforms(seed: int, purpose: str, identity: str, attempt: int) -> tuple[float, float, float, float]:
    """Return four numbers, uniform between 0 and 1 exclusive, that depend on the arguments only.

    Examples
    --------
    >>> uniforms(0, "latency", "/a", 1) == uniforms(0, "latency", "/a", 1)
    True
    """
    digest = blake2b(f"{seed}\0{purpose}\0{identity}\0{attempt}".encode(), digest_size=32).digest()
    a, b, c, d = _UNPACK(digest)
    return _open(a), _open(b), _open(c), _open(d)


def _open(word: int) -> float:
    return min(max(word * _SCALE, _SMALLEST), 1.0 - _SMALLEST)


def service_time(latency: Latency, draw: tuple[float, float, float, float]) -> float:
    """Return seconds from arrival to the first byte on an idle server.

    Log-normal around the median; a share of calls falls into a slow tail instead, uniform over its range.
    """
    body, tail, place, _ = draw
    if tail < latency.tail_share:
        return latency.tail_shortest + place * (latency.tail_longest - latency.tail_shortest)
    return latency.median * math.exp(latency.sigma * _STANDARD_NORMAL.inv_cdf(body))


def fault(faults: Faults, draw: tuple[float, float, float, float]) -> str | None:
    """Return the kind of fault that strikes this call, or None."""
    threshold = 0.0
    for kind, share in faults.error_rate.items():
        threshold += share
        if draw[3] < threshold:
            return kind
    return None


@dataclass(frozen=True, slots=True)
class Weather:
    """What one call meets: seconds of service on an idle server, and a kind of fault or None."""

    service: float
    fault: str | None


def weather(latency: Latency, faults: Faults, seed: int, identity: str, attempt: int) -> Weather:
    """Return what a call meets.

    Parameters
    ----------
    latency, faults
        The scenario's sections.
    seed
        Of the scenario or the replication.
    identity
        Method and target of the request: who asks, and when, does not matter.
    attempt
        How often this identity has been sent, from 1.
    """
    draw = uniforms(seed, "weather", identity, attempt)
    return Weather(service_time(latency, draw), fault(faults, draw))
