"""A study and a report of it that several tests look at."""

from __future__ import annotations

import pytest

import batchlab as bl
from batchlab.report import Report

FILES = {f"{number}/go.mod": b"module %d" % number for number in range(12)}
HOSTILE = {"<img src=x onerror=alert(1)>|`*/go.mod": b"module odd", "gone": b""}


@pytest.fixture(scope="session")
def study() -> bl.Study:
    world = bl.World.build({"acme/app": FILES, "acme/odd": HOSTILE, "acme/<b>gone": {}}, name="<script>made")
    return bl.compare(bl.SimHub(world), ["adaptive", "sequential"], range(3), patterns=["**/go.mod"])


@pytest.fixture(scope="session")
def made(study: bl.Study, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return bl.report(study, out=tmp_path_factory.mktemp("reports") / "report.html")


@pytest.fixture(scope="session")
def in_markdown(study: bl.Study, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return bl.report(study, out=tmp_path_factory.mktemp("reports") / "my report.md")
