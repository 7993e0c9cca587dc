"""Manifests and lockfiles of npm, yarn and pnpm."""

from __future__ import annotations

import json

from batchlab.hub.synthetic.draw import Project


def package_json(project: Project) -> bytes:
    """Return a ``package.json``; every third dependency is for development."""
    ranges = {dependency.name: f"^{dependency.version}" for dependency in project.direct}
    names = list(ranges)
    manifest = {
        "name": project.name,
        "version": project.version,
        "description": project.description,
        "license": "MIT",
        "scripts": {"build": "tsc -p .", "test": "vitest run"},
        "dependencies": {name: ranges[name] for at, name in enumerate(names) if at % 3 < 2},
        "devDependencies": {name: ranges[name] for at, name in enumerate(names) if at % 3 == 2},
    }
    return (json.dumps(manifest, indent=2) + "\n").encode()


def package_lock(project: Project) -> bytes:
    """Return a ``package-lock.json`` of version 3."""
    own = {
        "name": project.name,
        "version": project.version,
        "dependencies": {dependency.name: f"^{dependency.version}" for dependency in project.direct},
    }
    packages = {"": own} | {
        f"node_modules/{dependency.name}": {
            "version": dependency.version,
            "resolved": f"https://npm.example.org/{dependency.name}/-/{dependency.version}.tgz",
            "integrity": dependency.integrity,
            "license": "MIT",
            "engines": {"node": ">=18"},
        }
        for dependency in project.locked
    }
    lock = {
        "name": project.name,
        "version": project.version,
        "lockfileVersion": 3,
        "requires": True,
        "packages": packages,
    }
    return (json.dumps(lock, indent=2) + "\n").encode()


def yarn_lock(project: Project) -> bytes:
    """Return a ``yarn.lock`` of version 1."""
    entries = "\n".join(
        f'"{dependency.name}@^{dependency.version}":\n'
        f'  version "{dependency.version}"\n'
        f'  resolved "https://npm.example.org/{dependency.name}/-/{dependency.version}.tgz"\n'
        f"  integrity {dependency.integrity}\n"
        for dependency in project.locked
    )
    return f"# yarn lockfile v1\n\n\n{entries}".encode()


def pnpm_lock(project: Project) -> bytes:
    """Return a ``pnpm-lock.yaml`` of version 9."""
    importers = "".join(
        f"      '{dependency.name}':\n        specifier: ^{dependency.version}\n        version: {dependency.version}\n"
        for dependency in project.direct
    )
    packages = "".join(
        f"\n  '{dependency.name}@{dependency.version}':\n"
        f"    resolution: {{integrity: {dependency.integrity}}}\n"
        f"    engines: {{node: '>=18'}}\n"
        for dependency in project.locked
    )
    return (
        f"lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n{importers}\npackages:\n{packages}"
    ).encode()
