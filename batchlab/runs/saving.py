"""Keep a run in a folder and get it back: a parquet file a frame, and ``run.json``, which comes last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from batchlab.config_files import settings_document, settings_of
from batchlab.errors import InputError
from batchlab.frames import MetricsFrame
from batchlab.frames.schemas import ALL
from batchlab.runs.folders import Kind, whole_folder
from batchlab.runs.frame_files import read_frames, write_frames
from batchlab.runs.older_runs import brought_up_to_date, with_exported_contents
from batchlab.runs.run import Run
from batchlab.runs.summary import summary_of

RUN = Kind("run", 2, "bl.load_run")
_FACTS = ("strategy", "hub", "scenario", "seed", "interrupted", "versions")


def save_run(run: Run, folder: str | Path, *, contents: bool = True) -> Path:
    """Write a run into a new folder; see `batchlab.runs.run.Run.save`."""
    with whole_folder(folder) as new:
        write_saved_run(run, new, contents=contents)
    return Path(folder).expanduser().resolve()


def write_saved_run(run: Run, new: Path, *, contents: bool) -> None:
    """Write a run into a folder that is there and empty."""
    rows = write_frames(run, ALL, new, contents=contents)
    RUN.describe(
        new,
        **{name: getattr(run, name) for name in _FACTS},
        repositories=list(run.repositories),
        patterns=list(run.patterns),
        config=settings_document(run.config),
        contents=contents,
        rows=rows,
        summary=summary_of(run),
    )


def load_run(path: str | Path) -> Run:
    """Return a saved run, as it was.

    Parameters
    ----------
    path
        A folder that `batchlab.Run.save` or ``batchlab scan --out`` wrote.

    Returns
    -------
    Run
        Every frame with the values and dtypes that it had. Files saved without contents have none.

    Raises
    ------
    InputError
        The folder holds no run, half of one, a damaged one, or one of a later version.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from batchlab.hub.sim import SimHub
    >>> from batchlab.hub.world import World
    >>> from batchlab.runs import scan
    >>> run = scan(hub=SimHub(World.build({"acme/app": {"go.mod": b"module acme"}}), "no-limits"))
    >>> with TemporaryDirectory() as folder:
    ...     load_run(run.save(f"{folder}/kept")).text("acme/app", "go.mod")
    'module acme'
    """
    folder = Path(path).expanduser()
    saved = RUN.document_in(folder)
    document = brought_up_to_date(saved, folder)
    try:
        frames: dict[str, Any] = read_frames(ALL, folder, document["rows"])
        run = Run(
            **frames | {"metrics": MetricsFrame(frames["metrics"])},
            **{name: document[name] for name in _FACTS},
            config=settings_of(document["config"]),
            repositories=tuple(document["repositories"]),
            patterns=tuple(document["patterns"]),
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"{folder / RUN.file} is damaged: {error!r}; restore it from a copy, or save again") from None
    return with_exported_contents(run, folder) if saved["version"] == 1 else run
