"""Whether a documented rule is in force on this server: what went well beyond it tells that it is not."""

from __future__ import annotations

import math


class Refutation:
    """Watches one rule that a run does not keep, because the server shows no sign of having it.

    Parameters
    ----------
    allowed
        What the rule allows within its span.

    Examples
    --------
    >>> rule = Refutation(allowed=900)
    >>> rule.used(1200, now=5.0)
    >>> rule.succeeded(sent=6.0)
    >>> rule.refuted
    True
    """

    BEYOND = 1.1  # times what is allowed: the server's span begins and ends a little later than the run's

    def __init__(self, allowed: float) -> None:
        self._allowed = allowed
        self._beyond_since = math.inf
        self.refuted = False

    def used(self, amount: float, now: float) -> None:
        """Take note of what was used within the rule's span, up to now."""
        if amount > self.BEYOND * self._allowed:
            self._beyond_since = min(self._beyond_since, now)

    def succeeded(self, sent: float) -> None:
        """Take note of a call that went well: a server with the rule would have refused it, once it was broken."""
        self.refuted = self.refuted or sent > self._beyond_since
