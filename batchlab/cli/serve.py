"""``batchlab serve``: the embedded GitHub on this machine, for batchlab, curl or any other client."""

from __future__ import annotations

import click

from batchlab.cli.options import world_options
from batchlab.cli.sources import Source
from batchlab.errors import InputError
from batchlab.hub.server import serve
from batchlab.hub.service import DEFAULT_TOKEN
from batchlab.hub.world import World
from batchlab.patterns import PathFilter


@click.command("serve")
@world_options
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Where to listen.  [default: a free one]"
)
def command(source: Source, port: int) -> int:
    """Serve the embedded GitHub on 127.0.0.1 until Ctrl-C.

    Without options it holds the sample world. After --git, arguments are further paths.
    """
    if source.is_real:
        raise InputError(f"{source.arguments[0]!r} cannot be served; name git repositories on disk with --git")
    world, conditions = source.world.build(), source.conditions
    try:
        serve(world, conditions, port=port, on_ready=lambda url: click.echo(_announcement(url, world, conditions.name)))
    except KeyboardInterrupt:  # the way to end it
        click.echo("Stopped.")
    return 0


def _announcement(base_url: str, world: World, scenario: str) -> str:
    repository = _worth_reading(world)
    return f"""\
{world.name}: {len(world)} repositories, scenario {scenario}, at {base_url}; Ctrl-C ends it.

The token is {DEFAULT_TOKEN}. Read from it with batchlab:
  export GITHUB_API_URL={base_url} GITHUB_TOKEN={DEFAULT_TOKEN}
  batchlab scan {repository}
or with any client of GitHub's API:
  curl -H "Authorization: Bearer {DEFAULT_TOKEN}" {base_url}/repos/{repository}"""


def _worth_reading(world: World) -> str:
    wanted = PathFilter()
    for repository in world:
        snapshot = repository.snapshot("HEAD")
        if snapshot is not None and any(wanted(entry.path) for entry in snapshot.entries):
            return repository.full_name
    return "OWNER/REPO"
