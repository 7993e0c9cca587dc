"""What a fault looks like from outside: the answer that is sent in place of the content."""

from __future__ import annotations

import math

from batchlab.hub import refusals
from batchlab.hub.faults import Faults
from batchlab.hub.messages import Answer

BREAKS = ("reset", "truncated")
REFUSALS = ("429", "secondary", "secondary-silent")


def faulty(kind: str, faults: Faults) -> Answer:
    """Return what is sent for a fault of a kind that has an answer of its own."""
    match kind:
        case "html":
            return refusals.html_page()
        case "429":
            return refusals.secondary_limit(math.ceil(faults.retry_after), 429)
        case "secondary":
            return refusals.secondary_limit(math.ceil(faults.retry_after))
        case "secondary-silent":
            return refusals.secondary_limit(None)
    return refusals.server_error(int(kind))
