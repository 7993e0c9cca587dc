"""The nouns of the batch API: repositories, files, requests, results, plans and metrics.

Values only; nothing here reads, waits or decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.errors import ErrorCategory, InputError, category_of
from batchlab.git_objects import LARGEST_LFS_POINTER, is_lfs_pointer

__all__ = [
    "BatchConfig",
    "BatchMetrics",
    "BatchRecoveryPlan",
    "BatchRequest",
    "BatchResult",
    "BatchStrategy",
    "CrossRepoBatch",
    "FileContent",
    "FileInfo",
    "FileStatus",
    "NetworkConditions",
    "PrioritizedFile",
    "Repository",
]


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub, optionally at a ref.

    Parameters
    ----------
    full_name
        ``"owner/name"``, or ``"owner/name@ref"`` for a branch, tag or commit.
    name, owner
        The two parts of ``full_name``; derived from it when left out.
    default_branch
        What ``HEAD`` means there, where known.
    archived
        Whether the repository is read-only.
    updated_at
        ISO 8601 time of the last change, where known.
    ref
        Branch, tag or commit to read; None reads ``HEAD``.

    Raises
    ------
    InputError
        ``full_name`` is not of the form ``owner/name``.

    Examples
    --------
    >>> Repository("pallets/flask@3.0.x").ref
    '3.0.x'
    """

    full_name: str
    name: str | None = None
    owner: str | None = None
    default_branch: str | None = None
    archived: bool = False
    updated_at: str | None = None
    ref: str | None = None

    def __post_init__(self) -> None:
        full_name, _, ref = self.full_name.partition("@")
        owner, slash, name = full_name.partition("/")
        if not (slash and owner and name) or "/" in name or any(c.isspace() for c in full_name):
            raise InputError(f"{self.full_name!r} is no repository; write owner/name or owner/name@ref")
        derived = {"full_name": full_name, "owner": self.owner or owner, "name": self.name or name}
        for attribute, value in (derived | {"ref": self.ref or ref or None}).items():
            object.__setattr__(self, attribute, value)

    @property
    def key(self) -> tuple[str, str | None]:
        """What tells it from others: GitHub's names differ by more than case, refs by case, too."""
        return self.full_name.lower(), self.ref

    @classmethod
    def parse(cls, value: Repository | str) -> Repository:
        """Return ``value`` itself, or the repository that a text such as ``owner/name@ref`` names."""
        return value if isinstance(value, cls) else cls(str(value))

    def __str__(self) -> str:
        return f"{self.full_name}@{self.ref}" if self.ref else self.full_name


@dataclass(frozen=True)
class FileInfo:
    """A file as its tree lists it: path, git blob sha and size in bytes (None where unknown)."""

    path: str
    sha: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class FileContent:
    """A file's bytes with their git blob sha and size in bytes."""

    content: bytes = field(repr=False)
    sha: str
    size: int

    def text(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """Return the bytes decoded; what does not decode becomes U+FFFD unless ``errors`` says otherwise."""
        return self.content.decode(encoding, errors)

    @property
    def in_memory(self) -> bool:
        """Whether the bytes are held in memory."""
        return True

    def __bytes__(self) -> bytes:
        return self.content


@dataclass(frozen=True)
class NetworkConditions:
    """What is known of the network.

    Parameters
    ----------
    latency
        Median seconds from request to answer.
    bandwidth
        Bytes per second.
    error_rate
        Share of calls that fail, 0 to 1.
    """

    latency: float
    bandwidth: float
    error_rate: float = 0.0


@dataclass
class BatchRequest:
    """One file asked for.

    Parameters
    ----------
    repo
        Where it is.
    file_path
        Path from the repository's root.
    priority
        Higher is read earlier.
    estimated_size
        Bytes expected, 0 where unknown.
    cache_key
        The git blob sha where it is known.
    """

    repo: Repository
    file_path: str
    priority: int = 0
    estimated_size: int = 0
    cache_key: str | None = None


class FileStatus(Enum):
    """How a file asked for ended."""

    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass
class BatchResult:
    """What became of one `BatchRequest`: content or error, and where the time went.

    Parameters
    ----------
    request, content, error, from_cache
        The request, and either the bytes or the reason why there are none.
    processing_time
        Seconds on the wire, over all attempts.
    tree, sha, size
        Tree that the repository was pinned to, blob sha and bytes as that tree lists them.
    route, batch, attempts
        How it came: route name, number of the last batch that carried it, attempts made.
    queued, started, finished
        Seconds on the run's clock: entered the queue, first call sent, row complete.
    queue_wait, pacing_wait, limit_wait, backoff_wait
        Seconds waited for a slot, for the pace, for a rate limit and between attempts.
    skipped
        Nothing was to be read here (an empty repository, no wanted file); ``error`` says why.
    tree_size
        Bytes of all files of that tree.
    """

    request: BatchRequest
    content: FileContent | None = None
    error: Exception | None = None
    from_cache: bool = False
    processing_time: float = 0.0
    tree: str | None = None
    sha: str | None = None
    size: int | None = None
    route: str | None = None
    batch: int | None = None
    attempts: int = 0
    queued: float = 0.0
    started: float | None = None
    finished: float = 0.0
    queue_wait: float = 0.0
    pacing_wait: float = 0.0
    limit_wait: float = 0.0
    backoff_wait: float = 0.0
    skipped: bool = False
    tree_size: int | None = None

    @property
    def status(self) -> FileStatus:
        """Delivered, failed or skipped."""
        if self.skipped:
            return FileStatus.SKIPPED
        return FileStatus.FAILED if self.error is not None else FileStatus.DELIVERED

    @property
    def lfs_pointer(self) -> bool:
        """Whether git LFS keeps the file elsewhere, and what came stands for it."""
        content = self.content
        return content is not None and content.size <= LARGEST_LFS_POINTER and is_lfs_pointer(content.content)

    @property
    def error_category(self) -> ErrorCategory | None:
        """The documented category of the error, None where there is none."""
        return None if self.error is None else category_of(self.error)


@dataclass
class BatchMetrics:
    """The documented totals of one operation.

    Parameters
    ----------
    total_requests
        Files asked for.
    successful_requests
        Files delivered.
    cache_hits
        Files delivered without a call of their own: held already, or folded onto an equal blob.
    average_batch_size
        Files sent per batch; NaN when no batch was sent.
    total_processing_time
        Seconds of service summed over calls.
    api_calls_saved
        Trees + files asked for - calls made; what a reader of one file a call would have needed more.
    parallel_efficiency
        Service time over (makespan x mean concurrency limit), 0 to 1; NaN when nothing was sent.
    """

    total_requests: int
    successful_requests: int
    cache_hits: int
    average_batch_size: float
    total_processing_time: float
    api_calls_saved: int
    parallel_efficiency: float


@dataclass(frozen=True)
class PrioritizedFile:
    """A path with its place in the order: higher is read earlier; ``reason`` says why."""

    path: str
    priority: int
    reason: str = ""


@dataclass(frozen=True)
class CrossRepoBatch:
    """Files of several repositories that one call, or one blob, can serve.

    Parameters
    ----------
    files
        Paths by repository full name.
    calls_before, calls_after
        Calls needed for them one by one, and together.
    estimated
        True when trees were not seen and usual manifests were assumed.
    reason
        What the files share.
    """

    files: Mapping[str, Sequence[str]]
    calls_before: int
    calls_after: int
    estimated: bool
    reason: str

    @property
    def repositories(self) -> list[str]:
        """Full names of the repositories taking part."""
        return list(self.files)


@dataclass(frozen=True)
class BatchRecoveryPlan:
    """What to do about a failed batch.

    Parameters
    ----------
    category
        Documented category of the error.
    retry
        Requests worth sending again, in smaller batches where that helps.
    give_up
        Requests that no retry can save.
    delay
        Seconds to wait before the retry.
    batch_size
        Files a call to retry with.
    reason
        One sentence for a person.
    """

    category: ErrorCategory
    retry: Sequence[BatchRequest]
    give_up: Sequence[BatchRequest]
    delay: float
    batch_size: int
    reason: str
