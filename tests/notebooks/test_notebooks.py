"""The notebooks run from top to bottom, from a clean kernel, without internet and without warnings."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbclient", reason="running notebooks needs the extra test")

import nbformat
from nbclient import NotebookClient

from batchlab.package_data import notebooks_folder

NOTEBOOKS = sorted(notebooks_folder().glob("*.ipynb"))
LARGEST_BYTES = 120_000
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)

# No connection leaves the machine: whatever tries, fails.
OFFLINE = """
import socket

def _refuse(address, *args, **kwargs):
    raise OSError(f"this notebook is to run offline, and reached for {address}")

socket.getaddrinfo = socket.create_connection = _refuse
"""


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def _code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


async def _run(path: Path, folder: Path) -> Any:
    notebook = _read(path)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    notebook.cells.insert(0, nbformat.v4.new_code_cell(OFFLINE))
    await client.async_execute()
    return notebook


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Any]:
    """The notebooks that tests here ask for, each run in a folder named after it, or what that raised; two at once."""
    asked = sorted({item.callspec.params["path"] for item in request.session.items if "ran" in item.fixturenames})
    slots = asyncio.Semaphore(2)

    async def run(path: Path) -> Any:
        async with slots:
            return await _run(path, tmp_path_factory.mktemp(path.stem, numbered=False))

    async def run_all() -> list[Any]:
        return await asyncio.gather(*map(run, asked), return_exceptions=True)

    return dict(zip(asked, asyncio.run(run_all()), strict=True))


@pytest.fixture
def ran(runs: dict[Path, Any], path: Path) -> Any:
    """The notebook at a path, with what it printed and showed."""
    if isinstance(runs[path], BaseException):
        raise runs[path]
    return runs[path]


def _texts(notebook: Any) -> list[str]:
    """Return what the cells printed and showed, as plain text."""
    outputs = [output for cell in _code(notebook) for output in cell.outputs]
    return [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]


@every_notebook
def test_a_notebook_runs_from_a_clean_kernel_without_warnings(path: Path, ran: Any) -> None:
    outputs = [output for cell in _code(ran) for output in cell.outputs]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert not [text for text in _texts(ran) if "Warning" in text]


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if "your_own" in path.stem], ids=lambda path: path.stem)
def test_a_notebook_runs_twice_in_the_same_folder_and_shows_the_same(
    path: Path, ran: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    again = asyncio.run(_run(path, tmp_path_factory.getbasetemp() / path.stem))
    assert _texts(again) == _texts(ran)


@every_notebook
def test_a_notebook_is_kept_with_its_outputs_and_small(path: Path) -> None:
    cells = _code(_read(path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert any(cell.outputs for cell in cells)
    assert path.stat().st_size < LARGEST_BYTES


@every_notebook
def test_a_kept_notebook_shows_nothing_that_needs_a_kernel(path: Path) -> None:
    assert "jupyter.widget-view" not in path.read_text(encoding="utf-8")


def test_the_laboratory_of_the_notebook_on_live_tuning_has_left_a_trace() -> None:
    (path,) = [path for path in NOTEBOOKS if "live_tuning" in path.stem]
    html = [
        output.data.get("text/html", "") for cell in _code(_read(path)) for output in cell.outputs if "data" in output
    ]
    (trace,) = [text for text in html if "Trace of the laboratory" in text]
    assert "24 delivered, 0 failed" in trace
    assert "data:image/png;base64," in trace


@every_notebook
def test_pictures_in_a_notebook_have_words(path: Path) -> None:
    for cell in _code(_read(path)):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert output.metadata["image/png"]["alt"]


@every_notebook
def test_a_notebook_names_no_machine_and_no_time(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    metadata = json.loads(text)["metadata"]
    assert set(metadata) == {"kernelspec", "language_info"}
    assert not [place for place in ("/home/", "/root/", "/tmp/", "/Users/", "iopub.") if place in text]
