from __future__ import annotations

import json
from collections.abc import Callable

from click.testing import Result

from batchlab.hub.loopback import LoopbackHub

Run = Callable[..., Result]


def test_a_dry_run_tells_routes_points_and_time(batchlab: Run) -> None:
    result = batchlab("scan", "--dry-run", "--strategy", "parallel")
    assert result.exit_code == 0
    assert "588 files in 606 calls, points: 606 of core, 8.5 MB, " in result.stdout
    assert "acme-labs/empty is empty: it has no commit yet" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_a_dry_run_reads_no_file_and_leaves_the_trees_for_the_scan(batchlab: Run, real: LoopbackHub) -> None:
    arguments = ("scan", "acme/app", "--strategy", "parallel", "--json")
    planned = json.loads(batchlab(*arguments, "--dry-run").stdout)
    assert real.books()["total_calls"] == planned["spent"] == 1
    assert [(row["route"], row["calls"], row["points"]) for row in planned["table"]] == [
        ("tree", 1, 0),
        ("blobs", 2, 2),
    ]
    scanned = json.loads(batchlab(*arguments).stdout)
    assert (scanned["calls"], scanned["points"]) == (planned["calls"], planned["points"]["core"]) == (3, 2)


def test_what_the_scan_cannot_read_shows_in_the_exit_code(batchlab: Run, real: LoopbackHub) -> None:
    result = batchlab("scan", "--dry-run", "acme/none")
    assert result.exit_code == 1
    assert "acme/none: no such repository" in result.stdout


def test_there_is_nothing_to_save(batchlab: Run) -> None:
    result = batchlab("scan", "--dry-run", "--out", "kept")
    assert result.exit_code == 2
    assert "--dry-run reads no file to save in --out kept" in result.stderr
