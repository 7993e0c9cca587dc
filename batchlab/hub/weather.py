"""Chance, by identity: the same request of the same seed always meets the same weather.

A draw depends on (seed, purpose, identity, attempt) and never on what was drawn before it, so that two
strategies that send the same call get the same latency, in whatever order they send.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from statistics import NormalDist

from batchlab.hub.conditions import Latency
from batchlab.hub.faults import Faults

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

    Log-normal around the median; a share of calls falls into a slow tail instead, uniform over its range. Measured
    quantiles stand in place of both.
    """
    body, tail, place, _ = draw
    if latency.quantiles:
        return latency.measured(body)
    if tail < latency.tail_share:
        return latency.tail_shortest + place * (latency.tail_longest - latency.tail_shortest)
    return latency.median * math.exp(latency.sigma * _STANDARD_NORMAL.inv_cdf(body))


def fault(rates: Mapping[str, float], draw: tuple[float, float, float, float]) -> str | None:
    """Return the kind of fault that strikes this call, or None."""
    threshold = 0.0
    for kind, share in rates.items():
        threshold += share
        if draw[3] < threshold:
            return kind
    return None


def rates_at(faults: Faults, family: str, seed: int, seconds: float) -> Mapping[str, float]:
    """Return the rates of faults at an instant: those of a burst, if its slot of time has one."""
    if faults.burst_share:
        slot = int(seconds // faults.burst_length)
        if uniforms(seed, "burst", str(slot), 1)[0] < faults.burst_share:
            return faults.burst_rate
    return faults.rates(family)


@dataclass(slots=True)
class Weather:
    """What one call meets: seconds of service on an idle server, and a kind of fault or None."""

    service: float
    fault: str | None


def weather(
    latency: Latency,
    faults: Faults,
    seed: int,
    identity: str,
    attempt: int,
    *,
    family: str = "rest",
    seconds: float = 0.0,
) -> Weather:
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
    family
        Family of endpoints that it belongs to; see `batchlab.hub.faults`.
    seconds
        Since the first call; only bursts depend on it.
    """
    draw = uniforms(seed, "weather", identity, attempt)
    kind = fault(rates_at(faults, family, seed, seconds), draw)
    service = service_time(latency, draw)
    return Weather(service * faults.slow_factor, None) if kind == "slow" else Weather(service, kind)
