"""How much one call carries: the batch-size controller's number, bounded by bytes, repositories and settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from batchlab import clock
from batchlab.batch_config import BatchConfig
from batchlab.control.batch_size import BatchSizeController, SizeChange
from batchlab.control.measurements import Measurements
from batchlab.control.trace import Trace
from batchlab.routes import Route, WantedFile

MOST_BYTES = 1_000_000  # of files in one call that carries several


class Batching:
    """Decides whether one more file fits into a call, and learns from how calls went.

    Parameters
    ----------
    begin
        From a configuration to what sets the number of files a call.
    config
        Live settings: bounds, and whether a call may carry files of several repositories.
    trace
        Where changes of the size are written.
    measured
        What calls have shown.
    recalled
        The number that an earlier run ended with, None to begin with the policy's own.

    Attributes
    ----------
    even_share
        Returns the files that a call carries at most for the last ones to end together; infinite unless somebody plans.
    """

    PATIENCE = 5.0  # seconds that a call may take before its failure speaks of its size

    def __init__(
        self,
        begin: Callable[[BatchConfig], BatchSizeController],
        config: BatchConfig,
        trace: Trace,
        measured: Measurements,
        recalled: int | None = None,
    ) -> None:
        self._begin, self._config, self._trace, self._measured = begin, config, trace, measured
        self._controller = begin(config)
        self._start = self._controller.size
        self._most_brought = 0
        self.even_share: Callable[[], float] = lambda: math.inf
        if recalled is not None:
            self._controller.size = max(config.min_batch_size, min(recalled, config.max_batch_size))

    @property
    def size(self) -> int:
        """Files that a call of many carries now."""
        return self._controller.size

    def files_a_call(self, route: Route) -> int:
        """Return the files that the next call of this route carries at most."""
        most = self._full(route)
        if most == 1:
            return 1
        return int(min(most, max(self.even_share(), self._config.min_batch_size)))

    def _full(self, route: Route) -> int:
        return min(route.most_files, self._controller.size)

    def fits(self, route: Route, files: Sequence[WantedFile], more: WantedFile) -> bool:
        """Return whether ``more`` may travel with ``files`` in a full call."""
        if len(files) >= self._full(route):
            return False
        if sum(file.size for file in files) + more.size > MOST_BYTES:
            return False
        repositories = {file.repo for file in files} | {more.repo}
        return len(repositories) <= (route.most_repositories if self._config.enable_cross_repo_batching else 1)

    def goes_to_disk(self, route: Route, file: WantedFile) -> bool:
        """Return whether a file is too large to be held while it is read: then it travels alone."""
        alone = route.most_files == 1 and not route.whole_repository
        return alone and file.size > self._config.stream_large_files_threshold

    def reconfigured(self) -> None:
        """Follow a change of the bounds, and begin anew where the size to begin with has changed."""
        old, anew = self._controller.size, self._begin(self._config)
        if anew.size != self._start:
            self._start, self._controller = anew.size, anew
        self._controller.clamp(self._config.min_batch_size, self._config.max_batch_size)
        if self._controller.size != old:
            self._note(old, SizeChange(self._controller.size, "follows the configuration"))

    def delivered(self, route: Route, files: Sequence[WantedFile], seconds: float) -> None:
        """Take note of a call that brought its files."""
        if route.most_files > 1 and not route.whole_repository:
            self._most_brought = max(self._most_brought, len(files))
            self._note(self._controller.size, self._controller.delivered(len(files), seconds))

    def too_much(self, route: Route, files: Sequence[WantedFile], seconds: float, failures: int) -> bool:
        """Take note of a call that the server failed; return whether it had better be halved.

        Not where load stretched it: then fewer may be in flight. Nor where it failed at once, the first time: such
        a failure may strike any call. Where it strikes a small call twice, that says nothing of larger ones that came.
        """
        repositories, size = len({file.repo for file in files}), sum(file.size for file in files)
        if self._measured.was_stretched(len(files), repositories, size, seconds):
            return False
        at_once = seconds < self.PATIENCE
        if at_once and failures == 1:
            return False
        if not at_once or len(files) > min(self._most_brought, self._controller.size // 2):
            self._note(self._controller.size, self._controller.failed(len(files)))
        return True

    def _note(self, old: int, change: SizeChange | None) -> None:
        if change is not None:
            self._trace.decide(clock.now(), "batch size", "files a call", old, change.size, change.why)
