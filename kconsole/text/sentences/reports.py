"""Sentences about reports: what is missing in them, and why they are not written."""

from collections.abc import Mapping
from typing import Final

from kconsole.text.sentences.base import Both, Template

TEMPLATES: Final[Mapping[str, Template]] = {
    "not-a-beginning": "'{text}' is neither a day, nor a quarter, nor an age.",
    "begins-in-future": "'{text}' is in the future.",
    "write-a-beginning": "Write it like 2026-08-05, 2026-Q3, 30d, 6m or 1y.",
    "report-in-part": "Not everything that the report is about is known.",
    "sync-or-in-part": Both(
        "Run 'kconsole sync', or import newer data; or take what is known with --partial.",
        "Press {key_sync}, or import newer data; or take what is known.",
    ),
    "nothing-written": "Nothing was written.",
    "report-domains-unread": lambda params: (
        "The accounts of {domains:some} were not read."
        if params["domains"]
        else "The accounts of domains that the login to the server does not see were not read."
    ),
    "report-seats-in-part": "The server does not say how many seats are used in domains that were not read.",
    "report-limit-unknown": "It is not known how many seats the license has.",
    "report-unconfirmed": "The server has not confirmed what it was asked for: {addresses:some}.",
    "report-lines-lost": "Lines of the log were lost to damage: {lines:some}.",
    "choose-another-folder": "Choose another folder.",
    "choose-another-folder-or-force": Both(
        "Choose another folder, or replace its files with --force.", "Choose another folder."
    ),
}
