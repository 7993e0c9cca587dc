"""Run the notebooks and keep what they show: ``python tests/notebooks/execute_notebooks.py [NOTEBOOK ...]``."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from batchlab.package_data import notebooks_folder
from batchlab.report.notebook import execute


def keep_outputs(path: Path) -> None:
    """Run a notebook in a folder of its own, and write it with what it shows."""
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        execute(notebook, Path(folder))
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for given in sys.argv[1:] or sorted(notebooks_folder().glob("*.ipynb")):
        keep_outputs(Path(given))
