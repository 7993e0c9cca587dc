"""`Run`: what came back, as frames and as files."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pandas as pd

from batchlab.batch_config import BatchConfig
from batchlab.cards import card, table
from batchlab.errors import InputError
from batchlab.frames import Column, MetricsFrame, Schema
from batchlab.runs.explain import explained
from batchlab.runs.folders import write_whole

if TYPE_CHECKING:
    from batchlab.plots.accessors import RunPlots

MATCHES = Schema(
    "matches",
    "A row a matching line, in the order of files and lines.",
    (
        Column("repo", "string", "owner/name, with @ref where one was asked for"),
        Column("path", "string", "path from the root"),
        Column("line", "int64", "line number, from 1"),
        Column("match", "string", "what the expression matched: its first group if it has one"),
        Column("text", "string", "the whole line"),
    ),
)


@dataclass(frozen=True, repr=False)
class Run:
    """One reading of many files: the files, and why it took as long as it did.

    Parameters
    ----------
    results, metrics, batches, calls, decisions, timeline
        Frames, as `batchlab.frames` declares them.
    strategy
        Name of the strategy or policy.
    config
        The settings at the start.
    hub
        What was read from.
    seed
        Seed of the run.
    versions
        Versions of batchlab and what it stands on.
    interrupted
        Whether it was stopped before its end; unread files are failed rows of category ``cancelled``.
    repositories, patterns
        What was asked for: repositories, with ``@ref`` where one was named, and globs of the wanted files.
    scenario
        Name of the embedded GitHub's conditions; None for the real one.
    """

    results: pd.DataFrame
    metrics: MetricsFrame
    batches: pd.DataFrame
    calls: pd.DataFrame
    decisions: pd.DataFrame
    timeline: pd.DataFrame
    strategy: str
    config: BatchConfig
    hub: str
    seed: int
    versions: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False
    repositories: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    scenario: str | None = None

    @property
    def plot(self) -> RunPlots:
        """The pictures: call it for the timeline; by name: timeline, ecdf, waits, budget, decisions."""
        # By name: pictures stand a floor above, and bring matplotlib.
        accessors: Any = import_module("batchlab.plots.accessors")
        pictures: RunPlots = accessors.RunPlots(self)
        return pictures

    @property
    def makespan(self) -> float:
        """Seconds from the first instant to the last row."""
        return float(self.metrics["makespan"].sum())

    @property
    def files(self) -> pd.DataFrame:
        """The rows of results that are files: all but those that speak of a whole repository."""
        return self.results[self.results["path"].notna()]

    def _delivered(self) -> pd.DataFrame:
        return self.results[self.results["status"] == "delivered"]

    def text(self, repo: str, path: str, encoding: str = "utf-8") -> str:
        """Return a delivered file as text; what does not decode becomes U+FFFD.

        Raises
        ------
        InputError
            The file was not asked for, or did not arrive; the message says which and why.
        """
        rows = self.results[(self.results["repo"] == repo) & (self.results["path"] == path)]
        if rows.empty:
            raise InputError(f"{repo}: {path} is not in this run{self._nearest(repo, path)}")
        row: Any = rows.iloc[0]
        if row["status"] != "delivered":
            raise InputError(f"{repo}: {path} was not delivered: {row['error']}")
        return bytes(row["content"]).decode(encoding, "replace")

    def _nearest(self, repo: str, path: str) -> str:
        known = [f"{r}: {p}" for r, p in zip(self.files["repo"], self.files["path"], strict=True)]
        close = difflib.get_close_matches(f"{repo}: {path}", known, n=1)
        return f"; the nearest is {close[0]}" if close else "; run.files lists what is"

    def grep(self, pattern: str, *, ignore_case: bool = False) -> pd.DataFrame:
        """Return the lines of delivered files that match a regular expression.

        Parameters
        ----------
        pattern
            Regular expression of Python's ``re``, searched in each line.
        ignore_case
            Whether case does not matter.

        Returns
        -------
        pandas.DataFrame
            Columns ``repo``, ``path``, ``line`` (from 1), ``match`` (the first group if there is one), ``text``.

        Raises
        ------
        InputError
            The pattern is no regular expression.
        """
        try:
            expression = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
        except re.error as error:
            raise InputError(f"{pattern!r} is no regular expression: {error}") from None
        rows = []
        delivered = self._delivered()
        for repo, path, content in zip(delivered["repo"], delivered["path"], delivered["content"], strict=True):
            for number, line in enumerate(bytes(content or b"").decode("utf-8", "replace").splitlines(), 1):
                if found := expression.search(line):
                    rows.append((repo, path, number, found.group(min(1, expression.groups)), line))
        columns = list(zip(*rows, strict=True)) or [()] * len(MATCHES.names)
        return MATCHES.frame(dict(zip(MATCHES.names, columns, strict=True)))

    def export(self, folder: str | Path) -> list[Path]:
        """Write the delivered files below a folder, as ``owner/name/path``.

        A path that would leave the folder, by ``..``, a drive or a symbolic link met on the way, is refused before
        anything is written; each file appears whole or not at all.

        Returns
        -------
        list of Path
            What was written, in the order of results.

        Raises
        ------
        InputError
            The folder is a file, or a path is unsafe.
        """
        root = Path(folder)
        if root.exists() and not root.is_dir():
            raise InputError(f"{root} is a file; name a folder to export into")
        delivered = self._delivered()
        targets = [
            safe_target(root, repo, path) for repo, path in zip(delivered["repo"], delivered["path"], strict=True)
        ]
        for target, content in zip(targets, delivered["content"], strict=True):
            write_whole(target, bytes(content or b""))
        return targets

    def save(self, path: str | Path, *, contents: bool = True) -> Path:
        """Keep the run in a new folder, for `batchlab.load_run`: a parquet file a frame, and ``run.json``.

        The folder is there whole or not at all. No token is in it; what was read is, unless ``contents`` is False.

        Parameters
        ----------
        path
            A folder that does not exist yet, or is empty.
        contents
            Whether the files' bytes are kept.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        InputError
            The folder is not empty or cannot be made; nothing was changed.
        """
        from batchlab.runs.saving import save_run

        return save_run(self, path, contents=contents)

    def explain(self, by: str = "state") -> pd.DataFrame:
        """Return where the makespan went.

        Parameters
        ----------
        by
            ``"state"``: a row a state of the files, see `batchlab.runs.explain`; ``"minute"``: a row a minute and
            resource that bound in it, see `batchlab.runs.binding`. `why` says the latter in words.

        Returns
        -------
        pandas.DataFrame
            Columns of `batchlab.runs.explain.EXPLANATION` or `batchlab.runs.binding.BINDING`; ``seconds`` add up to
            the makespan.

        Raises
        ------
        InputError
            ``by`` is neither.
        """
        if by not in ("state", "minute"):
            raise InputError(f"by is {by!r}; accepted: 'state', 'minute'")
        if by == "state":
            return explained(self.files, self.makespan)
        from batchlab.runs.binding import binding

        return binding(self)

    def why(self) -> str:
        """Return in words which resource bound the run, as a whole and minute by minute.

        Returns
        -------
        str
            A sentence a line.
        """
        from batchlab.runs.binding import told

        return told(self.explain("minute"))

    def _repr_html_(self) -> str:
        counts = self.results["status"].value_counts().to_dict()
        facts = {
            "rows": ", ".join(f"{count:,} {status}" for status, count in counts.items()) or "none",
            "makespan": f"{self.makespan:,.1f} s",
            "calls": f"{len(self.calls):,}, {self.calls['points'].sum():,} points",
        }
        details = {
            "Where the time went": self.explain().to_html(index=False, border=0, float_format="{:.3g}".format),
            "Metrics": self.metrics.T.to_html(header=False, border=0),
            "Settings": table(self.config.to_dict()),
            "Versions": table(self.versions | {"seed": self.seed}),
        }
        title = f"Run: {self.strategy} on {self.hub}{' (interrupted)' if self.interrupted else ''}"
        return card(title, facts, details)

    def __repr__(self) -> str:
        counts = self.results["status"].value_counts()
        delivered, failed = int(counts.get("delivered", 0)), int(counts.get("failed", 0))
        ending = ", interrupted" if self.interrupted else ""
        return (
            f"<Run {self.strategy} on {self.hub}: {delivered} delivered, {failed} failed, "
            f"{self.makespan:.1f} s, {len(self.calls)} calls{ending}>"
        )


def safe_target(root: Path, repo: str, path: str) -> Path:
    """Return where below a folder a repository's file belongs.

    Raises
    ------
    InputError
        It would leave the folder.
    """
    parts = PurePosixPath(repo.replace("@", "/@", 1).replace(":", "_")).parts + PurePosixPath(path).parts
    unsafe = [part for part in parts if part in ("..", "/", "") or "\\" in part or "\0" in part or part[1:2] == ":"]
    target = root.joinpath(*parts)
    if unsafe or root.resolve() not in target.resolve().parents:
        raise InputError(f"{repo}: {path} would be written outside {root}; nothing was exported")
    return target
