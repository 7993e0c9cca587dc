"""What a report is about: runs, studies, worlds and names of any of them become one study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from batchlab.errors import InputError
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.report.embedding import read_report
from batchlab.runs import Run, load_run, runs
from batchlab.study import Study, compare, compare_runs, load_study, with_work

SAMPLE = "sample"
_REPORTS = (".html", ".htm", ".md", ".markdown")


class GitPath(str):
    """A git repository on disk, ``path`` or ``path@ref``."""


def study_about(
    items: Sequence[Any], scenario: str | Path | Scenario | None, options: Mapping[str, Any]
) -> tuple[Study, bool]:
    """Return the study that a report is about, and whether it was made here and now.

    Parameters
    ----------
    items
        As for `batchlab.report`.
    scenario
        Conditions of worlds that are named; None for the usual ones.
    options
        What `batchlab.compare` is called with, where something is to be compared first.

    Raises
    ------
    InputError
        An item is nothing to report on, some do not go together, or there are options for what is saved already.
    """
    found = [one for item in items or [SAMPLE] for one in _found(item, scenario or "typical")]
    saved = [one for _, one in found if isinstance(one, (Run, Study))]
    if not saved:
        return compare(_one_hub(found, scenario), **options), True
    told = [name for name, value in ({"scenario": scenario} | dict(options)).items() if value and name != "progress"]
    if told:
        raise InputError(f"{told[0]} is for worlds that are read for the report; what was saved stays as it is")
    return _saved_study(found), False


def _found(item: Any, scenario: str | Path | Scenario) -> Iterator[tuple[str, Any]]:
    """Yield what an item means, each with a name."""
    if isinstance(item, Run):
        yield item.strategy, item
    elif isinstance(item, Study) or hasattr(item, "connect"):
        yield item.hub if isinstance(item, Study) else item.name, item
    elif isinstance(item, (str, Path)):
        yield from _named(str(item), scenario)
    else:
        raise InputError(f"{item!r} is nothing to report on; {_ACCEPTED}")


def _named(text: str, scenario: str | Path | Scenario) -> Iterator[tuple[str, Any]]:
    place = Path(text).expanduser()
    if (place / "run.json").is_file():
        yield place.resolve().name, load_run(place)
    elif (place / "study.json").is_file():
        yield text, load_study(place)
    elif place.suffix.lower() in _REPORTS:
        yield text, read_report(place)
    elif (place / "trees.parquet").is_file():
        yield text, SimHub.from_corpus(place, scenario)
    elif place.is_dir() or Path(text.rpartition("@")[0] or ".nothing").expanduser().is_dir():
        yield from _saved_below(place) or [(text, GitPath(text))]
    elif text == SAMPLE:
        yield text, SimHub.sample(scenario)
    elif text in with_work():
        yield text, SimHub(scenario=text)
    else:
        raise InputError(f"{text!r} is nothing to report on; {_ACCEPTED}")


_ACCEPTED = (
    "name a saved run or study, a report, a folder of saved runs, a git repository on disk, a corpus folder, 'sample', "
    "or a scenario that brings its work; repositories on GitHub: batchlab compare OWNER/REPO --out DIR, then report DIR"
)


def _saved_below(place: Path) -> list[tuple[str, Any]]:
    if not place.is_dir() or (place / ".git").exists():
        return []
    return [(str(row["name"]), load_run(row["path"])) for _, row in runs(place).iterrows()]


def _one_hub(found: Sequence[tuple[str, Any]], scenario: str | Path | Scenario | None) -> Any:
    paths = [one for _, one in found if isinstance(one, GitPath)]
    if paths and len(paths) == len(found):
        return SimHub.from_git(*paths, scenario=scenario or "typical")
    if len(found) > 1:
        raise InputError(f"{', '.join(name for name, _ in found)}: a report is about one world; make one of each")
    name, hub = found[0]
    if scenario is not None and isinstance(hub, SimHub) and hub.scenario.name != Scenario.load(scenario).name:
        raise InputError(f"{name} has a scenario of its own, {hub.scenario.name}; leave scenario={scenario} out")
    return hub


def _saved_study(found: Sequence[tuple[str, Any]]) -> Study:
    runs = [(name, one) for name, one in found if isinstance(one, Run)]
    if len(runs) == len(found):
        return compare_runs(_arms(runs))
    if len(found) == 1:
        study: Study = found[0][1]
        return study
    raise InputError(
        f"{', '.join(name for name, _ in found)}: a report is about one study, or about several runs; "
        "to hold one study against another, name it with --against (against=)"
    )


def _arms(found: Sequence[tuple[str, Run]]) -> dict[str, list[Run]]:
    """Return runs by arm: replications of one strategy together, and each by its own name where that is not clear."""
    keys = [(run.strategy, run.seed) for _, run in found]
    alike = len({(run.strategy, repr(run.config)) for _, run in found}) == len({run.strategy for _, run in found})
    arms: dict[str, list[Run]] = {}
    for name, run in found:
        if alike and len(set(keys)) == len(keys):
            arms.setdefault(run.strategy, []).append(run)
        else:
            arms[_free(name, arms)] = [run]
    return arms


def _free(name: str, taken: Mapping[str, Any]) -> str:
    return name if name not in taken else next(free for n in count(2) if (free := f"{name} {n}") not in taken)
