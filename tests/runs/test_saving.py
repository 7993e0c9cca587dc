from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import batchlab as bl
from batchlab.config_files import dump_config
from batchlab.errors import InputError
from batchlab.frames import MetricsFrame
from batchlab.frames.schemas import ALL, RESULTS
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.world_spec import WorldSpec
from batchlab.runs.frame_files import read_frame, write_frame
from batchlab.runs.saved_runs import RUNS

TOKEN = "ghp_" + "s3cret" * 6
FILES = {
    "acme/app": {"go.mod": b"module acme", "é/package.json": b"\xff\x00{}", "empty/package.json": b""},
    "acme/gone": {},
}


def _hub() -> bl.SimHub:
    return bl.SimHub(bl.World.build(FILES), "typical")


@pytest.fixture(scope="module")
def run() -> bl.Run:
    return bl.scan(hub=_hub(), config=bl.BatchConfig(max_batch_size=99, routes=("contents", "graphql")), seed=3)


def _assert_same(loaded: bl.Run, run: bl.Run) -> None:
    for schema in ALL:
        was, now = getattr(run, schema.name), getattr(loaded, schema.name)
        pd.testing.assert_frame_equal(now, was, check_exact=True, check_frame_type=True, check_column_type="exact")
        assert now.index.equals(was.index)
    others = {f.name for f in dataclasses.fields(bl.Run)} - {schema.name for schema in ALL}
    assert {name: getattr(loaded, name) for name in others} == {name: getattr(run, name) for name in others}


def test_a_loaded_run_is_the_saved_one(run: bl.Run, tmp_path: Path) -> None:
    assert run.save(tmp_path / "kept") == tmp_path / "kept"
    loaded = bl.load_run(tmp_path / "kept")
    _assert_same(loaded, run)
    assert isinstance(loaded.metrics, MetricsFrame)
    assert loaded.metrics.cache_hits == run.metrics.cache_hits
    assert (loaded.repositories, loaded.scenario) == (("acme/app", "acme/gone"), "typical")
    assert "**/go.mod" in loaded.patterns or "go.mod" in loaded.patterns
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_run_of_nothing_is_kept_too(tmp_path: Path) -> None:
    empty = bl.scan(hub=bl.SimHub(bl.World.build({"acme/gone": {}})))
    empty.save(tmp_path / "kept")
    _assert_same(bl.load_run(tmp_path / "kept"), empty)


def test_a_run_that_was_interrupted_is_kept_too(tmp_path: Path) -> None:
    files = {f"{number}/go.mod": b"module %d" % number for number in range(500)}
    handle = bl.start(hub=bl.SimHub(bl.World.build({"acme/app": files})), strategy="sequential")
    handle.cancel()
    stopped = handle.result()
    assert stopped.interrupted
    _assert_same(bl.load_run(stopped.save(tmp_path / "kept")), stopped)


def test_contents_are_left_out_on_request(run: bl.Run, tmp_path: Path) -> None:
    run.save(tmp_path / "kept", contents=False)
    assert bl.load_run(tmp_path / "kept").results["content"].isna().all()
    assert b"module acme" not in b"".join(file.read_bytes() for file in (tmp_path / "kept").iterdir())


@given(
    cells=st.lists(
        st.tuples(st.none() | st.binary(max_size=9), st.none() | st.integers(-(2**63), 2**63 - 1), st.floats()),
        max_size=5,
    )
)
def test_every_value_comes_back(tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[Any, ...]]) -> None:
    columns = {c.name: [None if c.nullable else {"bool": True, "string": "x"}.get(c.dtype, 0)] for c in RESULTS.columns}
    values = {name: column * len(cells) for name, column in columns.items()}
    values |= {
        "content": [c for c, _, _ in cells],
        "size": [n for _, n, _ in cells],
        "queued": [x for _, _, x in cells],
    }
    frame = RESULTS.frame(values)
    file = tmp_path_factory.mktemp("frames") / "results.parquet"
    write_frame(frame, RESULTS, file)
    kept = read_frame(file, RESULTS)
    pd.testing.assert_frame_equal(kept, frame, check_exact=True)
    assert np.signbit(kept["queued"].dropna()).tolist() == np.signbit(frame["queued"].dropna()).tolist()  # -0.0 is kept


def test_no_token_is_saved(tmp_path: Path) -> None:
    with LoopbackHub(WorldSpec.files(FILES), "no-limits", token=TOKEN) as server:
        real = bl.GitHub(TOKEN, server.base_url)
        bl.scan("acme/app", real).save(tmp_path / "kept")
        bl.scan(["acme/app", "acme/nowhere"], real).save(tmp_path / "failed")
    assert (bl.load_run(tmp_path / "failed").results["status"] == "failed").any()
    for kept in ("kept", "failed"):
        for file in (tmp_path / kept).iterdir():
            text = file.read_text() if file.suffix == ".json" else pd.read_parquet(file).to_csv()
            assert TOKEN not in text
            assert TOKEN[4:] not in text


def test_nothing_is_overwritten(run: bl.Run, tmp_path: Path) -> None:
    run.save(tmp_path / "kept", contents=False)
    with pytest.raises(InputError, match="is not empty; name a new one"):
        run.save(tmp_path / "kept")
    assert bl.load_run(tmp_path / "kept").results["content"].isna().all()


def test_an_interrupted_save_leaves_nothing(run: bl.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("batchlab.runs.folders.write_json", full)
    with pytest.raises(OSError, match="no space"):
        run.save(tmp_path / "kept")
    assert list(tmp_path.iterdir()) == []


def _document(folder: Path, **changes: Any) -> None:
    document = json.loads((folder / "run.json").read_text())
    document |= changes
    kept = {name: value for name, value in document.items() if value is not ...}
    (folder / "run.json").write_text(json.dumps(kept))


def _flip_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[8] ^= 0xFF
    file.write_bytes(content)


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "half-written": (lambda f: (f / "run.json").unlink(), r"half-written: run.json, which comes last, is missing"),
    "a frame is missing": (lambda f: (f / "calls.parquet").unlink(), r"calls.parquet is missing: .*half-copied"),
    "cut short": (lambda f: (f / "calls.parquet").write_bytes(b"PAR1"), r"calls.parquet is damaged: .*restore it"),
    "one byte is wrong": (lambda f: _flip_a_byte(f / "calls.parquet"), r"calls.parquet is damaged: .*restore it"),
    "of another run": (lambda f: _document(f, rows={"calls": 999}), r"calls.parquet has \d+ rows, and 999 were saved"),
    "other columns": (
        lambda f: pd.DataFrame({"a": [1]}).to_parquet(f / "calls.parquet"),
        r"calls.parquet lacks the columns call, .* of calls; save it again",
    ),
    "other dtypes": (
        lambda f: pd.read_parquet(f / "calls.parquet").assign(call="x").to_parquet(f / "calls.parquet"),
        r"calls.parquet does not hold calls: .*; save it again",
    ),
    "no JSON": (lambda f: (f / "run.json").write_text("{"), r"run.json is damaged: Expecting"),
    "no document": (lambda f: (f / "run.json").write_text("[]"), r"run.json describes no run"),
    "a fact is missing": (lambda f: _document(f, seed=...), r"run.json is damaged: KeyError\('seed'\)"),
    "an unknown setting": (lambda f: _document(f, config={"speed": 1}), r"unknown setting 'speed'"),
    "a study": (lambda f: _document(f, format="batchlab study"), r"describes a batchlab study, not a run"),
    "of later days": (
        lambda f: _document(f, version=99, batchlab="9.9"),
        r"was saved by batchlab 9.9 in version 99; batchlab .* reads up to version 2: install a newer one",
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_is_damaged_is_told(run: bl.Run, tmp_path: Path, kind: str) -> None:
    damage, message = DAMAGE[kind]
    folder = run.save(tmp_path / "kept")
    damage(folder)
    with pytest.raises(InputError, match=message):
        bl.load_run(folder)


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"holds no saved run: there is no run.json in it"):
        bl.load_run(tmp_path)
    for nothing in ("nowhere", "file"):
        with pytest.raises(InputError, match=r"there is no folder .*bl.load_run reads what save"):
            bl.load_run(tmp_path / nothing)


LATER = {"results": ["tree_size"], "calls": ["answered", "budget", "left", "reset"]}  # columns that came after it


def _as_version_1(run: bl.Run, folder: Path) -> Path:
    """Save a run as batchlab did before runs could be loaded: no version, settings and contents beside the frames."""
    folder.mkdir()
    run.export(folder / "files")
    without = dataclasses.replace(run, results=run.results.assign(content=None))
    for name in ("results", "metrics", "batches", "calls", "decisions", "timeline"):
        frame = pd.DataFrame(getattr(without, name))
        frame.drop(columns=LATER.get(name, [])).to_parquet(folder / f"{name}.parquet")
    dump_config(run.config, folder / "config.yaml")
    facts = {name: getattr(run, name) for name in ("strategy", "hub", "seed", "interrupted", "makespan", "versions")}
    (folder / "run.json").write_text(json.dumps(facts))
    return folder


def test_a_run_of_version_1_loads(run: bl.Run, tmp_path: Path) -> None:
    loaded = bl.load_run(_as_version_1(run, tmp_path / "old"))
    unknown = {
        name: frame.assign(
            **{column: pd.Series([None] * len(frame), dtype=frame[column].dtype) for column in LATER[name]}
        )
        for name, frame in (("results", run.results), ("calls", run.calls))
    }
    _assert_same(loaded, dataclasses.replace(run, repositories=(), patterns=(), scenario=None, **unknown))


def test_a_run_of_version_1_without_its_settings_is_told(run: bl.Run, tmp_path: Path) -> None:
    folder = _as_version_1(run, tmp_path / "old")
    (folder / "config.yaml").unlink()
    with pytest.raises(InputError, match=r"there is no file .*config.yaml"):
        bl.load_run(folder)


def test_a_column_of_later_days_is_empty_in_runs_of_old(run: bl.Run, tmp_path: Path) -> None:
    folder = run.save(tmp_path / "kept")
    pd.read_parquet(folder / "calls.parquet").drop(columns="error").to_parquet(folder / "calls.parquet")
    assert bl.load_run(folder).calls["error"].isna().all()


def test_saved_runs_are_listed_with_what_is_wrong(run: bl.Run, tmp_path: Path) -> None:
    run.save(tmp_path / "b")
    _as_version_1(run, tmp_path / "a")
    (run.save(tmp_path / "c") / "run.json").unlink()
    (run.save(tmp_path / "d") / "calls.parquet").unlink()
    _document(run.save(tmp_path / "e"), version=99)
    (tmp_path / "other").mkdir()
    frame = bl.runs(tmp_path)
    RUNS.validate(frame)
    assert frame["name"].tolist() == ["a", "b", "c", "d", "e"]
    whole = frame[frame["problem"] == ""]
    assert whole["name"].tolist() == ["a", "b"]
    for name, value in (("calls", len(run.calls)), ("makespan", run.makespan), ("delivered", 3), ("seed", 3)):
        assert whole[name].tolist() == [value] * 2
    assert json.loads(whole["settings"].iloc[1]) == {"max_batch_size": 99, "routes": ["contents", "graphql"]}
    assert frame["problem"].str.contains("half-written").tolist()[2:4] == [True, True]
    assert bl.load_run(whole["path"].iloc[1]).makespan == run.makespan


def test_a_listing_of_nothing_is_empty_or_told(run: bl.Run, tmp_path: Path) -> None:
    RUNS.validate(bl.runs(tmp_path))
    assert bl.runs(run.save(tmp_path / "kept"))["name"].tolist() == ["kept"]
    with pytest.raises(InputError, match="there is no folder nowhere"):
        bl.runs("nowhere")


def test_a_damaged_document_is_listed_with_what_it_lacks(run: bl.Run, tmp_path: Path) -> None:
    document = run.save(tmp_path / "kept") / "run.json"
    kept = json.loads(document.read_text())
    document.write_text(json.dumps({name: value for name, value in kept.items() if name != "versions"}))
    assert bl.runs(tmp_path)["problem"].tolist() == ["'versions'"]
