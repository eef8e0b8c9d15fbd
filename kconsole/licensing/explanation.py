"""What decides about the seat and the login of an entry, for those who explain it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from kconsole.core.decisions import Decision as DecisionOn
from kconsole.core.records import Entry
from kconsole.core.reports import Classification, Decision
from kconsole.licensing.policy import LicensePolicy


class Explanation(NamedTuple):
    """An entry, and what decides about it at a moment."""

    entry: Entry
    classification: Classification
    """By which rule it takes a seat or none. A deleted entry is classified as it was when it was deleted."""
    is_held: bool
    """Whether it is deleted and its seat is held until the server is restarted."""
    access: Decision
    """Whether it could log in."""
    policy: LicensePolicy
    decisions: Iterable[DecisionOn]
    """Keeps, protections, reservations and the like that concern it."""
    at: datetime
