"""What might be changed about a run: settings, strategies, and what is no setting. Nothing is foretold here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pandas as pd

from batchlab.batch_config import FIELDS, USUAL_ROUTES, BatchStrategy
from batchlab.batch_models import FileStatus
from batchlab.control.opportunities import Opportunity, Tally
from batchlab.runs.run import Run

RICH = 15_000  # points an hour of GitHub Enterprise Cloud's apps
_ROOMY_REPOS = 32
_QUICK_RETRY = 0.25


@dataclass(frozen=True)
class Candidate:
    """A change that might help.

    Parameters
    ----------
    name
        Short and unique among the candidates of a run.
    change
        What to do, as an imperative without its full stop.
    subject
        What it is about, for the sentence that says that it does not help.
    settings
        Fields of `BatchConfig` and their new values; ``strategy`` names another strategy.
    evidence
        What the run shows that speaks for it.
    limits
        Fields of a scenario's limits that another token or another hour would have.
    wait
        Seconds before the run could begin.
    again
        Whether it is about reading the same once more, with a cache that was kept.
    exact
        Whether its calls are counted, not foretold.
    idle
        Whether the run shows that it changes nothing: it need not be tried.
    """

    name: str
    change: str
    subject: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    evidence: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    wait: float = 0.0
    again: bool = False
    exact: bool = False
    idle: bool = False

    @property
    def is_advice(self) -> bool:
        """Whether it is no setting."""
        return not self.settings


def tally_of(run: Run) -> Tally:
    """Return what the metrics collector would have counted, from the frames of a run."""
    files = run.files
    rows: list[Any] = [
        SimpleNamespace(sha=None if pd.isna(sha) else sha, status=FileStatus(status), from_cache=cached)
        for sha, status, cached in zip(files["sha"], files["status"], files["from_cache"], strict=True)
    ]
    tally = Tally()
    # Rows of these frames have the fields of the records that they were made from.
    calls: list[Any] = list(run.calls.itertuples(index=False))
    batches: list[Any] = list(run.batches.itertuples(index=False))
    tally.take_outcome(len(files), int((files["status"] == "failed").sum()))
    tally.take_files(rows)
    tally.take_calls(calls, batches)
    tally.take_slots(calls, run.makespan, float(run.metrics["mean_limit"].iloc[-1]))
    return tally


def candidates(run: Run, counted: list[Opportunity]) -> list[Candidate]:
    """Return what might be changed about a run.

    Parameters
    ----------
    run
        The run.
    counted
        What the metrics collector found by counting; its sentences are evidence.
    """
    said = {each.setting: each.sentence for each in counted}
    found = [
        *_concurrency(run, said), *_repositories(run, said), *_batch_size(run), *_routes(run, said), *_strategies(run),
        *_equal_files(run, said), *_budgets(run), *_order(run), *_streaming(run), *_retries(run, said), *_cache(run),
    ]  # fmt: skip
    return [each for each in found if each.is_advice or _differs(run, each.settings)]


def _differs(run: Run, settings: Mapping[str, Any]) -> bool:
    now = run.config.to_dict() | {"strategy": run.strategy}
    return any(now[name] != value for name, value in settings.items())


def _concurrency(run: Run, said: Mapping[str, str]) -> Iterator[Candidate]:
    if run.strategy == "sequential":
        return
    now, peak = run.config.max_concurrent_requests, int(run.metrics["peak_in_flight"].max())
    most = FIELDS["max_concurrent_requests"].metadata["range"][1]
    evidence = f"up to {peak} calls were in flight, of {now} allowed"
    if peak >= now or run.strategy in ("adaptive", "parallel", "aggressive"):
        up = min(most, 2 * now)
        yield Candidate(
            "concurrency-up",
            f"allow {up} calls in flight",
            "more concurrency",
            {"max_concurrent_requests": up},
            evidence,
        )
    if peak > 1:
        down = max(1, min(now, peak) // 2)
        yield Candidate(
            "concurrency-down", f"allow only {down} calls in flight", "less concurrency",
            {"max_concurrent_requests": down}, said.get("max_concurrent_requests", evidence),
        )  # fmt: skip


def _repositories(run: Run, said: Mapping[str, str]) -> Iterator[Candidate]:
    now, asked = run.config.max_concurrent_repos, run.results["repo"].nunique()
    roomy = min(_ROOMY_REPOS, asked)
    if now < roomy and run.strategy != "sequential":
        evidence = f"{asked} repositories were read, at most {now} trees and archives at once"
        yield Candidate(
            "repositories-up", f"read {roomy} trees and archives at once", "more trees at once",
            {"max_concurrent_repos": roomy}, said.get("max_concurrent_repos", evidence),
        )  # fmt: skip


def _batch_size(run: Run) -> Iterator[Candidate]:
    queries = run.calls[run.calls["endpoint"] == "graphql"]
    if queries.empty:
        return
    config, evidence = run.config, f"{len(queries)} queries carried {queries['files'].mean():.1f} files each on average"
    up = {"max_batch_size": 2 * config.max_batch_size, "default_batch_size": 2 * config.default_batch_size}
    if up["max_batch_size"] <= FIELDS["max_batch_size"].metadata["range"][1]:
        yield Candidate("batch-up", f"send up to {up['max_batch_size']} files a call", "larger batches", up, evidence)
    down = {name: max(config.min_batch_size, value // 4) for name, value in up.items()}
    yield Candidate(
        "batch-down", f"send at most {down['max_batch_size']} files a call", "smaller batches", down, evidence
    )


def _routes(run: Run, said: Mapping[str, str]) -> Iterator[Candidate]:
    used = set(run.batches["route"]) - {"tree"}
    evidence = said.get("routes", f"files came by {', '.join(sorted(used)) or 'no call'}")
    ways = {
        "single": (("blobs",), "fetch one file a call (route blobs)"),
        "queries": (("blobs", "graphql"), "fetch by GraphQL, without archives"),
        "archives": (("blobs", "tarball"), "fetch by archives and single files, without GraphQL"),
        "all": (USUAL_ROUTES, "leave the choice among all routes to the planner"),
    }
    for name, (routes, change) in ways.items():
        if used - {"contents"} != set(routes) - {"contents"}:
            yield Candidate(
                f"routes-{name}", change, f"another choice of routes ({name})", {"routes": routes}, evidence
            )


def _strategies(run: Run) -> Iterator[Candidate]:
    for strategy in BatchStrategy:
        name = strategy.value
        if name not in ("sequential", run.strategy):
            yield Candidate(
                f"strategy-{name}", f"use strategy {name}", f"strategy {name}", {"strategy": name},
                f"{run.strategy} took {run.makespan:.1f} s and {len(run.calls)} calls",
            )  # fmt: skip


def _equal_files(run: Run, said: Mapping[str, str]) -> Iterator[Candidate]:
    if not run.config.fold_duplicates and "fold_duplicates" in said:
        yield Candidate(
            "fold", "read equal files once", "folding equal files", {"fold_duplicates": True}, said["fold_duplicates"],
            exact=True,
        )  # fmt: skip


def _budgets(run: Run) -> Iterator[Candidate]:
    held = float(run.metrics["pacing_wait"].sum() + run.metrics["limit_wait"].sum())
    told = run.calls[run.calls["budget"].notna()]
    if told.empty:
        return
    evidence = f"files waited {held:,.0f} s in all for budgets and limits"
    if run.config.rate_limit_buffer < 1.0 and held > 0.0:
        yield Candidate(
            "buffer", "spend each budget in full (rate_limit_buffer 1.0)", "a smaller reserve",
            {"rate_limit_buffer": 1.0}, evidence,
        )  # fmt: skip
    budget, first = int(told["budget"].max()), told.iloc[0]
    left = f"{int(first['left']):,} of {int(first['budget']):,} points were left at the start"
    if budget < RICH:
        rich = {"core": RICH, "remaining": None, "graphql": RICH, "graphql_remaining": None}
        yield Candidate(
            "token", "use a token with more budget", "a token with more budget", {}, left, rich, idle=held == 0.0
        )
    if held > 0.0 and int(first["left"]) < int(first["budget"]) // 2:
        fresh = {"remaining": None, "reset_in": 3600.0, "graphql_remaining": None, "graphql_reset_in": 3600.0}
        wait = max(0.0, float(first["reset"]) - float(run.calls["sent"].min()))
        yield Candidate(
            "reset", f"begin {wait:,.0f} s later, after the reset", "waiting for the reset", {}, left, fresh, wait
        )


def _order(run: Run) -> Iterator[Candidate]:
    if run.config.enable_file_prioritization and run.files["priority"].nunique() > 1:
        yield Candidate(
            "order", "read files in the order of asking", "another order of files",
            {"enable_file_prioritization": False}, f"files had {run.files['priority'].nunique()} priorities",
        )  # fmt: skip


def _streaming(run: Run) -> Iterator[Candidate]:
    threshold = run.config.stream_large_files_threshold
    large = int((run.files["size"].fillna(0) > threshold).sum())
    if large:
        yield Candidate(
            "streaming", "stream only files above 100 MB", "another streaming threshold",
            {"stream_large_files_threshold": 100 * 1024 * 1024},
            f"{large} files were streamed, each in a call of its own",
        )  # fmt: skip


def _retries(run: Run, said: Mapping[str, str]) -> Iterator[Candidate]:
    if "retry_delay_base" in said and run.config.retry_delay_base > _QUICK_RETRY:
        yield Candidate(
            "retries", f"retry after {_QUICK_RETRY} s", "quicker retries", {"retry_delay_base": _QUICK_RETRY},
            said["retry_delay_base"],
        )  # fmt: skip


def _cache(run: Run) -> Iterator[Candidate]:
    fetched = run.files[(run.files["status"] == "delivered") & ~run.files["from_cache"]]
    if len(fetched):
        yield Candidate(
            "cache", "keep a cache for the next run of the same", "a cache", {},
            f"{len(fetched)} files were fetched; their shas tell whether they have changed", again=True, exact=True,
        )  # fmt: skip
