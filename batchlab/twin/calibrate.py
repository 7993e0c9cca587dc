"""From the frames of a run to the conditions that explain it, with how well they do and what they cannot tell.

A trace is shaped by the policy that made it: a call under load is slow because of the load. Service times are therefore
freed of the load that each call met, and the load is simulated again when the scenario is run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from batchlab.cards import card, table
from batchlab.errors import InputError
from batchlab.frames import Column, Schema
from batchlab.hub.conditions import Latency, Server
from batchlab.hub.endpoint_families import Archives, GraphQL
from batchlab.hub.faults import Faults
from batchlab.hub.limit_rules import Limits
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.twin.limits_fit import ANONYMOUS, fit_limits
from batchlab.twin.link_fit import Bodies, LinkFit, fit_link, travel
from batchlab.twin.load_fit import LoadFit, fit_load, slowdowns
from batchlab.twin.observations import Recorded, observations, queries
from batchlab.twin.query_fit import coefficients, fit_queries, terms
from batchlab.twin.recorded_work import RecordedWork, recorded_work
from batchlab.twin.unidentified import unidentified
from batchlab.twin.variants import SIGMA, spread_of, variants

FIT = Schema(
    "fit",
    "A row an endpoint that was called: what was recorded, and what the calibrated scenario says of the same calls.",
    (
        Column("endpoint", "string", "tree, blob, contents, ..."),
        Column("family", "string", "section of the scenario: rest, graphql, archives or raw"),
        Column("calls", "int64", "calls that were answered", "calls"),
        Column("p50", "float64", "median of their time, sent to last byte", "s"),
        Column("p50_model", "float64", "the same in the scenario, under the same load", "s"),
        Column("p95", "float64", "95th percentile", "s"),
        Column("p95_model", "float64", "the same in the scenario", "s"),
        Column("distance", "float64", "largest distance between the two distributions (ECDF), 0 to 1", "share"),
    ),
)
AT_LARGE = {"archives": Archives().latency.sigma}  # spread of service times, where it is not that of single calls
STEPS = 200  # quantiles that a distribution is written down with, at most
SHAPED = 8  # calls below which a distribution has the shape that servers have at large
DRAWS = 32  # of the model, for each call
SLOW = 7.0  # times as long as others: a call of the slow tail, one in as many as were made
FEW = 30  # calls of a family from which its faults are its own
Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Calibration:
    """The conditions that a run shows, and its work, to be run again with other settings.

    Parameters
    ----------
    scenario
        The conditions.
    work
        What was read.
    fit
        How well the conditions explain the calls; columns of `FIT`.
    unknown
        What the run does not show, a sentence each.
    errors
        Standard error of the mean service time, over that mean, by family of endpoints, and under ``"all"`` of all
        calls together: what the number of calls leaves open.
    unsure
        By family, standard error of the logarithm of the service time.
    highest
        Most calls in flight at the API.
    rivals
        Conditions with other knees that explain the calls nearly as well, see `batchlab.twin.load_fit`. Where the
        scenario has no knee, its calls do not tell whether there is one.
    seen
        Families of endpoints that were called.
    """

    scenario: Scenario
    work: RecordedWork
    fit: pd.DataFrame
    unknown: tuple[str, ...]
    errors: Mapping[str, float]
    unsure: Mapping[str, float]
    highest: int
    seen: frozenset[str]
    rivals: tuple[Scenario, ...] = ()

    def hub(self, scenario: Scenario | None = None) -> SimHub:
        """Return a hub with the work of the run under its conditions, or under others."""
        hub = SimHub(self.work.world, scenario or self.scenario)
        hub.held = dict(self.work.held)
        return hub

    def hubs(self, count: int, scenario: Scenario | None = None) -> list[SimHub]:
        """Return hubs with the work of the run, under conditions that are spread over what its calls leave open."""
        return [self.hub(one) for one in variants(scenario or self.scenario, self.unsure, count)]

    @property
    def undecided(self) -> bool:
        """Whether the calls do not tell if the server has a knee below the load that they met."""
        return self.scenario.server.knee is None and bool(self.rivals)

    def __repr__(self) -> str:
        worst = float(self.fit["distance"].max()) if len(self.fit) else math.nan
        return (
            f"<Calibration from {int(self.fit['calls'].sum())} calls: largest distance {worst:.2f}, "
            f"{len(self.unknown)} things unknown>"
        )

    def _repr_html_(self) -> str:
        facts = {"calls": f"{int(self.fit['calls'].sum()):,}", "standard error of service": f"{self.errors['all']:.1%}"}
        unknown = {str(number): sentence for number, sentence in enumerate(self.unknown, 1)}
        fit = self.fit.to_html(index=False, border=0, float_format="{:.3g}".format)
        return card("Calibration", facts, {"Unknown": table(unknown)}) + fit


def calibrate(run: Recorded) -> Calibration:
    """Return the conditions that a run shows.

    Parameters
    ----------
    run
        A run that recorded its calls; nothing else is asked, neither a hub nor a scenario.

    Returns
    -------
    Calibration
        Scenario, work, goodness of fit, and what could not be identified.

    Raises
    ------
    InputError
        No call was answered.

    Examples
    --------
    >>> from batchlab.hub.work import Work
    >>> from batchlab.runs import scan
    >>> run = scan(hub=SimHub(Work(5, 10).world(), "no-limits"), strategy="parallel")
    >>> found = calibrate(run)
    >>> round(found.scenario.latency.measured(0.5), 1), len(found.work.world)
    (0.2, 5)
    """
    seen = observations(run)
    if seen["service"].notna().sum() == 0:
        raise InputError("no call of this run was answered; a calibration needs a run that has read something")
    load = _load(seen)
    link = fit_link(_bodies(seen, run.results))
    asked = queries(run.results, seen)
    scenario = _scenario(run, seen, asked, link, load.server)
    idle = _idle(seen, load.server)
    fit = FIT.frame(_fit(scenario, seen, asked, run.results))
    unknown = tuple(unidentified(run, seen, load, link, idle))
    families = frozenset(seen.loc[seen["service"].notna(), "family"])
    rivals = tuple(_scenario(run, seen, asked, link, server) for server in load.rivals)
    errors, work = _errors(seen, idle), recorded_work(run)
    unsure = _unsure(seen, idle, asked, scenario)
    return Calibration(scenario, work, fit, unknown, errors, unsure, load.highest, families, rivals)


def _scenario(run: Recorded, seen: pd.DataFrame, asked: pd.DataFrame, link: LinkFit, server: Server) -> Scenario:
    """Return the conditions that explain the calls, given how the server slows down under load."""
    idle = _idle(seen, server)
    limits = fit_limits(run.calls)
    rest = (seen["family"] == "rest") & seen["service"].notna()
    return Scenario(
        "calibrated",
        f"What {len(seen)} calls have shown.",
        latency=_measured(idle[rest], Latency(0.2, 0.7)),
        network=link.network,
        server=server,
        limits=limits,
        faults=_faults(seen),
        graphql=_graphql(run.calls, asked, server, limits),
        archives=_archives(run.calls, seen, link),
    )


def _idle(seen: pd.DataFrame, server: Server) -> pd.Series[float]:
    """Return service times freed of load."""
    return seen["service"] / slowdowns(server, _loads(seen))


def _loads(seen: pd.DataFrame) -> Array:
    """Return the load that matters to each call: archives and raw files are served elsewhere."""
    return np.where(seen["family"].isin(["rest", "graphql"]), seen["load"], 1).astype(float)


def _load(seen: pd.DataFrame) -> LoadFit:
    api = seen[seen["family"].isin(["rest", "graphql"]) & (seen["service"] > 0)]
    published = GraphQL()
    carried = api["files"].to_numpy(float)
    price = terms(np.minimum(carried, 25.0), carried, api["size"].to_numpy(float)) @ coefficients(published)
    of_query = (api["family"] == "graphql").to_numpy()
    seconds = api["service"].to_numpy(float) / np.where(of_query, price, 1.0)
    return fit_load(seconds, api["load"].to_numpy(float), of_query.astype(float))


def _bodies(seen: pd.DataFrame, results: pd.DataFrame) -> Bodies:
    rows = seen[seen["answered"].notna() & seen["fault"].isna() & (seen["size"] > 0)]
    archive = (rows["family"] == "archives").to_numpy()
    trees = results.assign(repo=results["repo"].str.partition("@")[0]).groupby("repo")["tree_size"].max()
    unpacked = rows["repo"].map(trees).astype("Float64").fillna(0.0).to_numpy(float)
    size = np.where(archive, unpacked, rows["size"].to_numpy(float))
    began = rows["answered"].to_numpy(float)
    return Bodies(began, rows["finished"].to_numpy(float) - began, size, archive)


def _measured(seconds: pd.Series[float], otherwise: Latency) -> Latency:
    """Return the distribution of these times as it is."""
    if seconds.empty:
        return otherwise
    quantiles = np.maximum.accumulate(_quantiles(np.asarray(seconds, dtype=np.float64), otherwise.sigma))
    return replace(otherwise, median=float(seconds.median()), quantiles=tuple(float(value) for value in quantiles))


def _quantiles(seconds: Array, at_large: float) -> Array:
    if len(seconds) < SHAPED:
        evenly = stats.norm.ppf((np.arange(STEPS) + 0.5) / STEPS)
        shaped: Array = np.exp(np.log(np.maximum(seconds, 1e-6)).mean() + spread_of(seconds, at_large) * evenly)
        return shaped
    return np.quantile(seconds, np.linspace(0.0, 1.0, min(STEPS, len(seconds))))


def _graphql(calls: pd.DataFrame, asked: pd.DataFrame, server: Server, limits: Limits) -> GraphQL:
    # Without a token there are 60 calls an hour, and no GraphQL.
    if _absent(calls, "graphql") or (limits.core is not None and limits.core <= ANONYMOUS):
        return GraphQL(enabled=False)
    shapes = _shapes(asked)
    idle = asked["service"].to_numpy(float) / slowdowns(server, asked["load"].to_numpy(float))
    return fit_queries(idle, shapes, GraphQL())


def _shapes(asked: pd.DataFrame) -> Array:
    return terms(*(asked[name].to_numpy(float) for name in ("repositories", "files", "text")))


def _archives(calls: pd.DataFrame, seen: pd.DataFrame, link: LinkFit) -> Archives:
    service = seen.loc[(seen["family"] == "archives") & seen["service"].notna(), "service"]
    published = Archives()
    return replace(
        published,
        enabled=not _absent(calls, "tarball"),
        latency=_measured(service, published.latency),
        compression=link.compression,
    )


def _absent(calls: pd.DataFrame, endpoint: str) -> bool:
    """Return whether a server has answered that it lacks an endpoint, and never otherwise."""
    status = calls.loc[calls["endpoint"] == endpoint, "status"].dropna()
    return len(status) > 0 and bool((status == 404).all())


def _faults(seen: pd.DataFrame) -> Faults:
    families = {name: rows["fault"] for name, rows in seen.groupby("family") if len(rows) >= FEW}
    return Faults(_rates(seen["fault"]), {str(name): _rates(fault) for name, fault in families.items()})


def _rates(fault: pd.Series[str]) -> dict[str, float]:
    return {str(kind): count / len(fault) for kind, count in fault.value_counts().items() if count}


def _errors(seen: pd.DataFrame, idle: pd.Series[float]) -> dict[str, float]:
    """Return the standard error of the mean service time, over that mean, by family and of all calls.

    Beside the spread that was seen, each counts a slow call that so many calls may just have missed.
    """
    totals: dict[str, float] = {}
    variances: dict[str, float] = {}
    for family, one in idle[seen["service"].notna()].groupby(seen["family"]):
        totals[str(family)] = float(one.sum())
        missed = SLOW * float(one.mean())
        variances[str(family)] = missed**2 + (float(len(one) * one.var()) if len(one) > 1 else totals[str(family)] ** 2)
    sums = totals | {"all": sum(totals.values())}
    spread = variances | {"all": sum(variances.values())}
    return {name: math.sqrt(spread[name]) / whole if whole else 1.0 for name, whole in sums.items()}


def _unsure(seen: pd.DataFrame, idle: pd.Series[float], asked: pd.DataFrame, scenario: Scenario) -> dict[str, float]:
    """Return the standard error of the logarithm of service times by family; of queries, beside what they carry."""
    served = idle[seen["service"].notna() & (seen["family"] != "graphql")].groupby(seen["family"])
    single = {str(family): _of_mean(one, AT_LARGE.get(str(family), SIGMA)) for family, one in served}
    if asked.empty:
        return single
    loads = slowdowns(scenario.server, asked["load"].to_numpy(float))
    beside = asked["service"].to_numpy(float) / loads / (_shapes(asked) @ coefficients(scenario.graphql))
    return single | {"graphql": _of_mean(beside, GraphQL().sigma)}


def _of_mean(seconds: ArrayLike, at_large: float) -> float:
    times = np.asarray(seconds, dtype=np.float64)
    return spread_of(times, at_large) / math.sqrt(len(times))


def _fit(scenario: Scenario, seen: pd.DataFrame, asked: pd.DataFrame, results: pd.DataFrame) -> dict[str, list[object]]:
    rows = [_compared(*group) for group in _modelled(scenario, seen, asked, results)]
    return {name: [row[name] for row in rows] for name in FIT.names}


def _modelled(
    scenario: Scenario, seen: pd.DataFrame, asked: pd.DataFrame, results: pd.DataFrame
) -> Iterator[tuple[str, str, Array, Array]]:
    """Yield endpoint, family, recorded times and drawn ones."""
    wires = _wire(scenario, seen, results)
    plain = seen["answered"].notna() & seen["fault"].isna() & ~seen["family"].isin(["graphql", "raw"])
    for endpoint, rows in pd.concat([seen[plain], asked]).groupby("endpoint"):
        family = str(rows["family"].iloc[0])
        wire = rows["call"].map(wires).fillna(0.0).to_numpy(float)
        slower = slowdowns(scenario.server, _loads(rows))
        drawn = np.concatenate([_draw(scenario, family, rows, (n + 0.5) / DRAWS) * slower + wire for n in range(DRAWS)])
        yield str(endpoint), family, (rows["finished"] - rows["sent"]).to_numpy(float), drawn


def _wire(scenario: Scenario, seen: pd.DataFrame, results: pd.DataFrame) -> pd.Series[float]:
    """Return the seconds that the scenario says of each body on the wire, with those that shared it."""
    carried = seen[seen["answered"].notna() & seen["fault"].isna() & (seen["size"] > 0)].sort_values("answered")
    seconds = travel(_bodies(carried, results), scenario.network, scenario.archives.compression)
    return pd.Series(seconds, index=carried["call"], dtype="float64")


def _draw(scenario: Scenario, family: str, rows: pd.DataFrame, probability: float) -> Array:
    if family == "graphql":
        section = scenario.graphql
        factor = math.exp(section.sigma * float(stats.norm.ppf(probability)))
        drawn: Array = _shapes(rows) @ coefficients(section) * factor
        return drawn
    latency = scenario.archives.latency if family == "archives" else scenario.latency
    return np.full(len(rows), latency.measured(probability))


def _compared(endpoint: str, family: str, recorded: Array, drawn: Array) -> dict[str, object]:
    (p50, p95), (p50_model, p95_model) = (np.quantile(one, (0.5, 0.95)) for one in (recorded, drawn))
    distance = float(stats.ks_2samp(recorded, drawn).statistic)
    return {
        "endpoint": endpoint, "family": family, "calls": len(recorded), "p50": p50, "p50_model": p50_model,
        "p95": p95, "p95_model": p95_model, "distance": distance,
    }  # fmt: skip
