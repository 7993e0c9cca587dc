"""Make throwaway environments that see all of this one's packages, and have another ipykernel in front of them.

Run ``python tests/notebooks/kernel_environment.py FOLDER 'ipykernel<7' 'ipykernel==7.3.*'``: it prints the Pythons of
the environments, joined as in PATH: the form that BATCHLAB_KERNELS has for ``tests/notebooks/test_kernels.py``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path


def make(folder: Path, requirement: str) -> Path:
    """Return the Python of a new environment with this ipykernel."""
    home = folder / re.sub(r"[^\w.]+", "-", requirement).strip("-")
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    own = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    beside = sysconfig.get_path("purelib")
    # addsitedir, because this environment may find packages through path files of its own, too: the checkout.
    Path(own, "beside.pth").write_text(f"import site; site.addsitedir({beside!r})\n", encoding="utf-8")
    # Of what it needs, only what is not there yet is installed.
    subprocess.run([python, "-m", "pip", "install", "-q", requirement], check=True)
    return python


def main() -> None:
    folder, *requirements = sys.argv[1:]
    print(os.pathsep.join(str(make(Path(folder), requirement)) for requirement in requirements))  # noqa: T201


if __name__ == "__main__":
    main()
