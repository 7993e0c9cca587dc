"""ADAPTIVE's regret under conditions that no scenario has: drawn from a seed, so that nobody can have tuned it to them.

Run ``python tests/benchmarks/held_out.py SEED``. Each condition draws a knee, and whether the server is retrograde,
has a heavy tail, drifts, hides a limit, sits behind a thin link or has little budget left. Its oracle is the best of
some eight static arms, among them those that know the knee and the hidden limit. Static arms are stopped once they are
slower than the best so far; ADAPTIVE and its oracle meet the same seed. The work is scaled until an arm that knows the
knee needs about ``--seconds``, and five times as long where a limit is hidden, but to no more than 12,000 files: quick
servers are done sooner. ``net`` is the regret without the lockout of a minute that the first limit met costs: in a
short run that one, which nobody can foresee, is most of the regret. ``--alone`` is quick, for a look at two commits.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from statistics import median
from typing import Any

import click

from batchlab.batch_config import BatchConfig
from batchlab.control.remembered import Remembered
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.study.arms import Arm, arms_of
from batchlab.study.baselines import static_arm
from batchlab.study.replication import Replication, Row

FILES = 5, 10, 20, 40
MOST_FILES = 12_000
SLOWER = 1.02  # times the best so far from which a static arm is no more of interest
LOCKOUT = 60.0  # seconds, of a secondary limit: what the first one costs is told apart
OFFICIAL = {
    "points_per_minute": 900,
    "graphql_points_per_minute": 2000,
    "cpu_seconds_per_minute": 90.0,
    "graphql_cpu_seconds_per_minute": 60.0,
}


def _between(low: float, high: float, draw: random.Random) -> float:
    """Draw a number whose logarithm is uniform."""
    return float(low * (high / low) ** draw.random())


def _server(draw: random.Random) -> dict[str, Any]:
    return {
        "knee": round(_between(6, 60, draw)),
        "kappa": draw.choice([0.0, 0.0, round(_between(0.005, 0.04, draw), 3)]),
    }


def _latency(draw: random.Random) -> dict[str, Any]:
    usual = round(_between(0.005, 0.4, draw), 4)
    if draw.random() < 0.7:
        return {"median": usual, "sigma": round(draw.uniform(0.1, 0.4), 2)}
    tail = {"tail_share": 0.04, "tail_shortest": 7 * usual, "tail_longest": 14 * usual}
    return {"median": usual, "sigma": 0.6, **tail}


def _periods(draw: random.Random, knee: float, kappa: float) -> list[dict[str, Any]]:
    if draw.random() < 0.6:
        return []
    times = _between(2, 6, draw)
    other = max(3, round(knee / times)) if draw.random() < 0.5 else min(90, round(knee * times))
    return [{"start": round(draw.uniform(5.0, 12.0), 1), "server": {"knee": other, "kappa": kappa}}]


def _limits(draw: random.Random) -> dict[str, Any]:
    luck = draw.random()
    if luck < 0.3:
        hidden = {"hidden_in_flight": round(_between(8, 48, draw)), "hidden_from": draw.choice([0.0, 10.0])}
        return {"in_flight": 100, **hidden}
    if luck < 0.45:
        budget = {"core": 5000, "graphql": 5000, "remaining": draw.randint(150, 900)}
        return {"in_flight": 100, **budget, "reset_in": round(draw.uniform(300.0, 1500.0)), **OFFICIAL}
    return {"in_flight": 100}


def condition(seed: int, number: int, seconds: float) -> dict[str, Any]:
    """Return one scenario of a seed's, as the document that a YAML file of it would hold."""
    draw = random.Random(f"held out {seed}/{number}")
    server, latency, limits = _server(draw), _latency(draw), _limits(draw)
    periods = _periods(draw, server["knee"], server["kappa"])
    thin = draw.random() < 0.25
    network = {"link": 2e6, "connection": 1e6} if thin else {"link": 20e6, "connection": 5e6}
    size = draw.choice([5_000.0, 60_000.0]) if thin else 5_000.0
    files, slots = draw.choice(FILES), min(server["knee"], limits.get("hidden_in_flight", 96))
    rate = min(slots / latency["median"], network["link"] / size)
    wanted = min(MOST_FILES, rate * seconds * (5 if "hidden_in_flight" in limits else 1))
    work = {"repositories": max(20, round(wanted / files)), "files": files, "median": size, "rest": 8e6}
    return {
        "name": f"held-out-{seed}-{number}", "latency": latency, "network": network, "server": server,
        "limits": limits, "periods": periods, "work": work,
    }  # fmt: skip


def _statics(document: dict[str, Any], config: BatchConfig) -> list[Arm]:
    knees = {document["server"]["knee"], *(period["server"]["knee"] for period in document["periods"])}
    knows = {min(knee, document["limits"].get("hidden_in_flight", 96)) for knee in knees}
    singles = [static_arm(calls, "blobs", 1, config) for calls in sorted(knows | {12, 24, 48})]
    queries = [static_arm(calls, "graphql", files, config) for calls, files in ((24, 25), (6, 50), (3, 100))]
    return [*singles, *queries, static_arm(12, "tarball", 1, config)]


def _oracle(hub: SimHub, arms: list[Arm], seed: int, deadline: float) -> Row:
    best: Row = {"makespan": deadline, "strategy": "none in time"}
    for arm in arms:
        row = Replication(0, arm, seed, deadline=SLOWER * best["makespan"]).row(hub)
        if not row["failed"] and row["makespan"] < best["makespan"]:
            best = row
    return best


def judge(number: int, seed: int, seconds: float, warm: bool, alone: bool) -> dict[str, Any]:
    """Return the row of one condition."""
    document, config = condition(seed, number, seconds), BatchConfig.lab()
    hub, weather = SimHub(scenario=Scenario.parse(document)), 1000 * seed + number
    (adaptive,) = arms_of(["adaptive"], config)
    cold = Replication(0, adaptive, weather, teaches=warm).row(hub)
    best = cold if alone else _oracle(hub, _statics(document, config), weather, 1.2 * cold["makespan"])
    lockout = LOCKOUT if cold["limit_hits"] else 0.0
    row = {
        "number": number, "oracle": best["strategy"], "seconds": best["makespan"],
        "regret": cold["makespan"] / best["makespan"] - 1, "net": (cold["makespan"] - lockout) / best["makespan"] - 1,
        "calls": cold["calls"], "hits": cold["limit_hits"], "lost": cold["failed"], "what": _told(document),
    }  # fmt: skip
    if warm and "learned" in cold:
        again = Replication(0, adaptive, weather, recalled=Remembered(**cold["learned"])).row(hub)
        row |= {"warm": again["makespan"] / best["makespan"] - 1, "warm_hits": again["limit_hits"]}
    return row


def _told(document: dict[str, Any]) -> str:
    server, latency, limits, work = (document[name] for name in ("server", "latency", "limits", "work"))
    words = [f"knee {server['knee']}", f"{1000 * latency['median']:.0f} ms"]
    words += [f"kappa {server['kappa']}"] if server["kappa"] else []
    words += ["tail"] if "tail_share" in latency else []
    words += [f"knee {period['server']['knee']} from {period['start']} s" for period in document["periods"]]
    words += (
        [f"at most {limits['hidden_in_flight']} from {limits['hidden_from']:.0f} s"]
        if "hidden_in_flight" in limits
        else []
    )
    words += [f"{limits['remaining']} calls left"] if "remaining" in limits else []
    words += ["thin link"] if document["network"]["link"] < 20e6 else []
    return ", ".join([*words, f"{work['repositories']} x {work['files']} of {work['median'] / 1000:.0f} KB"])


def _line(row: dict[str, Any]) -> str:
    warm = f"{row['warm']:+8.1%} {row['warm_hits']:3}" if "warm" in row else " " * 12
    return (
        f"{row['number']:3} {row['oracle']:15} {row['seconds']:7.1f} {row['regret']:+8.1%} {row['net']:+8.1%} "
        f"{row['hits']:4} {row['lost']:4} {warm} {row['calls']:6}  {row['what']}"
    )


@click.command()
@click.argument("seed", type=int)
@click.option("--conditions", default=12, help="How many are drawn.")
@click.option("--only", default="", help="Numbers of those that are measured, by comma.")
@click.option("--seconds", default=30.0, help="About what the best single limit needs.")
@click.option("--warm/--cold", default=False, help="Whether ADAPTIVE goes again with what it has learned.")
@click.option("--alone/--judged", default=False, help="Whether ADAPTIVE's seconds are told without an oracle's.")
@click.option("--workers", default=1, help="Processes.")
def main(seed: int, conditions: int, only: str, seconds: float, warm: bool, alone: bool, workers: int) -> None:
    """Draw, measure, print."""
    began = time.perf_counter()
    numbers = [int(number) for number in only.split(",")] if only else list(range(conditions))
    print("  # oracle          seconds   regret      net hits lost    warm hit  calls  what")
    rows = []
    with ProcessPoolExecutor(workers) as pool:
        for row in pool.map(judge, numbers, repeat(seed), repeat(seconds), repeat(warm), repeat(alone)):
            rows.append(row)
            print(_line(row), flush=True)
    regrets = [row["regret"] for row in rows]
    print(f"median {median(regrets):+.1%}, worst {max(regrets):+.1%}; {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
