"""``batchlab lab``: the notebooks in a folder of one's own, opened in JupyterLab."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from batchlab.errors import BatchLabError, InputError
from batchlab.package_data import notebooks_folder
from batchlab.runs.folders import write_whole

_STOP_SECONDS = 15.0


@click.command("lab")
@click.argument("folder", default="batchlab-notebooks", metavar="[FOLDER]")
@click.argument("options", nargs=-1, metavar="[-- OPTION...]")
@click.option("--no-browser", is_flag=True, help="Do not open a browser; the address is printed.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="Where to listen.  [default: a free one]")
def command(folder: str, options: tuple[str, ...], no_browser: bool, port: int | None) -> int:
    """Copy the notebooks into FOLDER and open it in JupyterLab, until Ctrl-C.

    Notebooks that are there already are yours and stay as they are. Options after -- are JupyterLab's own.
    """
    if find_spec("jupyterlab") is None:
        raise BatchLabError("JupyterLab is not installed; it comes with: pip install 'batchlab[notebook]'")
    place = Path(folder).expanduser()
    copied, kept = copy_notebooks(place)
    click.echo(f"{place}: notebooks copied: {copied}, left as they are: {kept}. Ctrl-C ends JupyterLab.")
    # Ctrl-C reaches it, too: it ends without asking whether that was meant.
    own = ["--ServerApp.answer_yes=True"] + ["--no-browser"] * no_browser + ([f"--port={port}"] if port else [])
    return _run_until_interrupted([sys.executable, "-m", "jupyterlab", *own, *options], place)


def copy_notebooks(place: Path) -> tuple[int, int]:
    """Copy the notebooks that are not there yet; return how many were, and how many were there.

    Raises
    ------
    InputError
        The place is a file, or cannot be written to.
    """
    kept = copied = 0
    for notebook in sorted(notebooks_folder().glob("*.ipynb")):
        target = place / notebook.name
        if target.exists():
            kept += 1
            continue
        try:
            write_whole(target, notebook.read_bytes())
        except OSError as error:
            raise InputError(f"notebooks cannot be copied to {place}: {error.strerror}; name another folder") from None
        copied += 1
    return copied, kept


def _run_until_interrupted(order: list[str], place: Path) -> int:
    server = subprocess.Popen(order, cwd=place, stdin=subprocess.DEVNULL)
    try:
        return server.wait()
    except KeyboardInterrupt:  # the way to end it
        server.terminate()
        _wait_or_kill(server)
        click.echo("Stopped.")
        return 0


def _wait_or_kill(server: subprocess.Popen[bytes]) -> None:
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
