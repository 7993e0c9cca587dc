"""How long a GraphQL query takes, by what it carries: the section of a scenario that fits recorded queries best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from batchlab.hub.endpoint_families import GraphQL

PULL = 2.0  # queries that the published figures weigh as much as
Array = NDArray[np.float64]


def terms(repositories: Array, files: Array, text: Array) -> Array:
    """Return what the four coefficients of a query's time are multiplied by, a row a query."""
    return np.column_stack([np.ones(len(files)), repositories, np.maximum(0.0, files - repositories), text / 1e6])


def coefficients(section: GraphQL) -> Array:
    """Return the seconds of a query itself, of a repository, of a further file and of a megabyte of text."""
    return np.array([section.base, section.per_repository, section.per_object, section.per_megabyte])


def fit_queries(seconds: Array, shapes: Array, published: GraphQL) -> GraphQL:
    """Return a section that fits idle service times of queries.

    Published figures, all of them times one factor, weigh as much as two queries: where all queries are alike, they
    say how the time divides.

    Parameters
    ----------
    seconds
        Service times on an idle server, above 0.
    shapes
        `terms` of the queries.
    published
        The section to begin with.

    Examples
    --------
    >>> shapes = terms(np.array([1.0, 10.0]), np.array([1.0, 10.0]), np.array([0.0, 0.0]))
    >>> round(fit_queries(2.0 * shapes @ coefficients(GraphQL()), shapes, GraphQL()).per_repository, 3)
    0.32
    """
    if not len(seconds):
        return published
    prior = coefficients(published)
    start = float(np.median(seconds / (shapes @ prior))) * prior
    weight = 1.0 / (shapes @ start)
    pull = np.sqrt(PULL) * np.diag(1.0 / start)
    matrix = np.vstack([shapes * weight[:, None], pull])
    found, _ = nnls(matrix, np.concatenate([seconds * weight, np.full(4, np.sqrt(PULL))]))
    spread = np.log(seconds / (shapes @ found))
    centre = float(np.exp(np.median(spread)))
    base, repository, further, megabyte = (float(value) for value in found * centre)
    sigma = float(np.std(spread)) if len(spread) > FEW else published.sigma
    return replace(
        published, base=base, per_repository=repository, per_object=further, per_megabyte=megabyte, sigma=sigma
    )


FEW = 5  # queries from which their spread is taken from themselves
