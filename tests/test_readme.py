"""What the README shows runs as it stands, and what it links to exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.world_spec import WorldSpec

CHECKOUT = Path(__file__).resolve().parents[1]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
WORLD = WorldSpec.files(
    {"pallets/flask": {"pyproject.toml": b"[project]\n"}, "encode/httpx": {"pyproject.toml": b"[project]\n"}}
)


def _run(code: str, folder: Path, **environment: str) -> str:
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("BATCHLAB_", "GITHUB_"))}
    variables |= {"BATCHLAB_CACHE_DIR": str(folder / "cache")} | environment
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the ten lines print, and the folder in which those that keep a run follow them, in the same process."""
    folder = tmp_path_factory.mktemp("readme")
    return _run(BLOCKS[0] + BLOCKS[2], folder), folder


def test_the_ten_lines_end_in_a_table_and_a_verdict(followed: tuple[str, Path]) -> None:
    assert len([line for line in BLOCKS[0].splitlines() if line]) <= 10
    *table, verdict = followed[0].splitlines()
    assert {"adaptive", "sequential"} <= set(" ".join(table).split())
    assert "times faster than sequential" in verdict


def test_the_real_github_is_read_by_the_lines_shown(tmp_path: Path) -> None:
    with LoopbackHub(WORLD, "no-limits") as server:
        lines = "import batchlab as bl\n" + BLOCKS[1]
        _run(lines, tmp_path, GITHUB_API_URL=server.base_url, GITHUB_TOKEN=server.token)
    assert (tmp_path / "files/pallets/flask/pyproject.toml").read_bytes() == b"[project]\n"


def test_a_run_is_kept_listed_and_reported_on_by_the_lines_shown(followed: tuple[str, Path]) -> None:
    _, folder = followed
    assert (folder / "kept/today/run.json").is_file()
    assert (folder / "report.html").is_file()


PAGES = sorted([CHECKOUT / "README.md", *(CHECKOUT / "data").rglob("*.md"), *(CHECKOUT / "notebooks").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(CHECKOUT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert links or page != CHECKOUT / "README.md"
    assert [link for link in links if not (page.parent / link).exists()] == []
