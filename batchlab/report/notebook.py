"""The report as a notebook: the one on performance that travels with the package, run with a report's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batchlab.errors import BatchLabError, InputError
from batchlab.package_data import notebooks_folder
from batchlab.runs.folders import write_whole

NAME = "05_performance_report.ipynb"
PARAMETERS = "parameters"  # the tag of the cell that holds them
_PANEL = "application/vnd.jupyter.widget-view+json"


def report_notebook(target: str | Path, parameters: Mapping[str, Any]) -> None:
    """Run the performance notebook with these parameters, in this folder, and keep it.

    Parameters
    ----------
    target
        The notebook, ``.ipynb``. An earlier one of the same kind is replaced, nothing else is.
    parameters
        Values of its parameters that differ from those that it has, plain ones, by name.

    Raises
    ------
    InputError
        The file is something else, or there is no such parameter.
    BatchLabError
        Jupyter is not installed, or a cell failed.
    """
    nbformat = _jupyter()
    place = require_notebook(target)
    notebook = nbformat.read(notebooks_folder() / NAME, as_version=4)
    cell = next(cell for cell in notebook.cells if PARAMETERS in cell.metadata.get("tags", ()))
    cell.source = with_values(cell.source, parameters)
    execute(notebook, Path.cwd())
    write_whole(place, nbformat.writes(notebook).encode())


def require_notebook(target: str | Path) -> Path:
    """Return where the notebook goes.

    Raises
    ------
    InputError
        The name ends otherwise, or something else is there.
    """
    place = Path(target).expanduser()
    if place.suffix != ".ipynb":
        raise InputError(f"{target} does not end in .ipynb; a notebook does")
    if place.exists() and not (place.is_file() and f'"{PARAMETERS}"'.encode() in place.read_bytes()):
        raise InputError(f"{target} is there already and is no performance notebook; name another file")
    return place


def with_values(source: str, values: Mapping[str, Any]) -> str:
    """Return the lines of a parameters cell with other values; comments stay.

    Raises
    ------
    InputError
        A name is assigned in none of them.

    Examples
    --------
    >>> with_values("seeds = None  # three", {"seeds": 5})
    'seeds = 5  # three'
    """
    left = dict(values)

    def rewritten(line: str) -> str:
        name, equals, rest = line.partition(" = ")
        if not equals or name not in left:
            return line
        _, mark, comment = rest.partition("  # ")
        return f"{name} = {left.pop(name)!r}{mark}{comment}"

    lines = [rewritten(line) for line in source.splitlines()]
    if left:
        raise InputError(f"the notebook has no parameter {', '.join(left)}")
    return "\n".join(lines)


def execute(notebook: Any, folder: Path) -> None:
    """Run a notebook from a clean kernel in a folder; take away what differs by machine, and what needs the kernel.

    Raises
    ------
    BatchLabError
        A cell failed.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    resources = {"metadata": {"path": str(folder)}}
    try:
        NotebookClient(notebook, kernel_name="python3", record_timing=False, resources=resources).execute()
    except CellExecutionError as error:
        raise BatchLabError(f"a cell of the notebook failed: {error.ename}: {error.evalue}") from None
    for cell in notebook.cells:
        if "outputs" in cell:  # panels leave a trace beside themselves
            cell.outputs = [output for output in cell.outputs if _PANEL not in output.get("data", {})]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}


def _jupyter() -> Any:
    try:
        import nbclient  # noqa: F401 - used by `execute`
        import nbformat
    except ImportError:
        raise BatchLabError("running a notebook needs Jupyter: pip install 'batchlab[notebook]'") from None
    return nbformat
