"""Look for the opportunities of a run in a process of its own: it takes seconds of computing, and can be given up.

The process is not forked, which may hang where there are threads, and does not run the caller's script anew, as those
of multiprocessing do. It gives way to all others, and ends with whoever asked.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading

import pandas as pd
import psutil

from batchlab.errors import BatchLabError
from batchlab.runs import Run
from batchlab.study.opportunities import opportunities

_ANSWER = "from batchlab.widgets.search import answer; answer()"
_LEAST = 19  # of the niceness that POSIX knows


class Search:
    """One search, under way.

    Parameters
    ----------
    run
        What is looked at.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        paths = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _ANSWER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": paths}, start_new_session=True,  # an interrupt is meant for the kernel only
        )  # fmt: skip

    def result(self) -> pd.DataFrame:
        """Wait for what was found, as ``bl.opportunities`` returns it.

        Raises
        ------
        BatchLabError
            The run has no opportunities to tell of, or the search was given up.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            pickle.dump(self._run, self._process.stdin)
            self._process.stdin.flush()
            answer = pickle.load(self._process.stdout)
        except (EOFError, OSError, ValueError):  # the last one where a pipe was closed meanwhile
            raise BatchLabError("the search ended without an answer; bl.opportunities(lab.run) makes it here") from None
        if isinstance(answer, BatchLabError):
            raise answer
        return pd.DataFrame(answer)

    def give_up(self) -> None:
        """End it; whoever waits for its result gets an error."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # nobody reads what is still on the way
                assert pipe is not None
                pipe.close()


def answer() -> None:
    """Answer, as a process of its own: a run on standard input, its opportunities on standard output."""
    psutil.Process().nice(getattr(psutil, "IDLE_PRIORITY_CLASS", _LEAST))
    run = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_who_asked, daemon=True).start()
    found: pd.DataFrame | BatchLabError
    try:
        found = opportunities(run)
    except BatchLabError as error:
        found = error
    except Exception as error:  # or nobody would see it
        found = BatchLabError(f"{type(error).__name__}: {error}")
    pickle.dump(found, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _end_with_who_asked() -> None:
    os.read(sys.stdin.fileno(), 1)  # nothing more comes: it returns when the other end is closed
    os._exit(1)
