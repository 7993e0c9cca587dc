"""Manifests and lockfiles of pip, Pipenv, Poetry, uv and conda."""

from __future__ import annotations

import json

from batchlab.hub.synthetic.draw import Dependency, Project


def pyproject(project: Project) -> bytes:
    """Return a ``pyproject.toml``."""
    lines = "".join(f'    "{dependency.name}>={dependency.version}",\n' for dependency in project.direct)
    return (
        f'[project]\nname = "{project.name}"\nversion = "{project.version}"\n'
        f'description = "{project.description}"\nrequires-python = ">=3.11"\ndependencies = [\n{lines}]\n\n'
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    ).encode()


def requirements(project: Project) -> bytes:
    """Return a ``requirements.txt`` with pinned versions."""
    return "".join(f"{dependency.name}=={dependency.version}\n" for dependency in project.direct).encode()


def uv_lock(project: Project) -> bytes:
    """Return a ``uv.lock``."""
    packages = "".join(_uv_package(dependency) for dependency in project.locked)
    return f'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n{packages}'.encode()


def _uv_package(dependency: Dependency) -> str:
    wheels = "".join(
        f'    {{ url = "{_address(dependency)}-{tag}.whl", hash = "sha256:{dependency.hex}", size = 58213 }},\n'
        for tag in ("cp311-manylinux_x86_64", "cp311-macosx_arm64", "cp311-win_amd64")
    )
    return (
        f'\n[[package]]\nname = "{dependency.name}"\nversion = "{dependency.version}"\n'
        'source = { registry = "https://pypi.example.org/simple" }\n'
        f'sdist = {{ url = "{_address(dependency)}.tar.gz", '
        f'hash = "sha256:{dependency.hex}", size = 41077 }}\n'
        f"wheels = [\n{wheels}]\n"
    )


def _address(dependency: Dependency) -> str:
    return f"https://files.example.org/packages/{dependency.name}-{dependency.version}"


def poetry_lock(project: Project) -> bytes:
    """Return a ``poetry.lock``."""
    packages = "".join(
        f'[[package]]\nname = "{dependency.name}"\nversion = "{dependency.version}"\n'
        f'description = "The {dependency.name} library"\noptional = false\n'
        f'python-versions = ">=3.9"\nfiles = [\n'
        f'    {{file = "{dependency.name}-{dependency.version}.tar.gz", '
        f'hash = "sha256:{dependency.hex}"}},\n]\n\n'
        for dependency in project.locked
    )
    return f'{packages}[metadata]\nlock-version = "2.1"\npython-versions = "^3.11"\n'.encode()


def pipfile(project: Project) -> bytes:
    """Return a ``Pipfile``."""
    lines = "".join(f'{dependency.name} = "~={dependency.version}"\n' for dependency in project.direct)
    return f'[packages]\n{lines}\n[requires]\npython_version = "3.11"\n'.encode()


def pipfile_lock(project: Project) -> bytes:
    """Return a ``Pipfile.lock``."""
    default = {
        dependency.name: {
            "hashes": [f"sha256:{dependency.hex}"],
            "index": "pypi",
            "version": f"=={dependency.version}",
        }
        for dependency in project.locked
    }
    lock = {"_meta": {"pipfile-spec": 6, "requires": {"python_version": "3.11"}}, "default": default}
    return (json.dumps(lock | {"develop": {}}, indent=4) + "\n").encode()


def environment(project: Project) -> bytes:
    """Return a conda ``environment.yml``."""
    lines = "".join(f"  - {dependency.name}={dependency.version}\n" for dependency in project.direct)
    return f"name: {project.name}\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n{lines}".encode()
