"""What people get wrong, and the one line that tells them so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from batchlab.hub.loopback import LoopbackHub

Run = Callable[..., Result]
MISTAKES = {
    "compare --git nowhere": "'nowhere' does not exist; name the folder of a git repository",
    "compare --git .": "'.' cannot be read as a git repository",
    "compare --git a --corpus b": "--git and --corpus exclude each other",
    "compare --corpus b --org acme": "--corpus and --org exclude each other",
    "compare --corpus nowhere": "'nowhere' is no corpus: it lacks repos.csv",
    "compare --scenario typcal": "'typcal' is no scenario; did you mean 'typical'? accepted: ",
    "compare --scenario nowhere.yaml": "scenario file nowhere.yaml cannot be read",
    "compare --scenario typical acme/app": "--scenario is for the embedded GitHub",
    "compare --loopback acme/app": "--loopback is for the embedded GitHub",
    "compare --api-url http://127.0.0.1:1": "--api-url is for the real GitHub; name OWNER/REPO",
    "compare --strategies adaptve,parallel": "unknown strategy 'adaptve'; did you mean 'adaptive'?",
    "compare --strategies parallel,parallel": "named twice: parallel",
    "compare --seeds 0": "0 is not in the range x>=1; see batchlab compare --help",
    "compare --config nowhere.yaml": "there is no file nowhere.yaml",
    "compare --config .": ". is a folder; name the configuration file in it",
    "scan --no-forks": "--no-forks chooses among an owner's repositories; add --org NAME",
    "scan acme/app --pushed-since 2026-01-01": "--pushed-since chooses among an owner's repositories; add --org NAME",
    "scan --org acme --limit 0": "0 is not in the range x>=1",
    "scan --org acme --pushed-since soon": "'soon' is no time; write it as 2026-01-31",
    "scan --strategy fast": "unknown strategy 'fast'; accepted: sequential",
    "scan flask": "'flask' is no repository; write owner/name or owner/name@ref",
    "scan acme/app --api-url github.com": "base_url 'github.com' must start with http:// or https://",
    "scan acme/app --token-file .": "token file . is a folder",
    "scan acme/app --token-file nowhere": "there is no token file nowhere",
    "serve --port 70000": "70000 is not in the range",
    "serve --scenario typcal": "did you mean 'typical'?",
    "comprae": "No such command 'comprae'",
    "scan --fast": "No such option",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_one_line_on_standard_error_and_exit_code_2(batchlab: Run, line: str) -> None:
    result = batchlab(*line.split())
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert MISTAKES[line] in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"ghp_secret and more\n", "holds 3 words"),
        (b"ghp_secret\nghp_other\n", "holds 2 words"),
        (b"ghp_secret\xff", "is no text"),
    ],
)
def test_a_token_file_that_holds_no_token_is_refused_without_showing_it(
    batchlab: Run, content: bytes, says: str
) -> None:
    Path("token").write_bytes(content)
    result = batchlab("scan", "acme/app", "--token-file", "token")
    assert result.exit_code == 2
    assert says in result.stderr
    assert "it must hold the token and nothing else" in result.stderr
    assert "secret" not in result.output


def test_a_wrong_token_is_named_by_its_kind_only(
    batchlab: Run, real: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_wrongsecret")
    for command in (("scan", "acme/app"), ("compare", "acme/app", "--yes"), ("scan", "--org", "acme")):
        result = batchlab(*command)
        assert result.exit_code == 1
        assert "error: GitHub refused the classic personal access token" in result.stderr
        assert "wrongsecret" not in result.output


def test_a_setting_out_of_range_is_named_with_what_is_accepted(batchlab: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHLAB_MAX_CONCURRENT_REQUESTS", "1000")
    result = batchlab("scan")
    assert result.exit_code == 2
    assert "max_concurrent_requests=1000 is out of range; accepted: 1 to 100" in result.stderr


@pytest.mark.parametrize(
    ("repository", "says", "code"),
    [
        ("acme/none", "acme/none: no such repository or ref, or no access to it with this token", 1),
        ("acme/app@none", "acme/app: no such repository or ref", 1),
        ("acme/empty", "acme/empty is empty: it has no commit yet", 0),
        ("acme/docs", "acme/docs: none of its 1 entries matches the patterns; widen patterns", 0),
    ],
)
def test_a_repository_without_files_says_why(
    batchlab: Run, real: LoopbackHub, repository: str, says: str, code: int
) -> None:
    result = batchlab("scan", repository)
    assert result.exit_code == code
    assert says in " ".join(result.stdout.split())


def test_an_unknown_organisation_is_named(batchlab: Run, real: LoopbackHub) -> None:
    result = batchlab("scan", "--org", "acmee")
    assert result.exit_code == 2
    assert "there is no organisation or user 'acmee'" in result.stderr


@pytest.mark.parametrize(
    ("pattern", "says", "code"),
    [
        ("link.lock", "link.lock is a symbolic link; ask for the file it points to", 0),
        ("huge.lock", "huge.lock has 101 MB; GitHub's API serves files up to 100 MB, clone the repository", 1),
        ("absent.lock", "absent.lock", 1),
        ("module.lock", "none of its 6 entries matches the patterns", 0),
        ("dir.lock", "none of its 6 entries matches the patterns", 0),
    ],
)
def test_what_is_no_file_or_cannot_be_served_says_why(
    batchlab: Run, odd_corpus: Path, pattern: str, says: str, code: int
) -> None:
    result = batchlab("scan", "--corpus", odd_corpus, "--pattern", pattern)
    assert result.exit_code == code
    assert says in " ".join(result.stdout.split())


def test_a_file_over_a_megabyte_is_delivered(batchlab: Run, make_repository: Callable[..., Path]) -> None:
    big = b"x" * (1024 * 1024 + 1)
    result = batchlab("scan", "--git", make_repository({"big.lock": big}), "--pattern", "*.lock", "--out", "kept")
    assert result.exit_code == 0
    assert Path("kept/files/local/made/big.lock").read_bytes() == big


def test_a_repository_without_commits_on_disk_says_so(batchlab: Run, make_repository: Callable[..., Path]) -> None:
    result = batchlab("scan", "--git", make_repository({}))
    assert "local/made is empty: it has no commit yet" in result.stdout


@pytest.mark.parametrize("command", ["scan", "compare"])
def test_a_folder_that_holds_something_is_refused_before_anything_is_read(
    batchlab: Run, real: LoopbackHub, command: str
) -> None:
    Path("kept").mkdir()
    Path("kept/precious").touch()
    result = batchlab(command, "acme/app", "--out", "kept")
    assert result.exit_code == 2
    assert "folder kept is not empty; name a new one" in result.stderr
    assert real.books()["total_calls"] == 0
