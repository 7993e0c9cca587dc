"""Divide the last files among queries so that all slots are done together.

References
----------
C. Polychronopoulos, D. Kuck, "Guided Self-Scheduling", IEEE Transactions on Computers C-36 (12), 1987,
https://doi.org/10.1109/TC.1987.5009495
"""

from __future__ import annotations

import math
from dataclasses import replace

from batchlab.control.measurements import Measurements
from batchlab.control.outlook import Outlook
from batchlab.control.route_seconds import queries_needed

LEAST_SHARE = 0.5  # of a full query: of a smaller one too much is fixed


def even_share(waiting: int, outlook: Outlook, measured: Measurements) -> float:
    """Return the files that one query carries at most for the last ones to end together: guided self-scheduling.

    Infinite while trees bring more, while archives wait that may be handed over, and where more queries would wait for
    GraphQL's rule or its budget.

    Parameters
    ----------
    waiting
        Files that wait to be sent for.
    outlook, measured
        What is still wanted, and what was measured.
    """
    share = max(math.ceil(waiting / outlook.slots), math.ceil(LEAST_SHARE * outlook.files_a_query))
    if outlook.trees or outlook.archives or share >= outlook.files_a_query:
        return math.inf
    calls, one = queries_needed(replace(outlook, files_a_query=share), measured)
    is_held_back = outlook.by_service(calls * one) > 0.0 or outlook.graphql.wait(calls) > 0.0
    return math.inf if is_held_back else share
