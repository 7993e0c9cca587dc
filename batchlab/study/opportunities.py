"""What could be changed about a run, what that would save, and the proof: `opportunities`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from batchlab.errors import InputError
from batchlab.frames import Column, Schema
from batchlab.hubs import Hub
from batchlab.patterns import MANIFESTS
from batchlab.runs.binding import RESOURCES, main_resource
from batchlab.runs.run import Run
from batchlab.study.candidates import Candidate, candidates, tally_of
from batchlab.study.experiment import Outcome, Work, arm_of, experiment
from batchlab.study.prediction import Prediction, doubted, predict, undecided
from batchlab.study.trials import Trials
from batchlab.twin.calibrate import Calibration, calibrate

OPPORTUNITIES = Schema(
    "opportunities",
    "A row a change that was tried in the twin: those that save come first, the most first, then those that do not.",
    (
        Column("id", "string", "name of the change, unique in the frame"),
        Column("change", "string", "what to do, or what will not help"),
        Column("config", "string", "JSON of settings to change, with strategy where it is another", nullable=True),
        Column("kind", "string", "config: can be applied; advice: is no setting; none: does not help"),
        Column("evidence", "string", "what the run shows"),
        Column("saving_seconds", "float64", "makespan that it saves; negative where it costs", "s"),
        Column("saving_seconds_low", "float64", "lower end of its 90 % interval", "s"),
        Column("saving_seconds_high", "float64", "upper end of its 90 % interval", "s"),
        Column("saving_calls", "float64", "calls that it saves", "calls"),
        Column("saving_points", "float64", "budget points that it saves", "points"),
        Column("saving_bytes", "float64", "bytes of answers that it saves", "bytes"),
        Column("baseline_seconds", "float64", "makespan without it, over other seeds", "s"),
        Column("method", "string", "exact count, replay (all it needs was seen), or refit (rests on assumptions)"),
        Column("assumptions", "string", "what must hold beside what was seen; empty where nothing must"),
        Column("confidence", "float64", "probability that the row's statement is right", "share"),
        Column("verified_seconds", "float64", "makespan that it saved when tried", "s", nullable=True),
        Column("verified_calls", "float64", "calls that it saved when tried", "calls", nullable=True),
        Column("status", "string", "open, confirmed, missed or refuted"),
    ),
)
WORTH = 0.02  # of the baseline: what saves less is no opportunity
SURE = 0.7  # probability from which a saving is called one
ABSENT = 0.1  # probability that a server lacks a route which the run has not called
UNSEEN = 100_003  # added to the seeds of a prediction, for those that verify it
_SINGLE = frozenset({"routes-single", "strategy-parallel"})
_USES = {
    "routes-single": (), "routes-queries": ("graphql",), "routes-archives": ("archives",),
    "routes-all": ("graphql", "archives"), "strategy-conservative": ("graphql",), "strategy-aggressive": ("graphql",),
    "strategy-adaptive": ("graphql", "archives"),
}  # fmt: skip


def opportunities(
    run: Run,
    *,
    verify: bool = False,
    hub: Hub | None = None,
    seeds: Iterable[int] = range(3),
    workers: int = 1,
) -> pd.DataFrame:
    """Return what could be changed about a run, with what each change would save.

    Each change is tried in the twin: the run's work is read again under the conditions that the run has shown, with
    the change and without it, under the same seeds. What does not help is a row, too.

    Parameters
    ----------
    run
        The run; it is all that a prediction is made from.
    verify
        Whether to try each change on ``hub``, with seeds that the prediction has not seen.
    hub
        What the run was made on, or another to try the changes on; needed to verify.
    seeds
        Replications of each change, at least two.
    workers
        Processes; with more than one, a script needs ``if __name__ == "__main__":``.

    Returns
    -------
    pandas.DataFrame
        Columns of `OPPORTUNITIES`, those that save first. Where no setting would help, the first row says so.

    Raises
    ------
    InputError
        The run read nothing, was interrupted, or was made with a policy of your own; there are too few seeds; or
        ``verify`` is asked for without a hub.

    Notes
    -----
    After ``verify=True``, ``status`` is *confirmed* where the saving that was measured lies within the interval,
    *refuted* where it has the other sign and more than 2 % of the baseline, and *missed* otherwise. Changes that
    cannot be tried on that hub, such as another token, stay *open*.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.work import Work
    >>> from batchlab.runs import scan
    >>> hub = SimHub(Work(4, 20).world(), "no-limits")
    >>> frame = opportunities(scan(hub=hub, strategy="sequential"), seeds=range(2))
    >>> settings = frame[frame["kind"] == "config"]
    >>> bool(settings["saving_seconds"].iloc[0] > 10)
    True
    """
    replications = list(seeds)
    if len(replications) < 2:
        raise InputError(f"opportunities needs two seeds or more, not {len(replications)}; such as seeds=range(3)")
    if verify and hub is None:
        raise InputError("verify=True needs the hub to try the changes on: opportunities(run, verify=True, hub=hub)")
    if run.interrupted:
        raise InputError("the run was interrupted, so that its makespan is not that of its work; make a whole one")
    arm_of(run)
    found = calibrate(run)
    tried = candidates(run, tally_of(run).opportunities())
    claims = _claims(run, found, tried, replications, workers)
    frame = OPPORTUNITIES.frame(_columns(run, claims))
    return verified(frame, run, hub, [seed + UNSEEN for seed in replications], workers) if verify and hub else frame


@dataclass(frozen=True)
class _Claim:
    """A candidate with what the twin says of it."""

    candidate: Candidate
    outcome: Outcome
    prediction: Prediction
    method: str
    assumptions: str
    unseen: bool

    @property
    def saves(self) -> bool:
        """Whether it is worth a word: it saves more than a little, and is likely to."""
        prediction = self.prediction
        return prediction.seconds > WORTH * prediction.baseline and prediction.confidence > SURE


def _claims(
    run: Run, found: Calibration, tried: Sequence[Candidate], seeds: Sequence[int], workers: int
) -> list[_Claim]:
    trials = Trials(run, found, seeds, workers)
    known = trials.outcomes(tried)
    shifts = trials.shifts(known)
    return [_claim(run, found, one, outcome, shifts.get(one.name)) for one, outcome in known]


def _claim(run: Run, found: Calibration, one: Candidate, outcome: Outcome, shifts: list[float] | None) -> _Claim:
    assumptions = _assumptions(found, one, outcome, shifts is not None and outcome.peak > found.highest)
    if (run.decisions["loop"] == "configuration").any():
        assumptions.append("the settings at the start hold throughout: this run had them changed under way")
    method = "exact count" if one.exact else "refit" if assumptions else "replay"
    anew = one.name.startswith(("routes", "strategy"))
    error = found.errors["rest" if one.name in _SINGLE and "rest" in found.errors else "all"]
    prediction = predict(outcome, run.makespan, error, anew=anew)
    unseen = bool(_unseen(found, one))
    if shifts:
        prediction = (undecided if found.undecided else doubted)(prediction, shifts)
    return _Claim(one, outcome, prediction, method, "; ".join(assumptions), unseen)


def _unseen(found: Calibration, one: Candidate) -> list[str]:
    """Return the families of endpoints that a change needs and the run did not call."""
    return [family for family in _USES.get(one.name, ()) if family not in found.seen]


def _assumptions(found: Calibration, one: Candidate, outcome: Outcome, beyond: bool) -> list[str]:
    said = [
        f"{family} is there, and takes what is published: this run did not call it" for family in _unseen(found, one)
    ]
    if beyond:
        said.append(f"the server bears {outcome.peak} calls in flight as it bore {found.highest}")
    if one.limits:
        said.append("nothing but the budget is another")
    return said


def _columns(run: Run, claims: Sequence[_Claim]) -> dict[str, list[Any]]:
    best = sorted((claim for claim in claims if claim.saves), key=lambda claim: -claim.prediction.seconds)
    others = sorted((claim for claim in claims if not claim.saves), key=lambda claim: -claim.prediction.seconds)
    bound = _bound(run)
    rows = [_row(claim, claim.candidate.change, _kind(claim)) for claim in best]
    rows += [_row(claim, f"{claim.candidate.subject} {_verdict(claim)}: {bound}", "none") for claim in others]
    if claims and all(claim.candidate.is_advice for claim in best):
        rows.insert(0, _at_the_bound(run, claims, bound))
    return {name: [row[name] for row in rows] for name in OPPORTUNITIES.names}


def _kind(claim: _Claim) -> str:
    return "advice" if claim.candidate.is_advice else "config"


def _verdict(claim: _Claim) -> str:
    prediction, least = claim.prediction, WORTH * claim.prediction.baseline
    if prediction.seconds < -least:
        return "costs time"
    return "is not shown to help" if prediction.seconds > least else "will not help"


def _bound(run: Run) -> str:
    """Return what bound the run longest, in words."""
    frame = run.explain("minute")
    resource = main_resource(frame)
    share = float(frame.loc[frame["resource"] == resource, "seconds"].sum()) / (run.makespan or 1.0)
    return f"{share:.0%} of the time {RESOURCES[resource]}"


def _at_the_bound(run: Run, claims: Sequence[_Claim], bound: str) -> dict[str, Any]:
    baseline = claims[0].prediction.baseline
    return dict.fromkeys(OPPORTUNITIES.names, 0.0) | {
        "id": "at-the-bound",
        "change": "leave the settings as they are: the run is at its bound, and none that was tried makes it faster",
        "config": None,
        "kind": "none",
        "evidence": bound,
        "saving_seconds_high": WORTH * baseline,
        "baseline_seconds": baseline,
        "method": "replay",
        "assumptions": "",
        "confidence": min(1.0 - claim.prediction.confidence for claim in claims if not claim.candidate.is_advice),
        "verified_seconds": math.nan,
        "verified_calls": math.nan,
        "status": "open",
    }


def _row(claim: _Claim, change: str, kind: str) -> dict[str, Any]:
    prediction, one = claim.prediction, claim.candidate
    return {
        "id": one.name,
        "change": change,
        "config": None if one.is_advice else json.dumps(dict(one.settings)),
        "kind": kind,
        "evidence": one.evidence,
        "saving_seconds": prediction.seconds,
        "saving_seconds_low": prediction.low,
        "saving_seconds_high": prediction.high,
        "saving_calls": claim.outcome.saved("calls"),
        "saving_points": _points(claim),
        "saving_bytes": claim.outcome.saved("bytes"),
        "baseline_seconds": prediction.baseline,
        "method": claim.method,
        "assumptions": claim.assumptions,
        "confidence": _confidence(claim, kind),
        "verified_seconds": math.nan,
        "verified_calls": math.nan,
        "status": "open",
    }


def _confidence(claim: _Claim, kind: str) -> float:
    """Return the probability that what a row says is right; routes that were not called may not be there at all."""
    sure = claim.prediction.confidence * ((1.0 - ABSENT) if claim.unseen else 1.0)
    return 1.0 - sure if kind == "none" else sure


def _points(claim: _Claim) -> float:
    """Return the points saved: all of them where a kept cache lets trees be asked for conditionally, which is free."""
    if claim.candidate.again:
        return float(np.mean([row["points"] for row in claim.outcome.before]))
    return claim.outcome.saved("points")


def verified(frame: pd.DataFrame, run: Run, hub: Hub, seeds: Sequence[int], workers: int = 1) -> pd.DataFrame:
    """Return the frame with each change tried on a hub.

    Parameters
    ----------
    frame
        What `opportunities` returned for ``run``.
    run
        The run.
    hub
        What to try the changes on.
    seeds
        Of the replications; those of the prediction are no proof.
    workers
        Processes.
    """
    by_name = {one.name: one for one in candidates(run, tally_of(run).opportunities())}
    tried = [by_name[name] for name in frame["id"] if name in by_name]
    outcomes = experiment(run, tried, [hub] * len(seeds), _work_of(run), seeds, workers)
    measured = {one.name: outcome for one, outcome in zip(tried, outcomes, strict=True) if outcome is not None}
    rows = frame.to_dict("records")
    for row in rows:
        if row["id"] in measured:
            row["verified_seconds"] = float(measured[row["id"]].seconds.mean())
            row["verified_calls"] = measured[row["id"]].saved("calls")
            row["status"] = _status(row)
    return OPPORTUNITIES.frame({name: [row[name] for row in rows] for name in OPPORTUNITIES.names})


def _work_of(run: Run) -> Work:
    """Return what a run was asked for; all of the hub's repositories where it does not say."""
    patterns = run.patterns or MANIFESTS
    return Work(patterns, run.repositories)


def _status(row: Mapping[Any, Any]) -> str:
    seconds = row["verified_seconds"]
    if row["saving_seconds_low"] <= seconds <= row["saving_seconds_high"]:
        return "confirmed"
    opposite = seconds * row["saving_seconds"] < 0.0
    return "refuted" if opposite and abs(seconds) > WORTH * row["baseline_seconds"] else "missed"
