"""What the last run of a laboratory could have had otherwise: looked for in the background until there is news."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pandas as pd

from batchlab.errors import BatchLabError
from batchlab.runs import Run
from batchlab.widgets.live_view import LiveView
from batchlab.widgets.search import Search
from batchlab.widgets.tables import opportunities_html
from batchlab.widgets.words import problem_html

LOOKING = (
    "<b>Opportunities</b>: looking for them; the run is made again with each change, in a process that gives way to "
    "all others. Another start gives it up …"
)


class Suggestions:
    """The opportunities of one run at a time.

    Parameters
    ----------
    view
        Where they are shown and offered.
    found
        Called when there are new ones, on a thread of its own.
    """

    def __init__(self, view: LiveView, found: Callable[[], None]) -> None:
        self._view, self._found = view, found
        self._lock = threading.RLock()
        self._search: Search | None = None
        self._thread: threading.Thread | None = None
        self.table: pd.DataFrame | None = None

    def look_at(self, run: Run) -> None:
        """Look for those of a run, instead of what was looked for before."""
        self.give_up()
        with self._lock:
            search = self._search = Search(run)
            self._view.opportunities.value = LOOKING
            self._thread = threading.Thread(target=self._take, args=(search,), name="batchlab-lab", daemon=True)
            self._thread.start()

    def give_up(self) -> None:
        """Give up what is looked for, and forget what was found: there is news, to which it does not apply."""
        with self._lock:
            search, self._search, self.table = self._search, None, None
            self._view.offer([])
            self._view.opportunities.value = ""
        if search is not None:
            search.give_up()
        if self._thread is not None:
            self._thread.join()

    def _take(self, search: Search) -> None:
        try:
            table = search.result()
        except BatchLabError as error:
            self._show(search, None, problem_html(str(error), "No opportunities"))
        else:
            self._show(search, table, opportunities_html(table))
        finally:
            search.give_up()

    def _show(self, search: Search, table: pd.DataFrame | None, html: str) -> None:
        with self._lock:
            if self._search is not search:
                return
            self.table = table
            self._view.opportunities.value = html
            if table is not None:
                rows = enumerate(zip(table["change"], table["kind"], strict=True))
                self._view.offer([(change, number) for number, (change, kind) in rows if kind == "config"])
        self._found()
