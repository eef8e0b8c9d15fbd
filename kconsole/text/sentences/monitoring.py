"""Sentences for monitoring systems. None of them names an account or a domain."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Template
from kconsole.text.sentences.license import ENDINGS


def _ends(params: Mapping[str, Any]) -> str:
    when = "today" if params["days"] == 0 else "in {days:count day}"
    return f"{ENDINGS[params['what']]} ends {when} ({{on}})"


TEMPLATES: Final[Mapping[str, Template]] = {
    "check-over": "{over:count seat} over the limit",
    "check-none-free": "no seat is free",
    "check-free": lambda params: "the free seats are " + ("inside" if params["inside"] else "outside of") + " {range}",
    "check-locked-out": "{accounts:count account} without a mailbox would be refused at login",
    "check-ended": lambda params: f"{ENDINGS[params['what']]} ended on {{on}}",
    "check-ends": _ends,
    "check-no-server": "the store follows no server, so its data has no age",
    "check-never-read": "the server was never read; run 'kconsole sync'",
    "check-read-in-future": "the last reading is in the future: a clock is wrong",
    "check-stale": "the server was last read {days:count day} ago, so nothing is certain; run 'kconsole sync'",
    "check-old": "the server was last read {hours:count hour} ago",
    "check-unread": "the users of {domains:count domain} could not be read",
    "check-count-unknown": "how many seats are used is not known: some users were not read",
    "check-limit-unknown": "the limit is not known: the server did not say it",
    "check-unconfirmed": "{changes:count change} unconfirmed for more than an hour",
    "check-forecast": "with a chance of {percent} % no seat is free within {days:count day}",
    "check-no-forecast": "nothing can be forecast yet",
    "check-busy": "The store is busy: another kconsole was saving for too long",
    "check-damaged": "the store is damaged: {what}",
    "stage-opening": "while the store was opened",
    "stage-reading-the-log": "while the log was read",
    "stage-judging": "while the seats were counted",
    "check-timed-out": "timed out after {seconds:count second} {stage}",
}
