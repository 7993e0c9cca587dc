"""What a strategy explorer asks the twin, and what it answers: studies that grow strategy by strategy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from batchlab.batch_config import BatchConfig
from batchlab.hub.sim import SimHub
from batchlab.runs.handle import RunHandle
from batchlab.study.arms import Strategy
from batchlab.study.comparison import Study, compare, ranked, verdict
from batchlab.study.lower_bound import Bound, bound
from batchlab.widgets.latest import Superseded


@dataclass(frozen=True)
class Question:
    """A study to be made.

    Parameters
    ----------
    hub
        What is read, under which conditions.
    config
        Settings of every strategy.
    strategies, seeds
        What is compared, in this order, and the replications of each.
    """

    hub: SimHub
    config: BatchConfig
    strategies: tuple[Strategy, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """What is known so far.

    Parameters
    ----------
    study
        Of the strategies that have run.
    bound
        What none of them can beat, under the first seed.
    missing
        Strategies that have not run yet.
    """

    study: Study
    bound: Bound
    missing: int

    @property
    def sentence(self) -> str:
        """The verdict, and how near the best came to what is possible."""
        best = float(self.study.table["makespan"].iloc[0])
        return (
            f"{self.study.verdict} The lower bound is {self.bound.seconds:.1f} s, set by {self.bound.binding}: "
            f"the best reaches {self.bound.efficiency(best):.0%} of it."
        )


def answers(question: Question, superseded: Superseded) -> Iterator[Answer]:
    """Run one strategy after the other and yield what is known after each; end early once superseded."""

    def watch(strategy: str, seed: int, handle: RunHandle) -> None:
        if superseded():
            handle.cancel()

    least = bound(question.hub, question.config, seed=question.seeds[0])
    parts: list[Study] = []
    for strategy in question.strategies:
        part = compare(question.hub, [strategy], question.seeds, config=question.config, progress=watch)
        if superseded():
            return
        parts.append(part)
        yield Answer(_joined(parts), least, len(question.strategies) - len(parts))


def _joined(parts: Sequence[Study]) -> Study:
    replications = pd.concat([part.replications for part in parts], ignore_index=True)
    table = ranked(replications)
    runs = {name: run for part in parts for name, run in part.runs.items()}
    return Study(replications, table, verdict(table), runs, parts[0].hub, parts[0].config)
