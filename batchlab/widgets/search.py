"""Look for the opportunities of a run in a process of its own: it takes seconds of computing, and can be given up."""

from __future__ import annotations

from multiprocessing import get_context
from multiprocessing.connection import Connection

import pandas as pd

from batchlab.errors import BatchLabError
from batchlab.runs import Run
from batchlab.study.opportunities import opportunities


class Search:
    """One search, under way.

    Parameters
    ----------
    run
        What is looked at.
    """

    def __init__(self, run: Run) -> None:
        context = get_context("spawn")  # a fork of a process with threads may hang
        self._answer, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_search, args=(sender, run), daemon=True, name="batchlab-search")
        self._process.start()
        sender.close()  # so that its end is noticed here

    def result(self) -> pd.DataFrame:
        """Wait for what was found, as ``bl.opportunities`` returns it.

        Raises
        ------
        BatchLabError
            The run has no opportunities to tell of, or the search ended without an answer.
        """
        try:
            answer = self._answer.recv()
        except (EOFError, OSError):
            raise BatchLabError(
                "the search ended without an answer; in a script, make the laboratory below "
                "`if __name__ == '__main__':`, or call bl.opportunities(lab.run)"
            ) from None
        if isinstance(answer, BatchLabError):
            raise answer
        return pd.DataFrame(answer)

    def give_up(self) -> None:
        """End it; whoever waits for its result gets an error."""
        self._process.kill()
        self._process.join()


def _search(sender: Connection, run: Run) -> None:
    try:
        sender.send(opportunities(run))
    except BatchLabError as error:
        sender.send(error)
