from __future__ import annotations

from collections.abc import Callable
from typing import Any

Get = Callable[..., Any]
_TREE = "/repos/acme/app/git/trees/HEAD"


def test_etags_are_compared_weakly_and_among_several(get: Get) -> None:
    etag = get(_TREE).headers["etag"]
    for held in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        assert get(_TREE, if_none_match=held).status == 304
    assert get(_TREE, if_none_match='"other"').status == 200


def test_an_ordinary_etag_depends_on_the_token_s_header(get: Get) -> None:
    assert get(_TREE).headers["etag"] != get(_TREE, authorization=None).headers["etag"]


def test_if_modified_since_is_obeyed_where_there_is_a_date(get: Get) -> None:
    modified = get(_TREE).headers["last-modified"]
    assert get(_TREE, if_modified_since=modified).status == 304
    assert get(_TREE, if_modified_since="Thu, 01 Jan 2015 00:00:00 GMT").status == 200
    assert get(_TREE, if_modified_since="no date").status == 200


def test_blobs_have_no_last_modified(get: Get) -> None:
    sha = "9e26dfeeb6e641a33dae4961196235bdb965b21b"
    assert "last-modified" not in get(f"/repos/acme/app/git/blobs/{sha}").headers


def test_an_error_is_never_304(get: Get) -> None:
    assert get("/repos/acme/none", if_none_match="*").status == 404
