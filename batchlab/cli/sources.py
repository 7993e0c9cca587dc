"""What to read from: options of the command line become a hub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchlab.batch_models import Repository
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
    no_forks, no_archived, language, pushed_since, limit
        Which of an owner's repositories are read, as `batchlab.list_repositories` has it.
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
    no_forks: bool = False
    no_archived: bool = False
    language: str | None = None
    pushed_since: str | None = None
    limit: int | None = None
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
        if not self.orgs and (filters := [name for name, value in self._listing.items() if value]):
            raise InputError(f"--{filters[0].replace('_', '-')} chooses among an owner's repositories; add --org NAME")

    @property
    def _listing(self) -> dict[str, Any]:
        names = ("no_forks", "no_archived", "language", "pushed_since", "limit")
        return {name: getattr(self, name) for name in names}

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
        hub = github(self.api_url, self.token_file, self.arguments)
        listed = [repository for owner in self.orgs for repository in self._listed(owner, hub)]
        return github(self.api_url, self.token_file, [*hub.repositories, *listed])

    def _listed(self, owner: str, hub: GitHub) -> list[Repository]:
        return list_repositories(
            owner,
            hub,
            forks=not self.no_forks,
            archived=not self.no_archived,
            language=self.language,
            pushed_since=self.pushed_since,
            limit=self.limit,
        )


def github(api_url: str | None, token_file: str | None, repositories: Iterable[Repository | str] = ()) -> GitHub:
    """Return the real GitHub, reached with the token of a file if one is named.

    Raises
    ------
    InputError
        The file holds no token, or a repository or the address is no such thing.
    """
    return GitHub(read_token(token_file) if token_file else None, api_url, repositories)


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
