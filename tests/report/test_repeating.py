from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

import batchlab as bl
from batchlab.cli import main
from batchlab.report.repeating import repeated_by


@pytest.fixture(scope="module")
def study() -> bl.Study:
    config = bl.BatchConfig(max_batch_size=99, routes=("contents", "graphql"), fold_duplicates=False)
    return bl.compare(bl.SimHub.sample("no-limits"), ["parallel", "adaptive"], range(2), config=config)


@pytest.mark.usefixtures("unpainted")
def test_the_command_makes_the_same_numbers_again(
    study: bl.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(repeated_by(study, ()))
    settings = dict(word.split("=", 1) for word in words if word.startswith("BATCHLAB_"))
    assert set(settings) == {"BATCHLAB_MAX_BATCH_SIZE", "BATCHLAB_ROUTES", "BATCHLAB_FOLD_DUPLICATES"}
    monkeypatch.chdir(tmp_path)
    arguments = words[len(settings) + 1 :]
    result = CliRunner().invoke(main, arguments, env=settings)
    assert result.exit_code == 0, result.output
    again = bl.read_report("report.html")
    assert again.config == study.config
    assert again.replications.equals(study.replications)


def test_each_source_has_its_command(study: bl.Study) -> None:
    def of(items: tuple[object, ...] = (), **facts: object) -> str:
        runs = {name: dataclasses.replace(run, **facts) for name, run in study.runs.items()}
        plain = dataclasses.replace(study, runs=runs, config=bl.BatchConfig())
        return repeated_by(plain, items)

    options = "--strategies parallel,adaptive --seeds 2"
    assert of() == f"batchlab report sample --scenario no-limits {options}"
    assert of(scenario="typical") == f"batchlab report sample {options}"
    assert of(("one", "two@v1"), hub="git") == f"batchlab report one two@v1 --scenario no-limits {options}"
    assert of(patterns=("*.md",)).endswith("--pattern '*.md'")
    real = of(scenario=None, hub="https://api.github.com", repositories=("acme/app",))
    assert real == f"batchlab compare acme/app --yes {options}"
    made = of(hub="built")
    assert made.startswith("bl.compare(hub, ['parallel', 'adaptive'], seeds=[0, 1], config=BatchConfig()")
