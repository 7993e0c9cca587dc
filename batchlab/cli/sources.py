"""What to read from: options of the command line become a hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from batchlab.errors import InputError
from batchlab.hub.loopback import LoopbackHub
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.hub.world_spec import WorldSpec
from batchlab.hubs import GitHub, Hub
from batchlab.runs import list_repositories


@dataclass(frozen=True)
class Source:
    """The source options, checked against each other.

    Parameters
    ----------
    arguments
        The arguments of the command: ``owner/name`` or ``owner/name@ref``; with ``git``, further paths.
    git
        Git repositories on disk, each ``path`` or ``path@ref``.
    corpus
        Folder of parquet files.
    orgs
        Organisations or users whose repositories are read.
    api_url, token_file
        How to reach the real GitHub.
    loopback
        Whether the embedded GitHub stands behind a real socket.
    scenario
        Conditions of the embedded GitHub: a name or a YAML file.

    Raises
    ------
    InputError
        Options that exclude each other were given.
    """

    arguments: tuple[str, ...] = ()
    git: tuple[str, ...] = ()
    corpus: str | None = None
    orgs: tuple[str, ...] = ()
    api_url: str | None = None
    token_file: str | None = None
    loopback: bool = False
    scenario: str | None = None

    def __post_init__(self) -> None:
        named = self.arguments and not self.git
        kinds = {"--git": self.git, "--corpus": self.corpus, "OWNER/REPO": named, "--org": self.orgs}
        given = [kind for kind, value in kinds.items() if value]
        if len(given) > 1 and set(given) != {"OWNER/REPO", "--org"}:
            raise InputError(f"{' and '.join(given)} exclude each other; read from one source at a time")
        foreign = {"--loopback": self.loopback, "--scenario": self.scenario}
        if not self.is_real:
            foreign = {"--api-url": self.api_url, "--token-file": self.token_file}
        if misplaced := [option for option, value in foreign.items() if value]:
            place = "the embedded GitHub, not the real one" if self.is_real else "the real GitHub; name OWNER/REPO"
            raise InputError(f"{misplaced[0]} is for {place}")

    @property
    def is_real(self) -> bool:
        """Whether the real GitHub is read, or a server that speaks its API."""
        return bool(self.orgs or (self.arguments and not self.git))

    @property
    def world(self) -> WorldSpec:
        """What the embedded GitHub holds."""
        if self.git:
            return WorldSpec.git(*self.git, *self.arguments)
        return WorldSpec.corpus(self.corpus) if self.corpus else WorldSpec.sample()

    @property
    def conditions(self) -> Scenario:
        """How the embedded GitHub behaves."""
        return Scenario.load(self.scenario or "typical")

    @contextmanager
    def open(self) -> Iterator[Hub]:
        """Return the hub, for as long as the context lasts."""
        if self.is_real:
            yield self._github()
        elif self.loopback:
            with LoopbackHub(self.world, self.conditions) as hub:
                yield hub
        else:
            conditions = self.conditions
            yield SimHub(self.world.build(), conditions)

    def _github(self) -> GitHub:
        token = read_token(self.token_file) if self.token_file else None
        hub = GitHub(token, self.api_url, self.arguments)
        listed = [repository for owner in self.orgs for repository in list_repositories(owner, hub=hub)]
        return GitHub(token, self.api_url, [*hub.repositories, *listed])


def read_token(path: str) -> str:
    """Return the token that a file holds; no error shows any of it.

    Raises
    ------
    InputError
        The file is missing, a folder, unreadable or empty, or holds more than one word.
    """
    file = Path(path).expanduser()
    if file.is_dir():
        raise InputError(f"token file {path} is a folder; name the file in it that holds the token")
    try:
        words = file.read_text(encoding="utf-8-sig").split()
    except FileNotFoundError:
        raise InputError(f"there is no token file {path}; write the token into it, or set GITHUB_TOKEN") from None
    except OSError as error:
        raise InputError(f"token file {path} cannot be read: {error.strerror}; check its permissions") from None
    except UnicodeDecodeError:
        raise InputError(f"token file {path} is no text; it must hold the token and nothing else") from None
    if len(words) != 1:
        found = "is empty" if not words else f"holds {len(words)} words"
        raise InputError(f"token file {path} {found}; it must hold the token and nothing else")
    return words[0]
