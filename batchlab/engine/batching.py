"""How much one call carries: the batch-size controller's number, bounded by bytes, repositories and settings."""

from __future__ import annotations

from collections.abc import Sequence

from batchlab import clock
from batchlab.batch_config import BatchConfig
from batchlab.control.batch_size import BatchSizeController, SizeChange
from batchlab.control.trace import Trace
from batchlab.routes import Route, WantedFile

MOST_BYTES = 1_000_000  # of files in one call that carries several


class Batching:
    """Decides whether one more file fits into a call, and learns from how calls went.

    Parameters
    ----------
    controller
        Sets the number of files a call.
    config
        Live settings: bounds, and whether a call may carry files of several repositories.
    trace
        Where changes of the size are written.
    """

    def __init__(self, controller: BatchSizeController, config: BatchConfig, trace: Trace) -> None:
        self._controller, self._config, self._trace = controller, config, trace

    def files_a_call(self, route: Route) -> int:
        """Return the files that a full call of this route carries now."""
        return min(route.most_files, self._controller.size)

    def fits(self, route: Route, files: Sequence[WantedFile], more: WantedFile) -> bool:
        """Return whether ``more`` may travel with ``files``."""
        if len(files) >= self.files_a_call(route):
            return False
        if sum(file.size for file in files) + more.size > MOST_BYTES:
            return False
        repositories = {file.repo for file in files} | {more.repo}
        return len(repositories) <= (route.most_repositories if self._config.enable_cross_repo_batching else 1)

    def reconfigured(self) -> None:
        """Follow a change of the bounds."""
        self._controller.clamp(self._config.min_batch_size, self._config.max_batch_size)

    def delivered(self, route: Route, files: int, seconds: float) -> None:
        """Take note of a call that brought its files."""
        if route.most_files > 1:
            self._note(self._controller.size, self._controller.delivered(files, seconds))

    def failed(self, route: Route, files: int) -> None:
        """Take note of a call that was too much for the server."""
        if route.most_files > 1:
            self._note(self._controller.size, self._controller.failed(files))

    def _note(self, old: int, change: SizeChange | None) -> None:
        if change is not None:
            self._trace.decide(clock.now(), "batch size", "files a call", old, change.size, change.why)
