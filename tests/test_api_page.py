"""The documented page, block by block: every Python block runs as it stands, and brings what the page says.

Only the package's name is changed on reading. Names that a block leaves undefined are supplied here. The page is read
twice: in this process, on the embedded GitHub without a network, and by ``python tests/test_api_page.py`` in a fresh
interpreter, on real sockets.
"""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import enum
import inspect
import io
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pandas as pd
import pytest

from batchlab import batch_models
from batchlab.async_github_client import AsyncGitHubClient
from batchlab.batch_config import BatchConfig, BatchStrategy
from batchlab.batch_coordinator import BatchCoordinator
from batchlab.batch_models import BatchRequest, BatchResult, FileContent, FileInfo, NetworkConditions, Repository
from batchlab.cache_manager import CacheManager
from batchlab.config_files import load_config
from batchlab.errors import NetworkError
from batchlab.frames import RESULTS, MetricsFrame
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.scenario import Latency, Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world import World
from batchlab.hub.world_spec import WorldSpec

PAGE = Path(__file__).parent / "data" / "batch-api.md"
LARGE = b"".join(b'{"package": %d}\n' % number for number in range(3_000))
FILES: dict[str, dict[str, bytes]] = {
    "acme/shop": {
        "Gemfile.lock": b"GEM\n",
        "README.md": b"# shop\n",
        "large_file.json": LARGE,
        "package.json": b'{"name": "shop"}\n',
        "src/go.mod": b"module shop\n",
        "tools/requirements.txt": b"httpx\n",
    },
    "acme/site": {"package.json": b'{"name": "site"}\n', "src/go.mod": b"module shop\n", "uv.lock": b"version = 1\n"},
    **{
        f"acme/part-{n:02}": {"Cargo.toml": b"[package]\nname = 'part-%d'\n" % n, "LICENSE": b"MIT\n"} for n in range(9)
    },
}
WANTED = 4 + 3 + 9  # manifests and lockfiles in them
SCENARIO = Scenario.load("no-limits")
QUICK = Scenario("quick", latency=Latency(0.005))  # where seconds are real


class Block(NamedTuple):
    """A fenced block of the page, with the heading that it stands under."""

    heading: str
    language: str
    text: str


def blocks() -> list[Block]:
    found, heading, language, lines = [], "", "", None
    for line in PAGE.read_text(encoding="utf-8").replace("github_ioc_scanner", "batchlab").splitlines(keepends=True):
        if line.startswith("```"):
            if lines is not None:
                found.append(Block(heading, language, "".join(lines)))
            language, lines = line.strip("`\n"), [] if lines is None else None
        elif lines is not None:
            lines.append(line)
        elif line.startswith("#"):
            heading = line.strip("# \n")
    return found


PYTHON = [block for block in blocks() if block.language == "python"]
(YAML,) = [block for block in blocks() if block.language == "yaml"]

Names = dict[str, Any]
Check = Callable[[Names, str], None]
CHECKS: dict[str, Check] = {}


def after(heading: str) -> Callable[[Check], Check]:
    """Register what must hold after the block under a heading has run: of its names, and of what it printed."""
    return lambda check: CHECKS.setdefault(heading, check)


# --- what the page leaves undefined -----------------------------------------------------------------------------------


def requests(*names: str) -> list[BatchRequest]:
    return [BatchRequest(Repository(name), path) for name in names or FILES for path in FILES[name]]


def supplied() -> Names:
    failed = requests("acme/site")
    chunks: list[bytes] = []
    streamed: list[list[BatchResult]] = []
    return {
        "github_client": AsyncGitHubClient(),
        "github_token": os.environ["GITHUB_TOKEN"],
        "cache_manager": CacheManager(":memory:"),
        "batch_config": BatchConfig(),
        "repo_list": list(FILES),
        "repositories": list(FILES),
        "repository": Repository("acme/shop"),
        "file_list": list(FILES["acme/shop"]),
        "all_files": list(FILES["acme/shop"]),
        "file_paths": list(FILES["acme/shop"]),
        "file_info_list": [FileInfo(path, size=len(text)) for path, text in FILES["acme/shop"].items()],
        "remaining_requests": 4_000,
        "network_info": NetworkConditions(latency=0.2, bandwidth=1e6, error_rate=0.01),
        "batch_requests": requests("acme/site", "acme/shop"),
        "large_batch_requests": requests(),
        "chunks": chunks,
        "process_chunk": chunks.append,
        "streamed": streamed,
        "process_batch_chunk": streamed.append,
        "failed_requests": failed,
        "exception": NetworkError("connection reset"),
        "successful_results": [BatchResult(request) for request in requests("acme/shop")],
        "batch_results": [BatchResult(request, FileContent(b"held", "0" * 40, 4)) for request in failed],
        "batch_size": 16,
        # What the listings of data classes stand on.
        "dataclass": dataclasses.dataclass,
        "Enum": enum.Enum,
        "Optional": __import__("typing").Optional,
        "Repository": Repository,
        "FileContent": FileContent,
    }


# --- running ----------------------------------------------------------------------------------------------------------


def run_page() -> list[str]:
    """Run every Python block in order, in one namespace, and check each; return their headings."""
    names, done = supplied(), []
    with asyncio.Runner() as runner, logging_as_in_a_new_process():
        for block in PYTHON:
            CHECKS[block.heading](names, run_block(block, names, runner))
            done.append(block.heading)
        for name in ("github_client", "async_client"):
            runner.run(names[name].aclose())
        for name in ("processor", "streaming_processor"):
            runner.run(names[name].cleanup())
    return done


def run_block(block: Block, names: Names, runner: asyncio.Runner) -> str:
    code = compile(block.text, block.heading, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    with redirect_stdout(io.StringIO()) as printed, redirect_stderr(io.StringIO()) as complaints:
        outcome = eval(code, names)
        if inspect.iscoroutine(outcome):
            runner.run(outcome)
    assert complaints.getvalue() == ""
    return printed.getvalue()


@contextmanager
def logging_as_in_a_new_process() -> Iterator[None]:
    """Let ``basicConfig`` find the root logger as a new process has it, and put back what was there."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


# --- what each block must bring ---------------------------------------------------------------------------------------


def assert_delivered(results: pd.DataFrame, expected: dict[tuple[str, str], bytes]) -> None:
    RESULTS.validate(results)
    assert set(results.status) == {"delivered"}
    assert {(row.repo, row.path): bytes(row.content) for row in results.itertuples()} == expected


def shop() -> dict[tuple[str, str], bytes]:
    return {("acme/shop", path): text for path, text in FILES["acme/shop"].items()}


def manifests() -> dict[tuple[str, str], bytes]:
    others = ("README.md", "large_file.json", "LICENSE")
    return {(name, path): text for name, texts in FILES.items() for path, text in texts.items() if path not in others}


@after("BatchCoordinator")
def _coordinator(names: Names, printed: str) -> None:
    assert len(names["results"]) == WANTED
    assert_delivered(names["results"], manifests())
    assert_delivered(names["file_contents"], shop())
    assert list(names["file_contents"].path) == names["file_list"]
    asked_first = names["file_contents"].query("priority == 100").path
    assert list(asked_first) == ["package.json", "tools/requirements.txt"]
    assert names["coordinator"].get_batch_metrics().total_requests == WANTED + 6


@after("ParallelBatchProcessor")
def _parallel(names: Names, printed: str) -> None:
    results = names["results"]
    assert [result.request for result in results] == names["batch_requests"]
    assert {(str(r.request.repo), r.request.file_path): bytes(r.content.content) for r in results} == shop() | {
        ("acme/site", path): text for path, text in FILES["acme/site"].items()
    }


@after("BatchStrategyManager")
def _strategy_manager(names: Names, printed: str) -> None:
    assert names["batch_size"] == 6  # all six files fit into one call
    assert [file.path for file in names["prioritized_files"]] == [
        "Gemfile.lock", "package.json", "src/go.mod", "tools/requirements.txt", "README.md", "large_file.json",
    ]  # fmt: skip
    assert names["cross_repo_batches"]
    assert all(batch.estimated and batch.calls_after < batch.calls_before for batch in names["cross_repo_batches"])
    assert all(1 < len(batch.repositories) <= len(FILES) for batch in names["cross_repo_batches"])


@after("AsyncGitHubClient")
def _client(names: Names, printed: str) -> None:
    contents = names["file_contents"]
    assert {path: content.content for path, content in contents.items()} == FILES["acme/shop"]
    assert contents.errors == {}
    assert b"".join(names["chunks"]) == LARGE
    assert [len(chunk) for chunk in names["chunks"]] == [8192] * (len(LARGE) // 8192) + [len(LARGE) % 8192]


@after("BatchRequest")
@after("BatchResult")
@after("BatchMetrics")
@after("BatchConfig")
def _listing(names: Names, printed: str) -> None:
    for name in ("BatchRequest", "BatchResult", "BatchMetrics", "BatchConfig"):
        if (listed := names.get(name)) is not None and listed.__module__ == "builtins":
            assert_as_listed(listed, getattr(batch_models, name))
            names[name] = getattr(batch_models, name)


def assert_as_listed(listed: type, ours: type) -> None:
    declared = dataclasses.fields(listed)
    fields = {field.name: field for field in dataclasses.fields(ours)}
    assert list(fields)[: len(declared)] == [field.name for field in declared]
    for field in declared:
        default = fields[field.name].default
        if isinstance(default, enum.Enum):  # the listing's own enumeration of the same values
            assert (default.name, default.value) == (field.default.name, field.default.value)
        else:
            assert (default, type(default)) == (field.default, type(field.default))
        assert plain_type(fields[field.name].type) == plain_type(field.type)
    for field in list(fields.values())[len(declared) :]:
        assert field.default is not dataclasses.MISSING  # what is added can be left out


def plain_type(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    text = str(annotation) if text == "Optional" else text
    optional = re.fullmatch(r"(?:typing\.)?Optional\[(.+)\]", text)
    parts = [*optional[1].split(" | "), "None"] if optional else text.split(" | ")
    return " | ".join(part.rpartition(".")[2] for part in parts)


@after("BatchStrategy")
def _strategies(names: Names, printed: str) -> None:
    assert [(each.name, each.value) for each in names["BatchStrategy"]] == [(e.name, e.value) for e in BatchStrategy]
    assert names["BatchStrategy"].__module__ == "builtins"


@after("BatchErrorHandler")
def _error_handler(names: Names, printed: str) -> None:
    plan = names["recovery_plan"]
    assert (plan.category.value, plan.retry, plan.give_up) == ("network", names["failed_requests"], [])
    assert plan.delay > 0
    assert names["retry_requests"] == names["failed_requests"]


@after("BatchMetricsCollector")
def _collector(names: Names, printed: str) -> None:
    assert printed == "Average batch size: 15.0\nCache hit rate: 53.33%\nSuccess rate: 93.33%\n"


@after("BatchProgressMonitor")
def _progress(names: Names, printed: str) -> None:
    monitor = names["progress_monitor"]
    seen = monitor.snapshot
    assert (seen.completed, seen.total, seen.batch_size, seen.eta) == (50, 200, 10, 120)
    monitor.stop_monitoring()


@after("ResourceManager")
def _resources(names: Names, printed: str) -> None:
    assert names["batch_size"] == 6  # nothing is held, so nothing is to shrink
    assert len(names["batch_results"]) == len(FILES["acme/site"])
    assert all(result.content is None for result in names["batch_results"])


@after("StreamingBatchProcessor")
def _streaming(names: Names, printed: str) -> None:
    sizes = [len(chunk) for chunk in names["streamed"]]
    assert sum(sizes) == len(names["large_batch_requests"])
    assert max(sizes) == 10
    for result in (result for chunk in names["streamed"] for result in chunk):
        expected = FILES[result.request.repo.full_name][result.request.file_path]
        assert result.content is not None
        assert bytes(result.content.content) == expected


@after("Basic Batch Scanning")
def _basic(names: Names, printed: str) -> None:
    assert_delivered(names["results"], manifests())
    assert printed == f"Processed {WANTED} requests\nCache hit rate: 100.00%\n"  # the first block read them


@after("Advanced Configuration")
def _advanced(names: Names, printed: str) -> None:
    with redirect_stdout(io.StringIO()) as told:
        results = asyncio.run(names["advanced_batch_scan"]())
    assert_delivered(results, shop())
    lines = told.getvalue().splitlines()
    assert lines[0] == "Performance Summary:"
    summary = dict(line.strip().split(": ") for line in lines[1:9])
    assert summary["total_requests"] == summary["successful_requests"] == "6"
    assert summary["cache_hit_rate"] == "1.0"
    assert lines[9:] == []  # every file was held: there is nothing to do better


@after("Debugging")
def _debugging(names: Names, printed: str) -> None:
    class Kept(logging.Handler):
        def __init__(self) -> None:
            super().__init__()
            self.lines: list[tuple[str, str]] = []

        def emit(self, record: logging.LogRecord) -> None:
            self.lines.append((record.levelname, record.getMessage()))

    async def scan() -> MetricsFrame:
        coordinator = BatchCoordinator(names["github_client"], config=names["config"])
        async with coordinator:
            await coordinator.process_repositories_batch(["acme/site"])
        await names["github_client"].aclose()
        return coordinator.get_batch_metrics()

    kept = Kept()
    names["logger"].addHandler(kept)
    with redirect_stdout(io.StringIO()) as told, redirect_stderr(io.StringIO()):
        metrics = asyncio.run(scan())
    names["logger"].removeHandler(kept)
    assert told.getvalue() == ""
    debug = [line for level, line in kept.lines if level == "DEBUG"]
    assert sum(line.startswith("call ") for line in debug) == metrics["calls"].sum()
    assert sum(line.startswith("batch ") for line in debug) == metrics["file_batches"].sum() + metrics["trees"].sum()
    (summary,) = [line for level, line in kept.lines if level == "INFO"]
    assert summary.startswith("repositories with adaptive: 3 of 3 files, ")


# --- the tests --------------------------------------------------------------------------------------------------------


def test_every_block_of_the_page_has_its_check() -> None:
    assert len(PYTHON) == PAGE.read_text(encoding="utf-8").count("```python") == 17
    assert sorted(block.heading for block in PYTHON) == sorted(CHECKS)
    assert {block.language for block in blocks()} == {"python", "yaml"}


def test_every_block_runs_on_the_embedded_github(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = SimHub(World.build(FILES), SCENARIO)
    transport = hub.connect()

    async def carry(wire: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        return await transport.handle_async_request(request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", carry)
    monkeypatch.setenv("GITHUB_TOKEN", hub.token)
    for name in ("GITHUB_API_URL", "GITHUB_GRAPHQL_URL"):
        monkeypatch.delenv(name, raising=False)
    assert run_page() == [block.heading for block in PYTHON]
    assert hub.books.total_calls > len(FILES)


def test_every_block_runs_in_a_fresh_interpreter_over_real_sockets(tmp_path: Path) -> None:
    with LoopbackHub(WorldSpec.files(FILES), QUICK) as hub:
        place = {"GITHUB_API_URL": hub.base_url, "GITHUB_TOKEN": hub.token, "BATCHLAB_CACHE_DIR": str(tmp_path)}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "BATCHLAB_"))}
        # The page closes no client that it was given: connections of loops that have ended are left to the system.
        command = [sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", str(Path(__file__))]
        ended = subprocess.run(command, capture_output=True, text=True, env=inherited | place, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert json.loads(ended.stdout) == [block.heading for block in PYTHON]
        assert hub.books()["total_calls"] > len(FILES)


def test_the_yaml_block_is_a_configuration(tmp_path: Path) -> None:
    file = tmp_path / "batch_config.yaml"
    file.write_text(YAML.text, encoding="utf-8")
    config = load_config(file, env={})
    assert config == BatchConfig(
        max_concurrent_requests=15, max_concurrent_repos=5,
        default_batch_size=12, max_batch_size=60, min_batch_size=2,
        rate_limit_buffer=0.85, retry_attempts=4, retry_delay_base=1.5,
        max_memory_usage_mb=750, stream_large_files_threshold=2_097_152,
        default_strategy=BatchStrategy.ADAPTIVE, enable_cross_repo_batching=True, enable_file_prioritization=True,
        enable_performance_monitoring=True, log_batch_metrics=True,
    )  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run_page()))
