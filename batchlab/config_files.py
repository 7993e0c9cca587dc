"""`BatchConfig` read from a file and the environment, and written to a file.

Names, forms and places are settled here; whether a value may stand is `BatchConfig`'s to say.
"""

from __future__ import annotations

import difflib
import json
import os
import reprlib
import textwrap
from collections.abc import Collection, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from batchlab.batch_config import FIELDS, BatchConfig, checked_setting, nearest
from batchlab.errors import ConfigError

PREFIX = "BATCHLAB_"
NOT_SETTINGS = {"BATCHLAB_CACHE_DIR", "BATCHLAB_CORPUS"}
SWITCH_TEXTS = {"true": True, "1": True, "false": False, "0": False}


def _layout() -> dict[str, dict[str, str]]:
    layout: dict[str, dict[str, str]] = {}
    for name, setting in FIELDS.items():
        layout.setdefault(setting.metadata["section"], {})[setting.metadata["key"]] = name
    return layout


# The documented form: section, then key, gives the field's name.
LAYOUT = _layout()


def load_config(
    path: str | Path | None = None,
    *,
    env: Mapping[str, str] | None = None,
    base: BatchConfig | None = None,
    **overrides: Any,
) -> BatchConfig:
    """Return the configuration of code, file and environment, in this rising order of weight.

    Parameters
    ----------
    path
        A YAML file, or a JSON file if its name ends in ``.json``, in the nested form that `dump_config`
        writes. None reads no file.
    env
        Variables to read in place of the process's own: ``BATCHLAB_`` and a field's name in capitals. Switches
        are ``true``, ``false``, ``1`` or ``0``, routes a list with commas, ``none`` is no limit; an empty
        variable counts as unset.
    base
        What holds where file and environment say nothing; the documented defaults if None.
    **overrides
        Fields that hold whatever file and environment say, such as the options of a command line.

    Raises
    ------
    ConfigError
        The file cannot be read, a name is unknown or a value is refused; file and key, or variable, are named.

    Examples
    --------
    >>> config = load_config(env={"BATCHLAB_MAX_CONCURRENT_REQUESTS": "15"}, default_strategy="parallel")
    >>> config.max_concurrent_requests, config.default_strategy.value
    (15, 'parallel')
    """
    in_file = {} if path is None else _from_file(Path(path).expanduser())
    in_environment = _from_environment(os.environ if env is None else env)
    config = BatchConfig(**({} if base is None else base.to_dict()))
    try:
        config.update(**(in_file | in_environment | overrides))
    except ConfigError as error:
        sources = [source for source, settings in ((path, in_file), ("the environment", in_environment)) if settings]
        origin = f"; settings came from {' and '.join(map(str, sources))}" if sources else ""
        raise ConfigError(f"{error}{origin}") from error
    return config


def dump_config(config: BatchConfig, path: str | Path | None = None) -> str:
    """Return the configuration as text that `load_config` reads back, and write it to a file if one is named.

    Parameters
    ----------
    config
        What to write: every field, also those at their defaults.
    path
        File to write; its text is JSON if the name ends in ``.json``.

    Returns
    -------
    str
        YAML in the nested form with each field's meaning and unit as a comment, or JSON.

    Raises
    ------
    ConfigError
        The file cannot be written.

    Examples
    --------
    >>> dump_config(BatchConfig()).splitlines()[:2]
    ['batch:', '  concurrency:']
    """
    config = config.snapshot()
    if path is None:
        return _as_yaml(config)
    file = Path(path).expanduser()
    text = _as_json(config) if _is_json(file) else _as_yaml(config)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}; name a file in a folder that can") from error
    return text


def settings_document(config: BatchConfig) -> dict[str, Any]:
    """Return the settings by field, as JSON can carry them; `settings_of` reads them back."""
    return {name: _plain(value) for name, value in config.to_dict().items()}


def settings_of(document: Mapping[str, Any]) -> BatchConfig:
    """Return the settings that a `settings_document` describes, frozen; fields that it lacks have their defaults.

    Raises
    ------
    ConfigError
        A field is unknown, or its value is refused.

    Examples
    --------
    >>> settings_of({"max_batch_size": 70}).max_batch_size
    70
    """
    config = BatchConfig()
    config.update(**document)
    return config.snapshot()


def _from_file(path: Path) -> dict[str, Any]:
    settings = {}
    batch = _entries(_parsed(path), str(path), ["batch"]).get("batch")
    for section, content in _entries(batch, f"{path}: batch", LAYOUT).items():
        place = f"{path}: batch.{section}"
        for key, value in _entries(content, place, LAYOUT[section]).items():
            name = LAYOUT[section][key]
            settings[name] = _checked_at(f"{place}.{key}", name, value)
    return settings


def _entries(node: Any, place: str, accepted: Collection[str]) -> dict[str, Any]:
    if node is None:  # a section whose every line is commented out
        return {}
    if not isinstance(node, dict):
        raise ConfigError(f"{place} must be a mapping with keys of {', '.join(accepted)}; not {reprlib.repr(node)}")
    for key in node:
        if key not in accepted:
            raise ConfigError(f"{place}: unknown key {key!r}{_where_it_belongs(str(key), accepted)}")
    return node


def _where_it_belongs(key: str, accepted: Collection[str]) -> str:
    if key not in FIELDS:
        return nearest(key, accepted)
    return "; write it as batch.{section}.{key}".format_map(FIELDS[key].metadata)


def _checked_at(place: str, name: str, value: Any) -> Any:
    try:
        return checked_setting(name, value)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from None


def _parsed(path: Path) -> Any:
    text = _text(path)
    try:
        return json.loads(text) if _is_json(path) else yaml.safe_load(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}, line {error.lineno}: {error.msg}") from error
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{path}{line}: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _text(path: Path) -> str:
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; name the configuration file in it")
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}; dump_config(BatchConfig(), path) writes one") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from error


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    settings = {}
    for variable, text in sorted(env.items()):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS or not text.strip():
            continue
        name = variable.removeprefix(PREFIX).lower()
        if variable != PREFIX + name.upper() or name not in FIELDS:
            (closest,) = difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.0)
            raise ConfigError(
                f"the environment variable {variable} names no setting; the nearest is {PREFIX}{closest.upper()}"
            )
        settings[name] = _checked_at(f"environment variable {variable}", name, value_of(name, text.strip()))
    return settings


def text_of(value: Any) -> str:
    """Return a field's value as the text that `value_of` reads back.

    Examples
    --------
    >>> text_of(("blobs", "graphql")), value_of("routes", "blobs,graphql")
    ('blobs,graphql', ['blobs', 'graphql'])
    """
    plain = _plain(value)
    return ",".join(plain) if isinstance(plain, list) else str(plain)


def value_of(name: str, text: str) -> Any:
    """Return what a text means to a field; one that means nothing stays, to be refused by name."""
    kind = FIELDS[name].metadata["kind"]
    if FIELDS[name].default is None and text.lower() == "none":
        return None
    if kind is bool:
        return SWITCH_TEXTS.get(text.lower(), text)
    if kind is tuple:
        return [route.strip() for route in text.split(",")]
    try:
        return kind(text) if kind in (int, float) else text
    except ValueError:
        return text


def _as_json(config: BatchConfig) -> str:
    sections = {
        section: {key: _plain(getattr(config, name)) for key, name in keys.items()} for section, keys in LAYOUT.items()
    }
    return json.dumps({"batch": sections}, indent=2) + "\n"


def _as_yaml(config: BatchConfig) -> str:
    sections = [
        f"  {section}:\n" + "".join(_yaml_entry(key, name, config) for key, name in keys.items())
        for section, keys in LAYOUT.items()
    ]
    return "batch:\n" + "\n".join(sections)


def _yaml_entry(key: str, name: str, config: BatchConfig) -> str:
    meaning, unit = FIELDS[name].metadata["help"], FIELDS[name].metadata["unit"]
    comment = f"# {meaning} ({unit})\n" if unit else f"# {meaning}\n"
    return textwrap.indent(comment + yaml.safe_dump({key: _plain(getattr(config, name))}), " " * 4)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value
