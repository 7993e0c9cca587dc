"""`StrategyExplorer`: turn conditions and settings, and see at once which strategy they favour."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.cards import card, table
from batchlab.errors import BatchLabError, InputError
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.study.arms import Strategy, arms_of
from batchlab.study.comparison import Study
from batchlab.study.lower_bound import Bound
from batchlab.widgets.cells import CELLS
from batchlab.widgets.config_panel import ConfigPanel
from batchlab.widgets.exploration import Answer, Question, answers
from batchlab.widgets.explorer_pictures import show_bound, show_comparison, show_timeline
from batchlab.widgets.explorer_view import ExplorerView
from batchlab.widgets.face import Face, await_end
from batchlab.widgets.hand import Hand
from batchlab.widgets.latest import Latest, Superseded
from batchlab.widgets.scenario_knobs import OFF
from batchlab.widgets.turned_scenario import TurnedScenario
from batchlab.widgets.words import trace_html


class StrategyExplorer(Face):
    """Compare strategies under conditions and settings that are turned by hand.

    Each change runs the study again in the twin, in the background, and gives up the one that is going on; pictures
    follow strategy by strategy. Everything that a control does, a method does as well, from any thread.

    Parameters
    ----------
    hub
        The world that is read and the conditions to begin with; the sample world unless given.
    strategies
        What is compared.
    config
        Settings of every strategy, changed live by the panel and by you; the documented defaults unless given.
    seeds
        Replications of each strategy, from seed 0 on: 1 for speed, more for intervals.
    delay
        Seconds of wall time without a further change before a study begins.

    Attributes
    ----------
    config : BatchConfig
        The settings.
    scenario : Scenario
        The conditions in force.
    study : Study or None
        Of the strategies that have run so far.
    bound : Bound or None
        What none of them can beat.
    error : str
        Why the last change of conditions was refused or the last study failed; empty when all is well.
    controls : dict
        The widgets that turn the conditions, by name.
    panel : ConfigPanel
        The controls of the settings.
    widget
        What is shown.

    Examples
    --------
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> world = World.build({"acme/app": {f"{i}/go.mod": b"module %d" % i for i in range(9)}})
    >>> explorer = StrategyExplorer(SimHub(world, "no-limits"), ["sequential", "parallel"])
    >>> explorer.configure(max_concurrent_requests=4)
    >>> explorer.conditions(latency=2.0, knee=20)
    >>> explorer.wait(60).table["strategy"].tolist()
    ['parallel', 'sequential']
    >>> explorer.close()
    """

    def __init__(
        self,
        hub: SimHub | None = None,
        strategies: Iterable[Strategy] = tuple(BatchStrategy),
        *,
        config: BatchConfig | None = None,
        seeds: int = 1,
        delay: float = 0.25,
    ) -> None:
        super().__init__(config)
        self._hub = hub if hub is not None else SimHub.sample()
        self._arms = {arm.name: arm.policy for arm in arms_of(list(strategies), self.config)}
        self._chosen, self._seeds = tuple(self._arms), seeds
        self._conditions = TurnedScenario(self._hub.scenario)
        self.error = ""
        self._answer: Answer | None = None
        self._lock, self._hand = threading.RLock(), Hand()
        scenarios = dict.fromkeys((self._hub.scenario.name, *Scenario.names()))
        self._view = ExplorerView(self._arms, scenarios, ConfigPanel(self.config, debounce=0.0))
        self.widget = self._view.widget
        self._latest: Latest[Question] = Latest(self._explore, self._fail, delay)
        self._show()
        self._unsubscribe = self.config.subscribe(lambda changes: self._changed())
        self._listen()
        CELLS.replace(self)
        self._changed()

    @property
    def scenario(self) -> Scenario:
        """The conditions in force."""
        return self._conditions.scenario

    @property
    def study(self) -> Study | None:
        """The study of the strategies that have run so far."""
        return self._answer.study if self._answer is not None else None

    @property
    def bound(self) -> Bound | None:
        """The lower bound under the conditions and settings of `study`."""
        return self._answer.bound if self._answer is not None else None

    @property
    def controls(self) -> dict[str, Any]:
        """The widgets that turn conditions and study, by name."""
        return self._view.controls

    @property
    def panel(self) -> ConfigPanel:
        """The controls of the settings."""
        return self._view.panel

    def conditions(self, scenario: str | Scenario | None = None, **values: float | None) -> None:
        """Change the conditions, all or none.

        Parameters
        ----------
        scenario
            What to begin with, all knobs at its own values; those in force unless given.
        **values
            Knobs of `batchlab.widgets.scenario_knobs.KNOBS` to turn: ``latency`` (times), ``knee`` (calls), ``budget``
            (points an hour), ``left`` (points at the start), ``faults`` (share of calls); None for no such bound.

        Raises
        ------
        InputError
            There is no such scenario or knob, or a value is impossible; nothing has changed.
        """
        with self._lock:
            self._conditions.turn(scenario, values)
        self._changed()

    def choose(self, strategies: Sequence[str] | None = None, *, seeds: int | None = None) -> None:
        """Compare these strategies only, of those that the explorer was made with, or under so many seeds.

        Raises
        ------
        InputError
            None is left, or one is unknown; or there is no seed.
        """
        with self._lock:
            chosen = self._chosen if strategies is None else tuple(name for name in self._arms if name in strategies)
            unknown = sorted(set(strategies or ()) - set(self._arms))
            if unknown or not chosen:
                raise InputError(f"choose at least one of {', '.join(self._arms)}; got {unknown or 'none'}")
            if seeds is not None and seeds < 1:
                raise InputError(f"seeds is {seeds}; write 1 or more")
            self._chosen, self._seeds = chosen, self._seeds if seeds is None else seeds
        self._changed()

    def wait(self, timeout: float | None = None) -> Study:
        """Wait until the latest change has been answered, and return the study.

        Parameters
        ----------
        timeout
            Seconds of wall time to wait at most; None waits for the end.

        Raises
        ------
        TimeoutError
            It goes on.
        BatchLabError
            There is no study: it failed, or the explorer was closed before.
        """
        await_end(self._latest.wait, "study", timeout)
        if self.study is None:
            raise BatchLabError(f"there is no study: {self.error or 'the explorer was closed'}")
        return self.study

    def close(self) -> None:
        """Give up what is going on and take the panel off the page; what it found stays."""
        self._unsubscribe()
        self._latest.close()
        self._view.close()

    def to_html(self) -> str:
        """Return what was found as HTML without script: what a saved notebook keeps."""
        answer = self._answer
        facts = {"conditions": str(self._conditions), "settings": repr(self.config)}
        if answer is None:
            return card("StrategyExplorer: nothing has run yet", facts)
        shown = answer.study.table[["strategy", "makespan", "ratio", "calls", "delivered", "failed", "note"]]
        listed = shown.to_html(index=False, border=0, float_format="{:,.2f}".format)
        return trace_html(answer.sentence, self._view.png("comparison"), [listed, table(facts)])

    def __repr__(self) -> str:
        return f"<StrategyExplorer of {', '.join(self._chosen)} on {self._hub.name}: {self._conditions}>"

    # From the controls, on whatever thread they speak.

    def _listen(self) -> None:
        view = self._view
        self._on(view.scenario, self.conditions)
        self._on(view.seeds, lambda value: self.choose(seeds=value))
        for name, knob in view.knobs.items():
            self._on(knob, lambda value, name=name: self.conditions(**{name: None if value == OFF else value}))
        for check in view.strategies.values():
            self._on(check, lambda value: self._ticked())
        self._on(view.look, lambda value: self._look())

    def _on(self, control: Any, act: Any) -> None:
        control.observe(partial(self._obey, act), "value")

    def _obey(self, act: Any, change: Mapping[str, Any]) -> None:
        """Do what a control asks; a refusal is shown, and the controls go back to what holds."""
        if self._hand.follows:
            return
        with self._lock:
            try:
                act(change["new"])
            except BatchLabError as error:
                self._view.show_again()
                self._show()
                self._fail(error)

    def _ticked(self) -> None:
        self.choose([name for name, check in self._view.strategies.items() if check.value])

    # To the view.

    def _show(self) -> None:
        with self._lock, self._hand.following():
            self._view.show_scenario(self._conditions.base, self._conditions.values)
            self._view.show_study(self._chosen, self._seeds)

    def _changed(self) -> None:
        """Ask again: something has changed, and was found to be possible."""
        with self._lock:
            self._show()
            self._tell_error("")
            policies = tuple(self._arms[name] for name in self._chosen)
            hub = self._hub.under(self.scenario)
            self._latest.submit(Question(hub, self.config.snapshot(), policies, tuple(range(self._seeds))))

    def _fail(self, error: Exception) -> None:
        self._tell_error(str(error) if isinstance(error, BatchLabError) else f"{type(error).__name__}: {error}")

    def _tell_error(self, text: str) -> None:
        self.error = text
        self._view.show_error(text)

    # On the background thread.

    def _explore(self, question: Question, superseded: Superseded) -> None:
        self._view.show_status("running ...")
        for answer in answers(question, superseded):
            self._answer = answer
            show_comparison(self._view, answer)
            show_timeline(self._view, answer)
            going = f" {answer.missing} more to run ..." if answer.missing else ""
            self._view.show_status(answer.sentence + going)
            if not answer.missing:
                show_bound(self._view, question, answer)
        self._trace.update()

    def _look(self) -> None:
        if self._answer is not None:
            show_timeline(self._view, self._answer)
