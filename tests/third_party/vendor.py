"""Remake the copies of GitHub's own descriptions in ``vendored/`` from their npm packages, trimmed to what tests use.

Run as ``python tests/third_party/vendor.py``, with npm installed; the versions are named below.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

OPENAPI = "@octokit/openapi@23.0.2"
GRAPHQL = "@octokit/graphql-schema@15.26.1"
FIXTURES = "@octokit/fixtures@23.1.2"
FOLDER = Path(__file__).parent / "vendored"
PATHS = (
    "/orgs/{org}",
    "/orgs/{org}/repos",
    "/rate_limit",
    "/repos/{owner}/{repo}",
    "/repos/{owner}/{repo}/commits/{ref}",
    "/repos/{owner}/{repo}/contents/{path}",
    "/repos/{owner}/{repo}/git/blobs/{file_sha}",
    "/repos/{owner}/{repo}/git/trees/{tree_sha}",
    "/repos/{owner}/{repo}/tarball/{ref}",
    "/users/{username}/repos",
)
SCENARIOS = ("errors", "get-archive", "get-content", "get-organization", "get-repository", "rename-repository")
# A validator that honours the discriminator rejects every listing of a directory, the description's own example too.
_LEFT_OUT = {"description", "examples", "example", "discriminator", "deprecationReason", "x-github", "externalDocs"}
_NULL = {"nullable": True, "enum": [None]}


def openapi(package: tarfile.TarFile) -> Any:
    """Return the schemas of the answers to our reads, by path and status, and all that they refer to."""
    whole = _read(package, "generated/api.github.com.json")
    answers = {path: _answers(whole, path) for path in PATHS}
    schemas: dict[str, Any] = {}
    pending = list(_references(answers))
    while pending:
        name = pending.pop()
        if name not in schemas:
            schemas[name] = _trimmed(whole["components"]["schemas"][name])
            pending += _references(schemas[name])
    return {"answers": answers, "components": {"schemas": schemas}}


def _answers(whole: Mapping[str, Any], path: str) -> dict[str, Any]:
    found = {}
    for status, answer in whole["paths"][path]["get"]["responses"].items():
        resolved = whole["components"]["responses"][answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
        content = resolved.get("content", {}).get("application/json")
        found[status] = _trimmed(content["schema"]) if content else None
    return found


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        here = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
        return here.union(*map(_references, value.values()))
    return set().union(*map(_references, value)) if isinstance(value, list) else set()


def _trimmed(value: Any, names: bool = False) -> Any:
    """Return a value without descriptions and examples; under ``properties`` keys are names and stay."""
    if isinstance(value, dict):
        kept = value.items() if names else [(key, one) for key, one in value.items() if key not in _LEFT_OUT]
        trimmed = {key: _trimmed(one, names=not names and key == "properties") for key, one in kept}
        # By the letter, ``nullable`` counts only beside ``type``; GitHub means it beside ``oneOf``, too.
        return {"anyOf": [trimmed, _NULL]} if value.get("nullable") is True and "type" not in value else trimmed
    return [_trimmed(one) for one in value] if isinstance(value, list) else value


def graphql(package: tarfile.TarFile) -> Any:
    """Return the introspection of the whole schema, without descriptions."""
    return _without_descriptions(_read(package, "schema.json"))


def _without_descriptions(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_descriptions(one) for key, one in value.items() if key not in _LEFT_OUT}
    return [_without_descriptions(one) for one in value] if isinstance(value, list) else value


def fixtures(package: tarfile.TarFile) -> Any:
    """Return the recorded exchanges of our scenarios."""
    names = {name: f"scenarios/api.github.com/{name}/normalized-fixture.json" for name in SCENARIOS}
    return {name: _read(package, path) for name, path in names.items()}


def _read(package: tarfile.TarFile, name: str) -> Any:
    file = package.extractfile(f"package/{name}")
    assert file is not None
    return json.load(file)


def _licence(package: tarfile.TarFile) -> bytes:
    name = next(name for name in package.getnames() if name.startswith("package/LICENSE"))
    file = package.extractfile(name)
    assert file is not None
    return file.read()


def _remake(target: str, name: str, trim: Callable[[tarfile.TarFile], Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", name], cwd=folder, check=True, capture_output=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            text = json.dumps(trim(package), separators=(",", ":"), sort_keys=True)
            (FOLDER / f"{target}.LICENSE").write_bytes(_licence(package))
    (FOLDER / f"{target}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    _remake("openapi", OPENAPI, openapi)
    _remake("graphql", GRAPHQL, graphql)
    _remake("fixtures", FIXTURES, fixtures)
