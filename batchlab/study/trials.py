"""Try changes in the twin, under the conditions that a run leaves open, and no more often than it takes to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from batchlab.hub.conditions import Server
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.runs.run import Run
from batchlab.study.candidates import Candidate
from batchlab.study.experiment import Outcome, Work, experiment
from batchlab.twin.calibrate import Calibration

LEAST_KNEE = 4.0  # calls that any server is taken to bear
MARGIN = 1.25  # times the calls in flight that were seen, at which a server is doubted to have its knee
DOUBTING = 2  # seeds under which other conditions are tried
LOST = 0.1  # of the baseline: what every seed but the last shows to cost as much is not tried again


@dataclass(frozen=True)
class Trials:
    """Changes are tried with one run's settings, in its twin.

    Parameters
    ----------
    run, found
        The run, and what it was found to show.
    seeds
        Of the replications, at least two.
    workers
        Processes.
    """

    run: Run
    found: Calibration
    seeds: Sequence[int]
    workers: int = 1

    def outcomes(self, tried: Sequence[Candidate]) -> list[tuple[Candidate, Outcome]]:
        """Return the replications of each change that can be tried, in the order given."""
        count = max(2, len(self.seeds) - 1)
        hubs = self.found.hubs(len(self.seeds))
        first = self._experiment([one for one in tried if not one.idle], hubs, slice(count))
        rest = self._experiment([one for one, outcome in first if not _lost(outcome)], hubs, slice(count, None))
        later = {one.name: outcome for one, outcome in rest}
        known = {one.name: outcome.followed_by(later.get(one.name)) for one, outcome in first}
        # What changes nothing is as it was before, seed by seed.
        before = next((outcome.before for outcome in known.values()), ())
        known |= {one.name: Outcome(before, before) for one in tried if one.idle and before}
        return [(one, known[one.name]) for one in tried if one.name in known]

    def shifts(self, known: Sequence[tuple[Candidate, Outcome]]) -> dict[str, list[float]]:
        """Return by how many seconds other conditions change what is saved, where the run does not tell of the load."""
        beyond = {one.name: outcome for one, outcome in known if self._goes_beyond(one, outcome)}
        shifts: dict[str, list[float]] = {name: [] for name in beyond}
        doubted = [one for one, _ in known if one.name in beyond]
        for scenario in self._others() if beyond else ():
            hubs = self.found.hubs(len(self.seeds), scenario)
            for one, outcome in self._experiment(doubted, hubs, slice(DOUBTING)):
                shifts[one.name].append(float((outcome.seconds - beyond[one.name].seconds[:DOUBTING]).mean()))
        return shifts

    def _experiment(
        self, tried: Sequence[Candidate], hubs: Sequence[SimHub], part: slice
    ) -> list[tuple[Candidate, Outcome]]:
        seeds, work = self.seeds[part], Work(self.found.work.patterns)
        if not tried or not seeds:
            return []
        outcomes = experiment(self.run, tried, hubs[part], work, seeds, self.workers)
        return [(one, outcome) for one, outcome in zip(tried, outcomes, strict=True) if outcome is not None]

    def _goes_beyond(self, one: Candidate, outcome: Outcome) -> bool:
        """Return whether a change brings a load about that the run does not tell of."""
        if self.found.scenario.server.knee is None and outcome.peak > self.found.highest:
            return True
        return bool(self.found.rivals) and one.name.startswith(("concurrency", "strategy"))

    def _others(self) -> Sequence[Scenario]:
        """Return other conditions that the run may have met."""
        if self.found.rivals:
            return self.found.rivals
        return [replace(self.found.scenario, server=Server(max(LEAST_KNEE, MARGIN * self.found.highest)))]


def _lost(outcome: Outcome) -> bool:
    """Return whether a change costs time under every seed, and so much that it need not be known exactly."""
    return bool((outcome.seconds < -LOST * outcome.baseline).all())
