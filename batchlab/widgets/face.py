"""What every laboratory of widgets has: live settings, a trace for saved notebooks, an end that leaves nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from batchlab.batch_config import BatchConfig
from batchlab.errors import BatchLabError
from batchlab.widgets.trace import StaticTrace


class Face(ABC):
    """A panel around live settings.

    Parameters
    ----------
    config
        The settings; the documented defaults unless given.
    """

    widget: Any

    def __init__(self, config: BatchConfig | None) -> None:
        self.config = config if config is not None else BatchConfig()
        self._trace = StaticTrace(self.to_html)

    def configure(self, **changes: Any) -> None:
        """Change settings, all or none; a run under way obeys before its next call.

        Raises
        ------
        ConfigError
            A value was refused; nothing has changed.
        """
        self.config.update(**changes)

    @abstractmethod
    def close(self) -> None:
        """Give up what goes on, and let go of everything: no thread, observer or widget is left."""

    @abstractmethod
    def to_html(self) -> str:
        """Return what there is as HTML without script: what a saved notebook keeps."""

    def _ipython_display_(self) -> None:
        self._trace.display(self.widget)


def await_end(ended: Callable[[float | None], bool], what: str, timeout: float | None) -> None:
    """Wait for the end of something in the background.

    Parameters
    ----------
    ended
        Waits so many seconds at most, None for ever, and returns whether it has ended.
    what
        Its name, for the error.
    timeout
        Seconds of wall time to wait at most; None waits for the end.

    Raises
    ------
    TimeoutError
        It has not ended; it goes on.
    """
    if not ended(timeout):
        raise TimeoutError(f"the {what} has not ended after {timeout:g} s; it goes on")


def attempt(action: Callable[[], object], say: Callable[[str], None]) -> None:
    """Do what a control says; what is wrong with it is said in the panel, as no callback can raise."""
    say("")
    try:
        action()
    except BatchLabError as error:
        say(str(error))
