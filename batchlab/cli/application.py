"""The command ``batchlab``: finds the subcommand, and turns every error into one line and an exit code."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

import click

from batchlab import __version__
from batchlab.errors import BatchLabError, InputError

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


class Application(click.Group):
    """A group whose commands are modules of `batchlab.cli`, imported when needed, and return their exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return ["compare", "lab", "limits", "regret", "report", "runs", "scan", "scenarios", "serve", "sweep"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name, None for an unknown one."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"batchlab.cli.{cmd_name}").command
        return command

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run the command line and exit."""
        _speak_utf8()
        run = super().main
        sys.exit(_exit_code(lambda: run(*args, **(kwargs | {"standalone_mode": False}))))


def _speak_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _exit_code(run: Callable[[], int | None]) -> int:
    try:
        return run() or 0
    except click.Abort as abort:
        interrupted = isinstance(abort.__cause__, KeyboardInterrupt)
        _complain("interrupted; nothing was saved" if interrupted else "the question was not answered; use --yes")
        return INTERRUPTED if interrupted else FAILED
    except click.ClickException as error:
        _complain(_with_help(error))
        return error.exit_code
    except InputError as error:
        _complain(str(error))
        return BAD_INPUT
    except (BatchLabError, OSError) as error:
        _complain(str(error))
        return FAILED


def _complain(message: str) -> None:
    click.echo(f"error: {' '.join(message.split())}", err=True)


def _with_help(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    message = error.format_message().rstrip(".")
    return message if context is None else f"{message}; see {context.command_path} --help"


@click.group("batchlab", cls=Application, invoke_without_command=True, context_settings={"max_content_width": 100})
@click.version_option(__version__, message="batchlab %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Read many files from many GitHub repositories, and see which way of asking is fastest.

    Exit codes: 0 all well, 1 something failed, 2 bad input, 130 interrupted.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
