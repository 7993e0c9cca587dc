"""The configuration from code, file and environment: weights, forms, refusals, round trip."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlab.batch_config import FIELDS, ROUTE_NAMES, BatchConfig, BatchStrategy
from batchlab.config_files import dump_config, load_config
from batchlab.errors import ConfigError

DOCUMENTED = """\
# batch_config.yaml
batch:
  concurrency:
    max_concurrent_requests: 15
    max_concurrent_repos: 5

  batch_sizes:
    default: 12
    max: 60
    min: 2

  performance:
    rate_limit_buffer: 0.85
    retry_attempts: 4
    retry_delay_base: 1.5

  memory:
    max_usage_mb: 750
    stream_threshold_bytes: 2097152  # 2MB

  strategy:
    default: "adaptive"
    enable_cross_repo_batching: true
    enable_file_prioritization: true

  monitoring:
    enable_performance_monitoring: true
    log_batch_metrics: true
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, name: str = "batch.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def values(name: str) -> st.SearchStrategy[Any]:
    kind, bounds = FIELDS[name].metadata["kind"], FIELDS[name].metadata["range"]
    if kind is int:
        return st.integers(*bounds)
    if kind is float:
        number = st.floats(*bounds)
        return st.none() | number if FIELDS[name].default is None else number
    if kind is tuple:
        return st.lists(st.sampled_from(ROUTE_NAMES), min_size=1, unique=True)
    return st.booleans() if kind is bool else st.sampled_from(BatchStrategy)


@st.composite
def configs(draw: st.DrawFn) -> BatchConfig:
    settings = {name: draw(values(name)) for name in FIELDS}
    settings["allow_raw"] |= "raw" in settings["routes"]
    sizes = ("min_batch_size", "default_batch_size", "max_batch_size")
    return BatchConfig(**settings | dict(zip(sizes, sorted(settings[size] for size in sizes), strict=True)))


def as_text(value: Any) -> str:
    if isinstance(value, BatchStrategy):
        return value.value
    return ",".join(value) if isinstance(value, tuple) else str(value)


def test_the_documented_block_loads_field_by_field(write: Write) -> None:
    assert load_config(write(DOCUMENTED), env={}) == BatchConfig(
        max_concurrent_requests=15,
        max_concurrent_repos=5,
        default_batch_size=12,
        max_batch_size=60,
        min_batch_size=2,
        rate_limit_buffer=0.85,
        retry_attempts=4,
        retry_delay_base=1.5,
        max_memory_usage_mb=750,
        stream_large_files_threshold=2097152,
        default_strategy=BatchStrategy.ADAPTIVE,
        enable_cross_repo_batching=True,
        enable_file_prioritization=True,
        enable_performance_monitoring=True,
        log_batch_metrics=True,
    )


def test_nothing_said_is_the_default() -> None:
    assert load_config(env={}) == BatchConfig()


def test_file_outweighs_code_environment_outweighs_file_and_overrides_outweigh_all(write: Write) -> None:
    names = ["retry_attempts", "max_batch_size", "max_concurrent_repos", "max_concurrent_requests"]
    base = BatchConfig(retry_attempts=11, max_batch_size=61, max_concurrent_repos=11, max_concurrent_requests=11)
    file = write(
        "batch: {batch_sizes: {max: 62}, concurrency: {max_concurrent_repos: 12, max_concurrent_requests: 12}}"
    )
    env = {"BATCHLAB_MAX_CONCURRENT_REPOS": "13", "BATCHLAB_MAX_CONCURRENT_REQUESTS": "13"}
    config = load_config(file, env=env, base=base, max_concurrent_requests=14)
    assert [getattr(config, name) for name in names] == [11, 62, 13, 14]


def test_the_base_is_left_as_it_was() -> None:
    base = BatchConfig()
    assert load_config(env={"BATCHLAB_RETRY_ATTEMPTS": "7"}, base=base).retry_attempts == 7
    assert base == BatchConfig()


def test_the_process_environment_is_read_unless_another_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHLAB_RETRY_ATTEMPTS", "7")
    assert load_config().retry_attempts == 7
    assert load_config(env={}).retry_attempts == 3


@given(configs())
def test_yaml_comes_back_exactly(tmp_path_factory: pytest.TempPathFactory, config: BatchConfig) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.yaml"
    assert dump_config(config, path) == dump_config(config) == path.read_text(encoding="utf-8")
    assert load_config(path, env={}) == config


@given(configs())
def test_json_comes_back_exactly(tmp_path_factory: pytest.TempPathFactory, config: BatchConfig) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.json"
    assert json.loads(dump_config(config, path))["batch"]["batch_sizes"]["max"] == config.max_batch_size
    assert load_config(path, env={}) == config


@given(configs())
def test_every_setting_can_be_told_by_the_environment(config: BatchConfig) -> None:
    env = {f"BATCHLAB_{name.upper()}": as_text(value) for name, value in config.to_dict().items()}
    assert load_config(env=env) == config


def test_each_field_in_yaml_is_explained_with_its_unit() -> None:
    lines = [line.strip() for line in dump_config(BatchConfig()).splitlines()]
    for field in FIELDS.values():
        comment = f"# {field.metadata['help']}"
        expected = f"{comment} ({field.metadata['unit']})" if field.metadata["unit"] else comment
        assert lines[lines.index(expected) + 1].startswith(f"{field.metadata['key']}:")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bach: {}", "unknown key 'bach'; did you mean 'batch'"),
        ("batch: {concurency: {}}", "batch: unknown key 'concurency'; did you mean 'concurrency'"),
        ("batch: {batch_sizes: {maxx: 3}}", "batch.batch_sizes: unknown key 'maxx'; did you mean 'max'"),
        ("batch: {true: 1}", "batch: unknown key True"),
        ("max_memory_usage_mb: 3", "'max_memory_usage_mb'; write it as batch.memory.max_usage_mb"),
        ("batch: {memory: {max_batch_size: 3}}", "'max_batch_size'; write it as batch.batch_sizes.max"),
    ],
)
def test_an_unknown_key_is_refused_at_any_level_with_the_one_meant(write: Write, text: str, message: str) -> None:
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path, env={})
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("concurrency.max_concurrent_requests", '"15"', "takes a whole number from 1 to 100 (calls), not '15'"),
        ("concurrency.max_concurrent_requests", "1.5", "takes a whole number from 1 to 100 (calls), not 1.5"),
        ("concurrency.max_concurrent_requests", "true", "takes a whole number from 1 to 100 (calls), not True"),
        ("concurrency.max_concurrent_requests", "101", "max_concurrent_requests=101 is out of range"),
        ("concurrency.max_concurrent_requests", "null", "takes a whole number from 1 to 100 (calls), not None"),
        ("performance.rate_limit_buffer", "[1]", "takes a number from 0.01 to 1.0 (share), not [1]"),
        ("performance.rate_limit_buffer", ".nan", "rate_limit_buffer=nan is out of range"),
        ("strategy.default", "adaptve", "unknown strategy 'adaptve'; did you mean 'adaptive'"),
        ("monitoring.log_batch_metrics", "1", "takes True or False, not 1"),
        ("transport.routes", "[blob]", "unknown route 'blob'; did you mean 'blobs'"),
        ("transport.routes", "[]", "must name at least one route"),
        ("transport.routes", "5", "takes route names, not 5"),
        ("transport.max_wait", "-1", "max_wait=-1 is out of range"),
    ],
)
def test_a_wrong_value_is_refused_with_its_file_and_dotted_key(write: Write, key: str, text: str, message: str) -> None:
    section, name = key.split(".")
    path = write(f"batch: {{{section}: {{{name}: {text}}}}}")
    with pytest.raises(ConfigError) as caught:
        load_config(path, env={})
    assert str(caught.value).startswith(f"{path}: batch.{key}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [("- 1", ""), ("batch: 3", ": batch"), ("batch: {memory: [1]}", ": batch.memory")],
)
def test_what_is_no_mapping_is_refused(write: Write, text: str, place: str) -> None:
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path, env={})
    assert str(caught.value).startswith(f"{path}{place} must be a mapping with keys of ")


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "batch:\n", "batch:\n  memory:\n  # max_usage_mb: 3\n"])
def test_an_empty_file_or_section_says_nothing(write: Write, text: str) -> None:
    assert load_config(write(text), env={}) == BatchConfig()


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("batch.yaml", "batch:\n  memory: [1\n  strategy: {}\n", 3),
        ("batch.yaml", "batch:\n\tmemory: 1\n", 2),
        ("batch.json", '{"batch":\n {"memory": }}', 2),
    ],
)
def test_a_syntax_error_is_told_with_its_line(write: Write, name: str, text: str, line: int) -> None:
    path = write(text, name)
    with pytest.raises(ConfigError) as caught:
        load_config(path, env={})
    assert str(caught.value).startswith(f"{path}, line {line}: ")


@pytest.mark.parametrize(("name", "text"), [("batch.yaml", "a: \x00"), ("batch.json", '{"batch": ' + "9" * 5000 + "}")])
def test_what_no_parser_takes_is_refused_with_the_file(write: Write, name: str, text: str) -> None:
    path = write(text, name)
    with pytest.raises(ConfigError) as caught:
        load_config(path, env={})
    assert str(caught.value).startswith(f"{path}: ")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "batch.yaml").write_bytes(b"batch: \xff")
    with pytest.raises(ConfigError, match="is not UTF-8 text: invalid start byte at byte 7"):
        load_config(tmp_path / "batch.yaml", env={})


def test_a_missing_file_is_refused_with_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no file .*absent\.yaml; dump_config"):
        load_config(tmp_path / "absent.yaml", env={})


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder; name the configuration file in it"):
        load_config(tmp_path, env={})


def test_a_file_below_a_file_is_refused(write: Write) -> None:
    below = write("batch:") / "batch.yaml"
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(below, env={})
    with pytest.raises(ConfigError, match="cannot be written"):
        dump_config(BatchConfig(), below)


def test_a_broken_pair_names_both_fields_and_where_they_came_from(write: Write) -> None:
    path = write("batch: {batch_sizes: {min: 20}}")
    with pytest.raises(ConfigError) as caught:
        load_config(path, env={"BATCHLAB_DEFAULT_BATCH_SIZE": "15"})
    for part in ("min_batch_size (20)", "default_batch_size (15)", f"settings came from {path} and the environment"):
        assert part in str(caught.value)


def test_an_unknown_override_is_refused_as_by_the_config() -> None:
    with pytest.raises(ConfigError, match="unknown setting 'max_batch'; did you mean 'max_batch_size'"):
        load_config(env={}, max_batch=3)


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("BATCHLAB_MAX_CONCURENT_REQUESTS", "BATCHLAB_MAX_CONCURRENT_REQUESTS"),
        ("BATCHLAB_max_batch_size", "BATCHLAB_MAX_BATCH_SIZE"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_one_meant(variable: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=f"{variable} names no setting; the nearest is {meant}"):
        load_config(env={variable: "3"})


def test_variables_that_are_no_settings_are_left_alone() -> None:
    env = {"BATCHLAB_CACHE_DIR": "cache", "BATCHLAB_CORPUS": "corpus", "PATH": "bin", "BATCHLAB_MAX_WAIT": ""}
    assert load_config(env=env) == BatchConfig()


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("use_cache", "0", False),
        ("use_cache", " TRUE ", True),
        ("max_wait", "none", None),
        ("max_wait", "2.5", 2.5),
        ("routes", "contents", ("contents",)),
        ("default_strategy", "Parallel", BatchStrategy.PARALLEL),
    ],
)
def test_a_variable_is_read_by_the_kind_of_its_field(field: str, text: str, value: Any) -> None:
    config = load_config(env={f"BATCHLAB_{field.upper()}": text}, base=BatchConfig(max_wait=1.0))
    assert getattr(config, field) == value


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("retry_attempts", "many"),
        ("retry_attempts", "none"),
        ("retry_attempts", "1.0"),
        ("rate_limit_buffer", "nan"),
        ("use_cache", "maybe"),
        ("routes", "carrier"),
        ("default_strategy", "fast"),
    ],
)
def test_a_text_of_another_kind_is_refused_with_its_variable(field: str, text: str) -> None:
    variable = f"BATCHLAB_{field.upper()}"
    with pytest.raises(ConfigError, match=f"environment variable {variable}: .*{text}"):
        load_config(env={variable: text})
