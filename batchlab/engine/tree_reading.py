"""Read a repository's tree in one piece, or subtree by subtree where the server cuts the listing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from batchlab.batch_models import BatchResult, Repository
from batchlab.control.measurements import Measurements
from batchlab.engine.revalidation import Revalidation
from batchlab.engine.work_queue import Job, Lane
from batchlab.errors import RepositoryAccessError
from batchlab.github_api import TreeEntry, TreeListing, read_tree, tree_request
from batchlab.routes import Send


class TreeReading:
    """The reading of one repository's tree: pins it, and collects its entries with full paths.

    Parameters
    ----------
    repo
        The repository, at its ref.
    submit
        Queues a job.
    complete
        Called once with the root tree's sha and all entries.
    failed
        Called once, in place of ``complete``, with what prevented it.
    revalidation
        Asks whether listings that are held have changed; by default all are asked for anew.
    """

    def __init__(
        self,
        repo: Repository,
        submit: Callable[[Job], None],
        complete: Callable[[str, list[TreeEntry]], None],
        failed: Callable[[Exception], None],
        revalidation: Revalidation | None = None,
    ) -> None:
        self.repo = repo
        self.revalidation = revalidation or Revalidation(None, "", "")
        self._submit, self._complete, self._failed = submit, complete, failed
        self._root: str | None = None
        self._entries: list[TreeEntry] = []
        self._open = 0
        self._over = False

    def begin(self) -> None:
        """Queue the listing of the root."""
        self._list(self.repo.ref or "HEAD", "", recursive=True)

    def _list(self, ref: str, prefix: str, *, recursive: bool) -> None:
        self._open += 1
        self._submit(TreeJob(self, ref, prefix, recursive))

    def listed(self, job: TreeJob, listing: TreeListing) -> None:
        """Take in one listing; a cut one is read again level by level."""
        if self._over:
            return
        self._root = self._root or listing.sha
        if listing.truncated and not job.recursive:
            raise RepositoryAccessError(_cut(self.repo, job.prefix, len(listing.entries)))
        if listing.truncated:
            self._list(listing.sha, job.prefix, recursive=False)
        else:
            self._take(job, listing.entries)
        self._open -= 1
        if not self._open:
            self._over = True
            self._complete(self._root, sorted(self._entries, key=_in_git_order))

    def _take(self, job: TreeJob, entries: Sequence[TreeEntry]) -> None:
        for entry in entries:
            full = entry._replace(path=job.prefix + entry.path) if job.prefix else entry
            self._entries.append(full)
            if entry.type == "tree" and not job.recursive:
                self._list(entry.sha, full.path + "/", recursive=True)

    def gave_up(self, error: Exception) -> None:
        """Fail the whole reading once: a tree with a hole would lose files silently."""
        if not self._over:
            self._over = True
            self._failed(error)


def _in_git_order(entry: TreeEntry) -> str:
    # Git sorts a directory as if its name ended in a slash; subtrees arrive in any order.
    return f"{entry.path}/" if entry.type == "tree" else entry.path


def _cut(repo: Repository, prefix: str, entries: int) -> str:
    where = prefix or "its root"
    return f"{repo}: the server lists only {entries} entries of {where} and cuts the rest; clone the repository"


class TreeJob:
    """One listing of a `TreeReading`."""

    route = "tree"
    points = 1
    memory = 0
    priority = 0
    repo_size = 0
    obstacle = None

    def __init__(self, reading: TreeReading, ref: str, prefix: str, recursive: bool) -> None:
        self.reading, self.ref, self.prefix, self.recursive = reading, ref, prefix, recursive
        self.repo = reading.repo.full_name
        self.lane = Lane(reads_repository=True, pool="core", route=self.route)
        self.results: Sequence[BatchResult] = ()

    async def run(self, send: Send) -> None:
        """Fetch and hand over."""
        request = tree_request(self.reading.repo, self.ref, recursive=self.recursive)
        self.reading.listed(self, await self.reading.revalidation.read(request, send, read_tree))

    def seconds(self, measured: Measurements) -> float:
        """Return the seconds that it takes, from what was measured."""
        return measured.rest_seconds

    def absorb(self, other: Job) -> bool:
        """Return False: a listing travels alone."""
        return False

    def after(self, error: Exception) -> Sequence[Job]:
        """Send it again as it is."""
        return [self]

    def failed(self, error: Exception) -> None:
        """Give the reading up."""
        self.reading.gave_up(error)
