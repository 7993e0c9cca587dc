"""A scan that is killed again and again, and still reads each file once: what was delivered is on disk at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from batchlab.git_objects import blob_sha
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.scenario import Latency, Scenario
from batchlab.hub.world_spec import WorldSpec

KILLS = 10
IN_FLIGHT = 4
LONGEST_LIFE = 35  # files that a scan reads before it is killed, at most
PATIENCE = 60.0  # seconds of wall time for one life
FILES = {f"acme/{repo}": {f"{n:02}/go.mod": b"module acme/%d/%d\n" % (repo, n) for n in range(50)} for repo in range(8)}
SCAN = f"""
import json, sys
import batchlab as bl
config = bl.BatchConfig(max_concurrent_requests={IN_FLIGHT}, routes="blobs")
run = bl.scan(sys.argv[1:], strategy="parallel", config=config, patterns=["**"])
rows = [[row.repo, row.path, row.status, row.sha] for row in run.results.itertuples()]
json.dump(dict(rows=rows, hits=run.metrics.cache_hits), sys.stdout)
"""


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    scenario = Scenario("quick", latency=Latency(median=0.02, sigma=0.3))
    with LoopbackHub(WorldSpec.files(FILES), scenario, token="ghp_of_the_test") as hub:
        yield hub


def start(hub: LoopbackHub, folder: Path) -> subprocess.Popen[bytes]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "BATCHLAB_"))}
    place = {"GITHUB_API_URL": hub.base_url, "GITHUB_TOKEN": hub.token, "BATCHLAB_CACHE_DIR": str(folder)}
    return subprocess.Popen([sys.executable, "-c", SCAN, *FILES], stdout=subprocess.PIPE, env=inherited | place)


def files_read(hub: LoopbackHub) -> int:
    return sum(count for call, count in hub.books()["calls"].items() if call.startswith("blob "))


def kill_after(files: int, scan: subprocess.Popen[bytes], hub: LoopbackHub) -> None:
    """Kill a scan with SIGKILL once the server has sent so many more files."""
    before, deadline = files_read(hub), time.monotonic() + PATIENCE
    while files_read(hub) < before + files:
        assert scan.poll() is None, "the scan ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    scan.send_signal(signal.SIGKILL)
    scan.communicate()


@pytest.mark.long
def test_a_scan_killed_ten_times_is_complete_in_the_end_and_repeats_only_what_was_in_flight(
    hub: LoopbackHub, tmp_path: Path
) -> None:
    lives = np.random.default_rng(3).integers(1, LONGEST_LIFE, KILLS, endpoint=True).tolist()
    asked = sum(map(len, FILES.values()))
    for files in lives:
        kill_after(files, start(hub, tmp_path), hub)
    read_in_vain = files_read(hub)
    assert read_in_vain < asked  # the last life has something left to do
    output, _ = start(hub, tmp_path).communicate(timeout=PATIENCE)
    ended = json.loads(output)
    expected = [
        [repo, path, "delivered", blob_sha(text)] for repo, texts in FILES.items() for path, text in texts.items()
    ]
    assert ended["rows"] == expected
    assert ended["hits"] >= sum(lives) - KILLS * IN_FLIGHT
    assert asked <= files_read(hub) <= asked + KILLS * IN_FLIGHT
