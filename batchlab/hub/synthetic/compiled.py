"""Manifests and lockfiles of Rust, Go, Maven and NuGet."""

from __future__ import annotations

import json

from batchlab.hub.synthetic.draw import Dependency, Project


def cargo_toml(project: Project) -> bytes:
    """Return a ``Cargo.toml``."""
    lines = "".join(f'{dependency.name} = "{dependency.version}"\n' for dependency in project.direct)
    return (
        f'[package]\nname = "{project.name}"\nversion = "{project.version}"\nedition = "2021"\n\n'
        f"[dependencies]\n{lines}"
    ).encode()


def cargo_lock(project: Project) -> bytes:
    """Return a ``Cargo.lock`` of version 4."""
    packages = "".join(
        f'\n[[package]]\nname = "{dependency.name}"\nversion = "{dependency.version}"\n'
        f'source = "registry+https://cargo.example.org/index"\nchecksum = "{dependency.hex}"\n'
        for dependency in project.locked
    )
    own = f'\n[[package]]\nname = "{project.name}"\nversion = "{project.version}"\n'
    return f"# It is not intended for manual editing.\nversion = 4\n{own}{packages}".encode()


def go_mod(project: Project) -> bytes:
    """Return a ``go.mod``."""
    direct = "".join(f"\t{_module(dependency)}\n" for dependency in project.direct)
    indirect = "".join(f"\t{_module(dependency)} // indirect\n" for dependency in project.locked)
    required = f"require (\n{direct})\n" + (f"\nrequire (\n{indirect})\n" if indirect else "")
    return f"module github.com/{project.name}\n\ngo 1.24\n\n{required}".encode()


def go_sum(project: Project) -> bytes:
    """Return a ``go.sum``."""
    return "".join(
        f"{_module(dependency)} h1:{dependency.base64}\n{_module(dependency)}/go.mod h1:{dependency.base64}\n"
        for dependency in (*project.direct, *project.locked)
    ).encode()


def _module(dependency: Dependency) -> str:
    return f"{dependency.name} v{dependency.version}"


def pom(project: Project) -> bytes:
    """Return a Maven ``pom.xml``."""
    dependencies = "".join(_maven(dependency) for dependency in project.direct)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<project xmlns="http://maven.apache.org/POM/4.0.0">\n'
        "  <modelVersion>4.0.0</modelVersion>\n  <groupId>org.example</groupId>\n"
        f"  <artifactId>{project.name}</artifactId>\n  <version>{project.version}</version>\n"
        f"  <description>{project.description}</description>\n"
        f"  <dependencies>\n{dependencies}  </dependencies>\n</project>\n"
    ).encode()


def _maven(dependency: Dependency) -> str:
    group, _, artifact = dependency.name.partition(":")
    return (
        f"    <dependency>\n      <groupId>{group}</groupId>\n      <artifactId>{artifact}</artifactId>\n"
        f"      <version>{dependency.version}</version>\n    </dependency>\n"
    )


def packages_lock(project: Project) -> bytes:
    """Return a NuGet ``packages.lock.json``."""
    locked = {
        dependency.name: {
            "type": "Direct" if dependency in project.direct else "Transitive",
            "resolved": dependency.version,
            "contentHash": dependency.integrity.removeprefix("sha512-"),
        }
        for dependency in project.locked
    }
    return json.dumps({"version": 1, "dependencies": {"net9.0": locked}}, indent=2).encode()
