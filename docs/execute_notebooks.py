"""Run the notebooks and keep them with their outputs: ``python docs/execute_notebooks.py [NOTEBOOK ...]``."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

from batchlab.package_data import notebooks_folder


def execute(path: Path) -> None:
    """Run a notebook from a clean kernel in a folder of its own, and write it without what differs by machine."""
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        NotebookClient(notebook, kernel_name="python3", record_timing=False, resources=resources).execute()
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for given in sys.argv[1:] or sorted(notebooks_folder().glob("*.ipynb")):
        execute(Path(given))
