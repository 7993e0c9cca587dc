"""What the README shows runs as it stands, and what it links to exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

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


def test_the_ten_lines_end_in_a_table_and_a_verdict(tmp_path: Path) -> None:
    assert len([line for line in BLOCKS[0].splitlines() if line]) <= 10
    *table, verdict = _run(BLOCKS[0], tmp_path).splitlines()
    assert {"adaptive", "sequential"} <= set(" ".join(table).split())
    assert "times faster than sequential" in verdict


def test_the_real_github_is_read_by_the_lines_shown(tmp_path: Path) -> None:
    with LoopbackHub(WORLD, "no-limits") as server:
        lines = "import batchlab as bl\n" + BLOCKS[1]
        _run(lines, tmp_path, GITHUB_API_URL=server.base_url, GITHUB_TOKEN=server.token)
    assert (tmp_path / "files/pallets/flask/pyproject.toml").read_bytes() == b"[project]\n"


def test_a_run_is_kept_listed_and_reported_on_by_the_lines_shown(tmp_path: Path) -> None:
    start = "import batchlab as bl\nhub = bl.SimHub(bl.World.build({'acme/app': {'go.mod': b'module acme'}}))\n"
    _run(f"{start}run = bl.scan(hub=hub)\n{BLOCKS[2]}", tmp_path)
    assert (tmp_path / "kept/today/run.json").is_file()
    assert (tmp_path / "report.html").is_file()


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", README)
    assert links
    assert [link for link in links if not (CHECKOUT / link).exists()] == []
