from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchlab.errors import InputError
from batchlab.patterns import MANIFESTS, PathFilter

segments = st.text("ab.*?[]!^$+(){}|\\ü", min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("pattern", "wanted", "unwanted"),
    [
        ("go.mod", ["go.mod", "a/b/go.mod"], ["go.mod.bak", "ago.mod", "GO.MOD", "go.mod/x"]),
        ("requirements*.txt", ["requirements.txt", "x/requirements-dev.txt"], ["requirements/dev.txt"]),
        ("/go.mod", ["go.mod"], ["a/go.mod"]),
        ("src/*.py", ["src/a.py"], ["a.py", "src/b/a.py", "x/src/a.py"]),
        ("src/**", ["src/a", "src/a/b"], ["src", "xsrc/a"]),
        ("**/test_?.py", ["test_1.py", "a/b/test_2.py"], ["test_10.py", "atest_1.py"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb"]),
        ("[abc].txt", ["a.txt"], ["d.txt", "[abc].txt"]),
        ("[!abc].txt", ["d.txt"], ["a.txt"]),
        ("a[", ["a["], ["a"]),
        ("a+(b).txt", ["a+(b).txt"], ["aab.txt"]),
        ("**", ["a", "a/b/c"], []),
    ],
)
def test_a_glob_wants_what_it_says(pattern: str, wanted: list[str], unwanted: list[str]) -> None:
    chosen = PathFilter([pattern])
    assert [path for path in wanted if not chosen(path)] == []
    assert [path for path in unwanted if chosen(path)] == []


@settings(max_examples=300)
@given(pattern=segments, name=segments)
def test_any_text_is_a_glob_that_names_agree_on_with_the_standard_library(pattern: str, name: str) -> None:
    chosen = PathFilter([pattern])
    assert chosen(name) == chosen(f"deep/{name}")
    if "[" not in pattern:
        assert chosen(name) == fnmatchcase(name, pattern)


members = st.text("ab!^\\[&|~", min_size=1, max_size=4).filter(lambda text: text != "!")


@given(members=members, name=st.sampled_from("ab!^\\[&|~cx"))
def test_what_stands_in_brackets_is_meant_as_it_stands(members: str, name: str) -> None:
    assert PathFilter([f"[{members}]"])(name) == fnmatchcase(name, f"[{members}]")
    assert not PathFilter([f"x/[{members}]"])("x//")


def test_a_range_that_runs_backwards_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"bad character range z-a .*; write a range of characters from low to high"):
        PathFilter(["*.py", "[z-a].txt"])


@given(st.lists(segments, min_size=1, max_size=4), st.lists(segments, min_size=1, max_size=3).map("/".join))
def test_several_globs_want_what_any_of_them_wants(patterns: list[str], path: str) -> None:
    assert PathFilter(patterns)(path) == any(PathFilter([pattern])(path) for pattern in patterns)


def test_manifests_and_lockfiles_are_wanted_unless_said_otherwise() -> None:
    usual = PathFilter()
    assert usual.patterns == MANIFESTS
    assert all(usual(f"packages/x/{name.replace('*', '-dev')}") for name in MANIFESTS)
    assert not any(map(usual, ("README.md", "package.json.orig", "src/main.py", "package.json/readme")))


def test_one_text_is_one_glob() -> None:
    assert PathFilter("*.py").patterns == ("*.py",)


@pytest.mark.parametrize("nothing", [[], [""], ["a", ""], ""])
def test_no_glob_at_all_is_refused(nothing: list[str] | str) -> None:
    with pytest.raises(InputError, match="give at least one glob, and no empty one"):
        PathFilter(nothing)
