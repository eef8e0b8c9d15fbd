"""Sentences about filters and ages."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Template


def _not_saved(params: Mapping[str, Any]) -> str:
    return "{name}: no saved filter; there is " + ("{known:commas}" if params["known"] else "none yet")


TEMPLATES: Final[Mapping[str, Template]] = {
    "filter-is": "is: one of {states}",
    "filter-seen": "seen: > or <, and an age or a day: seen:>180d, seen:<2025-01-01",
    "filter-not-saved": _not_saved,
    "filter-names-another": "{name}: a saved filter cannot name another",
    "filter-has-problem": "{name}: {problem}",
    "age-unreadable": "is not an age",
    "age-zero": "is no time at all",
    "age-too-long": "is longer than a thousand years",
}
