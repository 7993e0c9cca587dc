"""`StrategyExplorer`: turn conditions and settings, and see at once which strategy they favour."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.cards import card, table
from batchlab.errors import BatchLabError, InputError
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.plots.compare import plot_compare
from batchlab.plots.picture import Picture, alt_text
from batchlab.plots.roofline import plot_roofline
from batchlab.plots.timeline import plot_timeline
from batchlab.study.arms import Strategy, arms_of
from batchlab.study.comparison import Study
from batchlab.study.lower_bound import Bound
from batchlab.widgets.cells import CELLS
from batchlab.widgets.config_panel import ConfigPanel
from batchlab.widgets.exploration import Answer, Question, answers
from batchlab.widgets.explorer_view import BEST, ExplorerView
from batchlab.widgets.latest import Latest, Superseded
from batchlab.widgets.scenario_knobs import OFF, turned
from batchlab.widgets.trace import StaticTrace
from batchlab.widgets.words import trace_html


class StrategyExplorer:
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
        self._hub = hub if hub is not None else SimHub.sample()
        self.config = config if config is not None else BatchConfig()
        self._arms = {arm.name: arm.policy for arm in arms_of(list(strategies), self.config)}
        self._chosen, self._seeds = tuple(self._arms), seeds
        self._base, self._turned = self._hub.scenario, dict[str, float | None]()
        self._scenarios = {self._base.name: self._base}
        self.scenario = self._base
        self.error = ""
        self._answer: Answer | None = None
        self._trace = StaticTrace(self.to_html)
        self._lock, self._showing = threading.RLock(), False
        scenarios = dict.fromkeys((self._base.name, *Scenario.names()))
        self._view = ExplorerView(self._arms, scenarios, ConfigPanel(self.config, debounce=0.0))
        self.widget = self._view.widget
        self._latest: Latest[Question] = Latest(self._explore, self._fail, delay)
        self._show()
        self._unsubscribe = self.config.subscribe(lambda changes: self._changed())
        self._listen()
        CELLS.replace(self)
        self._changed()

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

    def configure(self, **changes: Any) -> None:
        """Change settings, all or none.

        Raises
        ------
        ConfigError
            A value was refused; nothing has changed.
        """
        self.config.update(**changes)

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
            base, old = (self._base, self._turned) if scenario is None else (self._named(scenario), {})
            self.scenario = turned(base, old | values)
            self._base, self._turned = base, old | values
            self._scenarios[base.name] = base
        self._changed()

    def _named(self, scenario: str | Scenario) -> Scenario:
        known = self._scenarios.get(scenario) if isinstance(scenario, str) else None
        return known or Scenario.load(scenario)

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
        if not self._latest.wait(timeout):
            raise TimeoutError(f"the study has not ended within {timeout} s; it goes on")
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
        facts = {"conditions": self._words(), "settings": repr(self.config)}
        if answer is None:
            return card("StrategyExplorer: nothing has run yet", facts)
        shown = answer.study.table[["strategy", "makespan", "ratio", "calls", "delivered", "failed", "note"]]
        listed = shown.to_html(index=False, border=0, float_format="{:,.2f}".format)
        return trace_html(answer.sentence, self._view.png("comparison"), [listed, table(facts)])

    def _ipython_display_(self) -> None:
        self._trace.display(self.widget)

    def __repr__(self) -> str:
        return f"<StrategyExplorer of {', '.join(self._chosen)} on {self._hub.name}: {self._words()}>"

    def _words(self) -> str:
        turned_ = ", ".join(f"{name} {value}" for name, value in self._turned.items())
        return f"scenario {self._base.name}{', ' * bool(turned_)}{turned_}"

    # From the controls, on whatever thread they speak.

    def _listen(self) -> None:
        view = self._view
        self._on(view.scenario, self.conditions)
        self._on(view.seeds, lambda value: self.choose(seeds=value))
        for name, knob in view.knobs.items():
            self._on(knob, lambda value, name=name: self.conditions(**{name: None if value == OFF else value}))
        for check in view.strategies.values():
            self._on(check, lambda value: self._ticked())
        self._on(view.look, lambda value: self._draw_timeline())

    def _on(self, control: Any, act: Any) -> None:
        control.observe(partial(self._obey, act), "value")

    def _obey(self, act: Any, change: Mapping[str, Any]) -> None:
        """Do what a control asks; a refusal is shown, and the controls go back to what holds."""
        with self._lock:
            if self._showing:
                return
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
        with self._quietly():
            self._view.show_scenario(self._base, self._turned)
            self._view.show_study(self._chosen, self._seeds)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Keep what the controls are made to show from being taken for a wish."""
        with self._lock:
            self._showing = True
            try:
                yield
            finally:
                self._showing = False

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
            self._draw("comparison", plot_compare(answer.study))
            self._draw_timeline()
            going = f" {answer.missing} more to run ..." if answer.missing else ""
            self._view.show_status(answer.sentence + going)
            if not answer.missing:
                self._draw_bound(question, answer)
        self._trace.update()

    def _draw_timeline(self) -> None:
        if self.study is None:
            return
        wanted = self._view.look.value
        name = str(self.study.table["strategy"].iloc[0]) if wanted == BEST else wanted
        if name in self.study.runs:
            self._draw("timeline", plot_timeline(self.study.runs[name]))

    def _draw_bound(self, question: Question, answer: Answer) -> None:
        over = "max_concurrent_requests"
        measured = answer.study.replications.assign(**{over: getattr(question.config, over)})
        self._draw("bound", plot_roofline(question.hub, over, config=question.config, measured=measured))

    def _draw(self, name: str, drawn: Axes | Figure) -> None:
        picture = drawn if isinstance(drawn, Figure) else drawn.figure
        assert isinstance(picture, Picture)
        self._view.show_picture(name, picture.png(), alt_text(picture))
