"""The query for many files of many repositories in one call, and what its answer holds for each of them.

Pure. Names and shas travel as variables; the text of a query depends on its shape alone and is written once.

References
----------
https://docs.github.com/en/graphql/reference/objects#blob
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from batchlab.errors import BatchLabError, ServerError
from batchlab.git_objects import blob_sha
from batchlab.graphql_answers import BUDGET, Problem, data_of, problems
from batchlab.routes.protocol import Outcome, UnsuitableError, WantedFile

_FIELDS = f"{BUDGET}{{cost limit remaining resetAt}}"
_BLOB = "fragment blob on Blob{oid byteSize isBinary isTruncated text}"


@dataclass(frozen=True, slots=True)
class Query:
    """A query for files.

    Parameters
    ----------
    document
        The call's JSON body.
    places
        Of each file, in the order asked for, the aliases of its repository and of itself.
    """

    document: bytes
    places: tuple[tuple[str, str], ...]


def query_for(files: Sequence[WantedFile]) -> Query:
    """Return the query for these files.

    Examples
    --------
    >>> from batchlab.batch_models import Repository
    >>> files = [WantedFile(Repository(name), "go.mod", "0" * 40, 9) for name in ("a/x", "b/y", "a/x")]
    >>> query_for(files).places
    (('r0', 'f0'), ('r1', 'f0'), ('r0', 'f1'))
    """
    by_repository: dict[str, list[int]] = {}
    for place, file in enumerate(files):
        by_repository.setdefault(file.repo.full_name, []).append(place)
    # By number of files, so that fewer shapes occur.
    groups = sorted(by_repository.items(), key=lambda group: -len(group[1]))
    variables: dict[str, str] = {}
    places = [("", "")] * len(files)
    for r, (full_name, members) in enumerate(groups):
        variables[f"o{r}"], _, variables[f"n{r}"] = full_name.partition("/")
        for f, place in enumerate(members):
            variables[f"s{r}_{f}"] = files[place].sha
            places[place] = f"r{r}", f"f{f}"
    text = query_text(tuple(len(members) for _, members in groups))
    return Query(json.dumps({"query": text, "variables": variables}).encode(), tuple(places))


@lru_cache(maxsize=1024)
def query_text(shape: tuple[int, ...]) -> str:
    """Return the query for so many files of each repository.

    Examples
    --------
    >>> query_text((1,))
    'query($o0:String!,$n0:String!,$s0_0:GitObjectID!){r0:repository(owner:$o0,name:$n0){f0:object(oid:$s0_0){...blob}} rateLimit{cost limit remaining resetAt}} fragment blob on Blob{oid byteSize isBinary isTruncated text}'
    """  # noqa: E501
    declared, asked = [], []
    for r, files in enumerate(shape):
        declared += [f"$o{r}:String!", f"$n{r}:String!", *(f"$s{r}_{f}:GitObjectID!" for f in range(files))]
        objects = " ".join(f"f{f}:object(oid:$s{r}_{f}){{...blob}}" for f in range(files))
        asked.append(f"r{r}:repository(owner:$o{r},name:$n{r}){{{objects}}}")
    return f"query({','.join(declared)}){{{' '.join(asked)} {_FIELDS}}} {_BLOB}"


def read_answer(document: Any, files: Sequence[WantedFile], query: Query) -> list[Outcome]:
    """Return the bytes of each file, or why it has none.

    Parameters
    ----------
    document
        The answer's JSON, of any shape.
    files, query
        What was asked for, and how.
    """
    data, found = data_of(document), problems(document)
    return [_outcome(data, found, file, *place) for file, place in zip(files, query.places, strict=True)]


def _outcome(
    data: Mapping[str, Any], found: Sequence[Problem], file: WantedFile, repository: str, alias: str
) -> Outcome:
    objects = data.get(repository)
    blob = objects.get(alias) if isinstance(objects, dict) else None
    if isinstance(blob, dict):
        return _content(blob, file)
    return _why_absent([problem for problem in found if problem.about(repository, alias)], file)


def _content(blob: Mapping[str, Any], file: WantedFile) -> Outcome:
    text = blob.get("text")
    if not isinstance(text, str):
        return _unsuitable(file, "GraphQL gives no text of it: it is binary")
    # A lone surrogate is no UTF-8; its sha will tell.
    content = text.encode("utf-8", "surrogatepass")
    if blob_sha(content) != file.sha:
        return _unsuitable(file, "GraphQL cut it" if blob.get("isTruncated") else "it is not UTF-8")
    return content


def _why_absent(found: Sequence[Problem], file: WantedFile) -> BatchLabError:
    errors = [problem.error for problem in found]
    # What may pass is worth another try; what is known for sure ends the file; REST is asked about the rest.
    for error in sorted((e for e in errors if e is not None), key=lambda e: not isinstance(e, ServerError)):
        return error
    return _unsuitable(file, found[0].message if found else "GraphQL has no such object")


def _unsuitable(file: WantedFile, reason: str) -> UnsuitableError:
    return UnsuitableError(f"{file.repo.full_name}: {file.path}: {reason}")
