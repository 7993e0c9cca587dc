"""`LiveLab`: start a run from a notebook, watch it, turn its settings while it goes on, and compare it with others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from batchlab.batch_config import BatchConfig, BatchStrategy, Changes
from batchlab.batch_models import Repository
from batchlab.batch_progress_monitor import Progress
from batchlab.errors import InputError
from batchlab.hub.sim import SimHub
from batchlab.hubs import Hub
from batchlab.patterns import MANIFESTS
from batchlab.runs import Run, RunHandle, start
from batchlab.runs.handle import settings_of
from batchlab.widgets.cells import CELLS
from batchlab.widgets.conditions import Conditions
from batchlab.widgets.config_panel import ConfigPanel
from batchlab.widgets.face import Face, attempt, await_end
from batchlab.widgets.hand import Hand
from batchlab.widgets.live_view import LiveView
from batchlab.widgets.speeds import checked_choice
from batchlab.widgets.suggestions import Suggestions
from batchlab.widgets.tables import failures_html, metrics_html, runs_html, title_of
from batchlab.widgets.watch import Watch, empty_picture
from batchlab.widgets.watching import Watching
from batchlab.widgets.words import trace_html


class LiveLab(Face):
    """A laboratory around one hub: a run goes on in the background while its settings are turned.

    Every button is a method, too. A run obeys what is turned in the panel at its next decision; the strategy is that
    of the next run. After a run that was not stopped, what could make the next one faster is looked for in the
    background. Running a cell again closes the laboratory that it made before, with its run.

    Parameters
    ----------
    hub
        What is read from; the embedded GitHub with the sample world unless given. Of an embedded one in virtual time
        world, scenario and speed can be chosen.
    repositories
        What to read there; all of it unless given.
    config
        Settings, turned live; the documented defaults unless given.
    patterns
        Globs of the wanted files; the usual manifests and lockfiles unless given.
    seed
        Seed of the runs.
    speed
        Virtual seconds per second of wall time to begin with: 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000 or ``inf``.
    debounce
        Seconds of wall time without a further change after which a turned setting is written, 0 or more.
    suggest
        Whether to look for opportunities after every whole run: seconds to a minute of computing, in a process of its
        own that gives way to all others.

    Attributes
    ----------
    config
        The live settings.
    handle
        The `RunHandle` of the run under way, or of the last one; None before the first.
    run
        The last run that ended; None before.
    runs
        All runs that ended, oldest first.
    opportunities
        What was found about the last run, as ``bl.opportunities`` returns it; None before.
    hub
        What the run under way, or the last one, reads from.

    Raises
    ------
    InputError
        The speed is none of those.

    Examples
    --------
    >>> lab = LiveLab(speed=float("inf"))
    >>> lab.start()
    >>> lab.wait().makespan > 0
    True
    >>> lab.close()
    """

    def __init__(
        self,
        hub: Hub | None = None,
        repositories: Iterable[Repository | str] | Repository | str | None = None,
        *,
        config: BatchConfig | None = None,
        patterns: Sequence[str] = MANIFESTS,
        seed: int = 0,
        speed: float = 10.0,
        debounce: float = 0.1,
        suggest: bool = True,
    ) -> None:
        chosen = checked_choice(speed)
        super().__init__(config)
        self.hub: Hub = hub if hub is not None else SimHub.sample()
        self.handle: RunHandle | None = None
        self.runs: list[Run] = []
        self._conditions = Conditions(self.hub, repositories)
        self._patterns, self._seed, self._suggest = patterns, seed, suggest
        self._ended_under: list[str] = []
        self._progress = Progress()
        self._watching: Watching | None = None
        self._ended = threading.Event()
        self._failure: BaseException | None = None
        self._closed = False
        self._lock = threading.RLock()
        self._hand = Hand()
        panel = ConfigPanel(self.config, debounce=debounce)
        self._view = LiveView(self._conditions, panel, chosen, virtual=self.hub.virtual)
        self.widget = self._view.widget
        self._view.picture.value = empty_picture(f"{self.hub.name}: nothing read yet")
        self._suggestions = Suggestions(self._view, self._trace.update)
        self._connect()
        CELLS.replace(self)

    def _connect(self) -> None:
        view = self._view
        for button, action in (
            (view.start, self.start), (view.pause, self.pause), (view.resume, self.resume), (view.stop, self.stop),
            (view.find, self.find_opportunities), (view.apply, self._apply_chosen),
        ):  # fmt: skip
            button.on_click(lambda _, action=action: attempt(action, view.say))
        view.strategy.value = self.config.default_strategy
        view.observe("strategy", self._choose_strategy)
        view.observe("speed", self._pace)
        self._unsubscribe = self.config.subscribe(self._changed)

    def _choose_strategy(self, strategy: BatchStrategy) -> None:
        if not self._hand.follows:
            attempt(lambda: self.config.update(default_strategy=strategy), self._view.say)

    def _changed(self, changes: Changes) -> None:
        if "default_strategy" in changes and not self._closed:
            with self._hand.following():
                self._view.strategy.value = self.config.default_strategy

    def _pace(self, speed: float) -> None:
        if self.handle is not None:
            self.handle.pace(speed)

    # --- what the buttons do ---------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self.handle is not None and not self._ended.is_set()

    @property
    def run(self) -> Run | None:
        """The last run that ended; None before."""
        return self.runs[-1] if self.runs else None

    @property
    def opportunities(self) -> pd.DataFrame | None:
        """What was found about the last run; None before."""
        return self._suggestions.table

    def start(self) -> None:
        """Start a run with the choices and settings of this moment, and return at once.

        Raises
        ------
        InputError
            A run is under way, or there is nothing to read.
        """
        with self._lock:
            if self._closed:
                raise InputError("this laboratory is closed; make another with bl.LiveLab(hub)")
            if self.running:
                raise InputError("a run is under way; stop() ends it, wait() waits for its end")
            self._suggestions.give_up()
            self._view.panel.flush()
            world, scenario = self._view.world.value, self._view.scenario.value
            self.hub = self._conditions.hub_of(world, scenario)
            self._failure, self._progress = None, Progress()
            handle = self.handle = start(
                self._conditions.repositories_of(world), self.hub, config=self.config, patterns=self._patterns,
                seed=self._seed, speed=self._view.speed.value, sink=self._told,
            )  # fmt: skip
            self._ended_under.append(scenario)
            self._ended.clear()
            self._view.show_state(running=True, paused=False)
            watch = Watch(handle, self.config.default_strategy.value, self.hub.name)
            self._watching = Watching(handle, watch, self._view, lambda: self._progress, self._take)

    def pause(self) -> None:
        """Send nothing more until `resume`; calls in flight end."""
        self._steer(lambda handle: handle.pause())

    def resume(self) -> None:
        """Go on after a `pause`."""
        self._steer(lambda handle: handle.resume())

    def stop(self) -> None:
        """End the run under way: `run` is then what there is, marked as interrupted."""
        self._steer(lambda handle: handle.cancel())

    def apply(self, opportunity: Mapping[str, Any] | pd.Series[Any]) -> None:
        """Take over what an opportunity changes, and start another run.

        Parameters
        ----------
        opportunity
            A row of `opportunities`, or of what ``bl.opportunities`` returned.

        Raises
        ------
        InputError
            It changes no setting, or a run is under way.
        """
        changes = settings_of(opportunity)
        if "strategy" in changes:
            changes["default_strategy"] = changes.pop("strategy")
        if self.running:
            raise InputError("a run is under way; handle.apply(opportunity) changes it, stop() ends it")
        self.config.update(**changes)
        self.start()

    def find_opportunities(self) -> None:
        """Look, in the background, for what another run could change; `opportunities` holds what was found then.

        Another start gives the search up.

        Raises
        ------
        InputError
            No run has ended yet, or one is under way.
        """
        with self._lock:
            if self.run is None or self.running:
                raise InputError("there is no run to look at; start() starts one, wait() waits for its end")
            self._suggestions.look_at(self.run)

    def wait(self, timeout: float | None = None) -> Run:
        """Wait for the end of the run under way, and return it, or the last one.

        Parameters
        ----------
        timeout
            Seconds of wall time to wait at most; None waits for the end.

        Raises
        ------
        TimeoutError
            It has not ended; it goes on.
        InputError
            Nothing was started yet.
        BatchLabError
            What ended it, such as a token that was refused.
        """
        if self.handle is None:
            raise InputError("there is no run to wait for; start() starts one")
        await_end(self._ended.wait, "run", timeout)
        if self._failure is not None:
            raise self._failure
        return self.runs[-1]

    def close(self) -> None:
        """End the run under way, and let go of everything: no thread, process, observer or widget is left."""
        with self._lock:
            self._closed = True
            self._suggestions.give_up()
            if self.handle is not None:
                self.handle.cancel()
        self._unsubscribe()
        if self._watching is not None:
            self._watching.join()
        self._view.close()

    def _steer(self, how: Callable[[RunHandle], None]) -> None:
        with self._lock:
            if self.handle is not None and self.running:
                how(self.handle)
                self._view.show_state(running=True, paused=self.handle.paused)

    def _apply_chosen(self) -> None:
        number = self._view.opportunity.value
        if self.opportunities is not None and number is not None:
            self.apply(self.opportunities.iloc[number])

    # --- while a run goes on, and when it has ended ----------------------------------------------------------------

    def _told(self, progress: Progress) -> None:
        self._progress = progress  # on the run's own thread: no more than this

    def _take(self, outcome: Run | BaseException) -> None:
        """Take in a run that has ended, or what ended it; on the thread that watched it."""
        if isinstance(outcome, Run):
            self._show(outcome)
        else:  # told in the view, and by wait()
            self._failure = outcome
            self._view.say(str(outcome), "The run failed")
            self._ended_under.pop()
        with self._lock:
            try:
                if isinstance(outcome, Run) and self._suggest and not (outcome.interrupted or self._closed):
                    self._suggestions.look_at(outcome)
            finally:
                self._ended.set()
                self._view.show_state(running=False, paused=False)

    def _show(self, run: Run) -> None:
        self.runs.append(run)
        self._view.result.value = metrics_html(run)
        self._view.failures.value = failures_html(run)
        self._view.runs.value = runs_html(list(zip(self._ended_under, self.runs, strict=True)))
        self._trace.update()

    # --- for notebooks ---------------------------------------------------------------------------------------------

    def to_html(self) -> str:
        """Return the last run and those before as HTML without script: what a saved notebook keeps."""
        view, last = self._view, title_of(self.runs[-1]) if self.runs else "nothing read yet"
        shown = [view.runs, view.result, view.failures]
        if self.opportunities is not None:
            shown.append(view.opportunities)
        parts = [display.value for display in shown if display.value]
        return trace_html(f"Trace of the laboratory: {last}", view.picture.value, parts)

    def __repr__(self) -> str:
        last = f", last: {title_of(self.runs[-1])}" if self.runs else ""
        return f"<LiveLab on {self.hub!r}: {'running' if self.running else f'{len(self.runs)} runs'}{last}>"
