"""How a server slows down under load: the knee, where the recorded concurrency shows one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batchlab.hub.conditions import Server

KAPPAS = (0.0, 0.005, 0.01, 0.02, 0.04, 0.08)
RARE = 2  # parameters that a server which loses under load costs beside its own: most do not
PLAUSIBLE = 2.71  # of twice the log-likelihood that a rival may fall short by: its 90 % point for one parameter
ENOUGH = 30  # calls that a knee is looked for in
FEW = 5  # calls at half the load or less that a statement about the knee needs
Array = NDArray[np.float64]


@dataclass(frozen=True)
class LoadFit:
    """What the load of calls has to do with their service time.

    Parameters
    ----------
    server
        The knee that was found; none where service does not grow with load as far as it was seen.
    highest
        Most calls in flight that were seen, in calls.
    compared
        Whether enough calls met a low load to tell.
    rivals
        Of the servers that explain the calls nearly as well, those that half and twice the load would change least and
        most. Where no knee was found, servers with one that explain them better, though by less than a knee must.
    """

    server: Server
    highest: int
    compared: bool
    rivals: tuple[Server, ...] = ()


def fit_load(seconds: Array, load: Array, group: Array) -> LoadFit:
    """Return the knee that explains how service grows with load, if it does.

    Each group has a median of its own. A knee must explain the spread of the logarithms better by more than chance
    does (Bayesian information criterion, with two-sided exponential errors, which bear slow tails).

    Parameters
    ----------
    seconds
        Service times, above 0.
    load
        Calls in flight when each was sent.
    group
        A number for the kind of each call.

    Examples
    --------
    >>> load = np.tile(np.arange(1.0, 13.0), 5)
    >>> fit_load(0.1 * np.maximum(1.0, load / 6.0), load, np.zeros(60)).server
    Server(knee=6.0, kappa=0.0)
    """
    highest = int(load.max(initial=0.0))
    if len(seconds) < ENOUGH:
        return LoadFit(Server(), highest, False)
    compared = int((load <= highest / 2).sum()) >= FEW and highest > 1
    logs = np.log(np.maximum(seconds, 1e-6))
    none = _spread(logs, load, group, Server())
    gains = {
        server: 2.0 * len(logs) * (math.log(none) - math.log(_spread(logs, load, group, server)))
        for server in _candidates(highest)
    }
    priced = {server: gain - _price(server) * math.log(len(logs)) for server, gain in gains.items()}
    best = max(priced, key=lambda server: priced[server])
    most = max(gains.values())
    near = [server for server, gain in gains.items() if gain > max(most - PLAUSIBLE, 0.0)]
    rivals = _extremes(near, highest) if most > PLAUSIBLE else ()
    return LoadFit(best if priced[best] > 0.0 else Server(), highest, compared, rivals)


def _extremes(servers: list[Server], highest: int) -> tuple[Server, ...]:
    """Return the servers that half and twice the load would change least and most."""

    def more(server: Server) -> float:
        return server.slowdown(2 * highest) / server.slowdown(highest)

    def less(server: Server) -> float:
        return server.slowdown(highest) / server.slowdown(max(1, highest // 2))

    found = (min(servers, key=more), max(servers, key=more), min(servers, key=less), max(servers, key=less))
    return tuple(dict.fromkeys(found))


def _price(server: Server) -> int:
    return 2 + (1 + RARE) * (server.kappa > 0.0)


def _candidates(highest: int) -> list[Server]:
    """Return knees to try; a knee that few calls passed is none."""
    knees = np.unique(np.round(2.0 * np.geomspace(1.0, max(1.0, 0.9 * highest), 40)) / 2.0)
    return [Server(float(knee), kappa) for kappa in KAPPAS for knee in knees]


def slowdowns(server: Server, load: Array) -> Array:
    """Return how many times longer calls take that met these loads."""
    table = np.array([server.slowdown(n) for n in range(int(load.max(initial=0.0)) + 1)])
    slower: Array = table[load.astype(int)]
    return slower


def _spread(logs: Array, load: Array, group: Array, server: Server) -> float:
    idle = logs - np.log(slowdowns(server, load))
    distances = [np.abs(one - np.median(one)) for one in (idle[group == name] for name in np.unique(group))]
    return max(1e-9, float(np.concatenate(distances).mean()))
