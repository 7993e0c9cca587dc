"""Manifests and lockfiles of PHP, Ruby, Elixir and Dart."""

from __future__ import annotations

import json

from batchlab.hub.synthetic.draw import Project


def composer_json(project: Project) -> bytes:
    """Return a ``composer.json``."""
    required = {dependency.name: f"^{dependency.version}" for dependency in project.direct}
    manifest = {
        "name": project.name,
        "description": project.description,
        "type": "library",
        "license": "MIT",
        "require": {"php": ">=8.2"} | required,
    }
    return (json.dumps(manifest, indent=4) + "\n").encode()


def composer_lock(project: Project) -> bytes:
    """Return a ``composer.lock``."""
    packages = [
        {
            "name": dependency.name,
            "version": f"v{dependency.version}",
            "dist": {
                "type": "zip",
                "url": f"https://php.example.org/{dependency.name}.zip",
                "reference": dependency.hex[:40],
            },
            "require": {"php": ">=8.1"},
            "type": "library",
            "license": ["MIT"],
            "description": f"The {dependency.name} library",
        }
        for dependency in project.locked
    ]
    return (json.dumps({"packages": packages, "packages-dev": []}, indent=4) + "\n").encode()


def gemfile_lock(project: Project) -> bytes:
    """Return a ``Gemfile.lock``."""
    specs = "".join(f"    {dependency.name} ({dependency.version})\n" for dependency in project.locked)
    direct = "".join(f"  {dependency.name}\n" for dependency in project.direct)
    return (
        f"GEM\n  remote: https://gems.example.org/\n  specs:\n{specs}\n"
        f"PLATFORMS\n  ruby\n\nDEPENDENCIES\n{direct}\nBUNDLED WITH\n   2.6.2\n"
    ).encode()


def mix_lock(project: Project) -> bytes:
    """Return a ``mix.lock``."""
    lines = "".join(
        f'  "{dependency.name}": {{:hex, :{dependency.name}, "{dependency.version}", "{dependency.hex}", '
        f'[:mix], [], "hexpm", "{dependency.hex}"}},\n'
        for dependency in project.locked
    )
    return f"%{{\n{lines}}}\n".encode()


def pubspec(project: Project) -> bytes:
    """Return a ``pubspec.yaml``."""
    lines = "".join(f"  {dependency.name}: ^{dependency.version}\n" for dependency in project.direct)
    return (
        f"name: {project.name}\ndescription: {project.description}\nversion: {project.version}\n\n"
        f"environment:\n  sdk: ^3.6.0\n\ndependencies:\n{lines}"
    ).encode()


def pubspec_lock(project: Project) -> bytes:
    """Return a ``pubspec.lock``."""
    lines = "".join(
        f'  {dependency.name}:\n    dependency: "direct main"\n    description:\n'
        f"      name: {dependency.name}\n      sha256: {dependency.hex}\n"
        f'      url: "https://dart.example.org"\n    source: hosted\n    version: "{dependency.version}"\n'
        for dependency in project.locked
    )
    return f'packages:\n{lines}sdks:\n  dart: ">=3.6.0 <4.0.0"\n'.encode()
