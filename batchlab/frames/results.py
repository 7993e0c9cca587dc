"""From `BatchResult` records to the results frame."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from batchlab.batch_models import BatchResult, FileContent
from batchlab.frames.schema import attributes
from batchlab.frames.schemas import RESULTS


def results_frame(results: Sequence[BatchResult], *, contents: bool = True) -> pd.DataFrame:
    """Return a row a result, in the order given.

    Parameters
    ----------
    results
        The records, of any processor.
    contents
        False leaves the ``content`` column empty.

    Returns
    -------
    pandas.DataFrame
        Columns as declared by `batchlab.frames.RESULTS`.
    """
    same_name = [
        "tree",
        "sha",
        "size",
        "status",
        "from_cache",
        "route",
        "batch",
        "attempts",
        "error_category",
    ]
    same_name += ["queued", "started", "finished", "processing_time"]
    same_name += ["queue_wait", "pacing_wait", "limit_wait", "backoff_wait", "lfs_pointer", "tree_size"]
    values: dict[str, list[object]] = attributes(results, same_name)
    values["repo"] = [str(r.request.repo) for r in results]
    values["path"] = [r.request.file_path or None for r in results]
    values["priority"] = [r.request.priority for r in results]
    values["error"] = [None if r.error is None else str(r.error) for r in results]
    values["content"] = [_cell(r.content) if contents else None for r in results]
    return RESULTS.frame(values)


def _cell(content: FileContent | None) -> bytes | FileContent | None:
    # What lies on disk is read when somebody asks for its bytes.
    return content.content if content is not None and content.in_memory else content
