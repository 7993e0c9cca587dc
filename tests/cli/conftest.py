"""The command line as tests call it: in a folder of their own, without anybody's token, settings or cache."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from batchlab.cli import main
from batchlab.git_objects import blob_sha
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.scenario import Latency, Scenario
from batchlab.hub.world_spec import WorldSpec

TOKEN = "ghp_of_the_test"
MANY = {f"packages/{number}/go.mod": b"module example.com/%d\n" % number for number in range(300)}
Run = Callable[..., Result]


@contextmanager
def own_place(folder: Path) -> Iterator[None]:
    """Work in a folder, with a cache of its own and nothing else from the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("BATCHLAB_", "GITHUB_"))]:
            patch.delenv(name)
        patch.setenv("BATCHLAB_CACHE_DIR", str(folder / "cache"))
        patch.chdir(folder)
        yield


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path) -> Iterator[None]:
    with own_place(tmp_path):
        yield


def _run(*arguments: object, **options: Any) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], **options)
    assert isinstance(result.exception, SystemExit | None), result.exc_info
    return result


@pytest.fixture
def batchlab() -> Run:
    """Call ``batchlab`` in this process."""
    return _run


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """What ``batchlab compare`` says without arguments, and the folder that it was called in."""
    folder = tmp_path_factory.mktemp("compared")
    with own_place(folder):
        return _run("compare"), folder


@pytest.fixture
def process() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start ``batchlab`` as a process of its own, as a shell would: Ctrl-C reaches all that it starts."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "batchlab", *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        started.append(subprocess.Popen(command, start_new_session=True, **pipes))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


@pytest.fixture(scope="session")
def server() -> Iterator[LoopbackHub]:
    """A server that speaks GitHub's API, for what is meant for the real one."""
    files = {
        "acme/app": {"go.mod": b"module acme", "package.json": b"{}", "README.md": b"# app"},
        "acme/lib": {"Cargo.toml": b"[package]"},
        "acme/docs": {"README.md": b"# docs"},
        "acme/empty": {},
        "other/many": MANY,
    }
    with LoopbackHub(WorldSpec.files(files), Scenario("quick", latency=Latency(0.02)), token=TOKEN) as hub:
        yield hub


@pytest.fixture
def real(server: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> LoopbackHub:
    """The server, reached by its address and the right token."""
    monkeypatch.setenv("GITHUB_API_URL", server.base_url)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    server.reset()
    return server


def git(folder: Path, *arguments: str) -> str:
    """Run git as nobody in particular."""
    identity = {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = os.environ | identity | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", "-C", folder, *arguments], env=environment, capture_output=True, check=True)
    return done.stdout.decode().strip()


def git_repository(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Make a repository with one commit, none where there are no files."""
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    if files:
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.fixture
def make_repository(tmp_path: Path) -> Callable[[Mapping[str, bytes]], Path]:
    """Make a git repository ``made`` of these files."""
    return lambda files: git_repository(tmp_path / "made", files)


@pytest.fixture
def repositories(tmp_path: Path) -> list[str]:
    """Three git repositories as arguments: a working copy, a bare one, one at a tag that is not its head."""
    one = git_repository(tmp_path / "one", {"package.json": b'{"name": "one"}\n', "a/b/go.mod": b"module one\n"})
    two = git_repository(tmp_path / "two", {"Cargo.toml": b"[package]\n", "src/main.rs": b"fn main() {}\n"})
    git(tmp_path, "clone", "-q", "--bare", str(two), "two.git")
    three = git_repository(tmp_path / "three", {"poetry.lock": b"# old\n"})
    git(three, "tag", "v1")
    (three / "poetry.lock").write_bytes(b"# new\n")
    git(three, "commit", "-q", "-a", "-m", "second")
    return [str(one), str(tmp_path / "two.git"), f"{three}@v1"]


@pytest.fixture
def odd_corpus(tmp_path: Path) -> Path:
    """A corpus of what cannot be delivered: a link, a huge file, a blob without bytes, a submodule, a directory."""
    folder = tmp_path / "odd"
    folder.mkdir()
    text = b"{}"
    rows = [
        ("absent.lock", "100644", "blob", "a" * 40, 10),
        ("dir.lock", "040000", "tree", "d" * 40, None),
        ("dir.lock/package.json", "100644", "blob", blob_sha(text), len(text)),
        ("huge.lock", "100644", "blob", "b" * 40, 101 * 1024**2),
        ("link.lock", "120000", "blob", "c" * 40, 8),
        ("module.lock", "160000", "commit", "e" * 40, None),
    ]
    names = ("path", "mode", "type", "sha", "size")
    trees = {"full_name": ["acme/odd"] * len(rows)} | dict(zip(names, zip(*rows, strict=True), strict=True))
    pq.write_table(pa.table(trees), folder / "trees.parquet")
    pq.write_table(pa.table({"sha": [blob_sha(text)], "content": [text]}), folder / "files.parquet")
    head = f"full_name,default_branch,head_sha,root_tree_sha\nacme/odd,main,{'1' * 40},{'2' * 40}\n"
    (folder / "repos.csv").write_text(head)
    return folder
