"""`ConfigPanel`: every setting of a `BatchConfig` as a control, in step with it whoever changes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from batchlab.batch_config import BatchConfig, Changes
from batchlab.config_files import dump_config, load_config
from batchlab.errors import ConfigError
from batchlab.widgets.cells import CELLS
from batchlab.widgets.controls import Control
from batchlab.widgets.debounce import Debounced
from batchlab.widgets.face import attempt
from batchlab.widgets.fields import sections
from batchlab.widgets.hand import Hand
from batchlab.widgets.toolkit import close_all, ipywidgets
from batchlab.widgets.words import effective_html, problem_html

WIDTH = "800px"


class ConfigPanel:
    """Settings under one's hands: turned here, they are obeyed by whatever runs with them.

    It writes only through ``config.update``, shows what is in effect, and why a value was refused. Changes from
    elsewhere, on any thread, are followed. Running a cell again closes the panels that it made before.

    Parameters
    ----------
    config
        What is turned; new settings at their defaults unless given.
    debounce
        Seconds of wall time without a further change after which a change is written, 0 or more.

    Attributes
    ----------
    config
        The settings.
    controls
        The `batchlab.widgets.controls.Control` of each field, by name.
    widget
        What is shown.

    Examples
    --------
    >>> panel = ConfigPanel(BatchConfig(), debounce=0.0)
    >>> panel.controls["max_concurrent_requests"].widget.value = 25
    >>> panel.config.max_concurrent_requests
    25
    >>> panel.close()
    """

    def __init__(self, config: BatchConfig | None = None, *, debounce: float = 0.1) -> None:
        self.config = config if config is not None else BatchConfig()
        self._lock = threading.RLock()
        self._asked: dict[str, Any] = {}
        self._shown: dict[str, Any] = {}
        self._closed = False
        self._hand = Hand()
        self._write_soon = Debounced(self._write, debounce)
        self.controls = {record["name"]: Control(record) for records in sections().values() for record in records}
        self._build()
        for control in self.controls.values():
            control.observe(self._turned)
        self._unsubscribe = self.config.subscribe(self._changed)
        self._follow()
        CELLS.replace(self)

    # --- view ------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        pages, titles = [], []
        for section, records in sections().items():
            pages.append(ipywidgets.VBox([self.controls[record["name"]].widget for record in records]))
            titles.append(section.replace("_", " "))
        self._error = ipywidgets.HTML()
        self._error.add_class("batchlab-error")
        self._effective = ipywidgets.HTML()
        self._file = ipywidgets.Text(
            "batchlab.yaml", description="file", tooltip="YAML, or JSON where the name ends in .json",
            style={"description_width": "30px"}, layout={"width": "260px"},
        )  # fmt: skip
        buttons = [
            self._button("Save", "write all settings to the file", self.save),
            self._button("Load", "take the settings that the file names", self.load),
            self._button("Reset", "back to the documented defaults", self.reset),
        ]
        row = ipywidgets.HBox([self._file, *buttons])
        self.widget = ipywidgets.VBox(
            [ipywidgets.Tab(pages, titles=titles), self._error, row, self._effective],
            layout={"width": "100%", "max_width": WIDTH},
        )
        self.widget.add_class("batchlab-config")

    def _button(self, label: str, meaning: str, action: Callable[[], None]) -> Any:
        button = ipywidgets.Button(description=label, tooltip=meaning, layout={"width": "90px"})
        button.add_class(f"batchlab-{label.lower()}")
        button.on_click(lambda _: attempt(action, self._say))
        return button

    def _say(self, problem: str) -> None:
        if not self._closed:
            self._error.value = problem_html(problem)

    @property
    def problem(self) -> str:
        """The error line's HTML; empty when all is well."""
        return str(self._error.value)

    # --- from hand to settings -------------------------------------------------------------------------------------

    def _turned(self, control: Control) -> None:
        if self._hand.follows:
            return
        in_effect = getattr(self.config, control.name)
        with self._lock:
            self._asked[control.name] = value = control.value(in_effect)
            if value == in_effect:
                del self._asked[control.name]
        self._write_soon()

    def _write(self) -> None:
        with self._lock:
            asked, self._asked = self._asked, {}
            self._shown |= asked
        try:
            self.config.update(**asked)
        except ConfigError as error:
            self._say(str(error))
            with self._lock:
                for name in asked:
                    del self._shown[name]
        else:
            self._say("")
        self._follow()

    # --- from settings to view -------------------------------------------------------------------------------------

    def _changed(self, changes: Changes) -> None:
        self._follow()

    def _follow(self) -> None:
        """Show what is in effect and not shown yet, but for what a hand is turning just now.

        What is shown already is left alone: a hand may have moved on, and its event be on the way.
        """
        with self._lock, self._hand.following():
            if self._closed:
                return
            for name, value in self.config.to_dict().items():
                if name not in self._asked and (name not in self._shown or self._shown[name] != value):
                    self._shown[name] = value
                    self.controls[name].show(value)
            self._effective.value = effective_html(self.config)

    # --- the same without a hand -----------------------------------------------------------------------------------

    def reset(self) -> None:
        """Set every field to its documented default."""
        self.config.update(**BatchConfig().to_dict())

    def save(self, path: str | Path | None = None) -> None:
        """Write all settings to a file, the panel's own unless named.

        Raises
        ------
        ConfigError
            The file cannot be written.
        """
        dump_config(self.config, path if path is not None else self._file.value)

    def load(self, path: str | Path | None = None) -> None:
        """Take the settings that a file names, the panel's own unless named; the others stay.

        Raises
        ------
        ConfigError
            The file cannot be read, or a value is refused; nothing has changed.
        """
        loaded = load_config(path if path is not None else self._file.value, env={}, base=self.config)
        self.config.update(**loaded.to_dict())

    def flush(self) -> None:
        """Write at once what a hand has turned."""
        self._write_soon.flush()

    def close(self) -> None:
        """Let go of the settings and of the widgets; no observer and no thread is left."""
        self._unsubscribe()
        self._write_soon.close()
        with self._lock:
            self._closed = True
        close_all(self.widget)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = self.widget._repr_mimebundle_(**options)
        return dict(bundle or {}) | {"text/html": self.config._repr_html_(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<ConfigPanel of {self.config!r}>"
