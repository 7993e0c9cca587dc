"""Runs that earlier versions saved, brought into today's form: one step a version."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from batchlab.config_files import load_config, settings_document
from batchlab.runs.run import Run, safe_target


def brought_up_to_date(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the document of a saved run as today's version would have written it.

    Parameters
    ----------
    document
        As it was read.
    folder
        Where it was read; version 1 kept the settings in a file of their own.

    Raises
    ------
    ConfigError
        A file that the old version needs is missing or damaged.
    """
    return _from_1(document, folder) if document["version"] == 1 else document


def _from_1(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    config = settings_document(load_config(folder / "config.yaml", env={}))
    unknown: dict[str, Any] = {"scenario": None, "repositories": [], "patterns": [], "rows": {}}
    return document | unknown | {"config": config}


def with_exported_contents(run: Run, folder: Path) -> Run:
    """Return a run of version 1 with its contents, which lie in ``files/`` unless they could not be written there."""
    cells = run.results[["repo", "path", "status", "content"]].itertuples(index=False)
    contents = [_exported(folder / "files", *cell) for cell in cells]
    column = pd.Series(contents, index=run.results.index, dtype="object")
    return replace(run, results=run.results.assign(content=column))


def _exported(files: Path, repo: str, path: str, status: str, content: bytes | None) -> bytes | None:
    if content is not None or status != "delivered":
        return content
    file = safe_target(files, repo, path)
    return file.read_bytes() if file.is_file() else None
