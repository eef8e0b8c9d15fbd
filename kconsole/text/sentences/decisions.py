"""Sentences about decisions: keeps, protections, reservations."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Both, Template

_TAKES: Final = {
    "add": "Not added", "enable": "Not enabled", "enable-several": "Not enabled", "undo": "Not undone",
}  # fmt: skip


def _seats_reserved(params: Mapping[str, Any]) -> str:
    more = ", and {more:,} for others" if params["more"] else ""
    kept = "{seats:count seat} reserved for {subject} (r{number}) until {until:day}"
    return f"{_TAKES[params['purpose']]}: {kept}{more}"


def _elsewhere(params: Mapping[str, Any]) -> str:
    return f"{_TAKES[params['purpose']]}: {{reserved:count seat}} reserved in other domains"


TEMPLATES: Final[Mapping[str, Template]] = {
    "kept": "kept until {until:day}",
    "kept-already": "is kept until {until:day} already",
    "keep-moved": "kept until {until:day}, was until {was:day}",
    "keep-ended": "no longer kept",
    "not-kept": "is not kept",
    "reason-needed": "This needs a reason.",
    "give-a-reason": Both("Say why with --reason TEXT.", "Say why: whoever looks at it later decides by that."),
    "ends-in-the-past": "{until:day} is in the past.",
    "name-a-later-day": "Name a later day.",
    "ends-too-late": "{role} may go {days:count day} ahead at most.",
    "name-an-earlier-day": Both(
        "Name an earlier day, and move it when that comes. 'kconsole protect' is for what never ends.",
        "Name an earlier day, and move it when that comes.",
    ),
    "protected": "protected",
    "protected-already": "is protected already",
    "protection-removed": "no longer protected",
    "not-a-pattern": "'{pattern}' is not a pattern of addresses or logins.",
    "what-a-pattern-is": "Write an address or a login; * stands for anything, as in svc-* or *@north.example.",
    "no-such-protection": "There is no protection of '{pattern}'.",
    "seats-reserved": _seats_reserved,
    "seats-reserved-detail": "{free:,} free, {available:,} available, {needed:,} more needed",
    "seats-reserved-elsewhere": _elsewhere,
    "seats-reserved-elsewhere-detail": "{free:,} free, {available:,} available, {needed:,} more needed",
    "use-or-cancel-reservation": Both(
        "If it is theirs, use --use r{number}. Else free a seat, run 'kconsole reserve cancel r{number}', or take it"
        " with --over-reservations.",
        "Free a seat, or cancel the reservation with 'kconsole reserve cancel r{number}'.",
    ),
    "reservations-passed": "took seats although {reserved:,} of {free:,} free ones are reserved",
    "seats-are-reserved": "r{number}: {seats:count seat} reserved from {start:day} until {until:day}",
    "reservation-cancelled": "r{number} cancelled, {seats:count seat} no longer reserved",
    "not-a-reservation": "'{text}' is not the id of a reservation.",
    "write-like-r7": "Write it like r7.",
    "not-a-reservation-to-make": "That cannot be reserved.",
    "for-what-and-how-many": "Name an address or a few words, and from 1 to {most:,} seats.",
    "no-such-reservation": "There is no reservation r{number}.",
    "see-reservations": Both("See them with 'kconsole reserve list'.", "'kconsole reserve list' shows them."),
    "reserved-elsewhere": "The reservation r{number} is for the domain {domain}.",
    "name-your-domain": "A reservation for any domain needs the role {role} in all of them.",
    "more-than-free": "{count:count seat} cannot be reserved: {free:,} free, {reserved:,} reserved already.",
    "free-or-cancel-first": "Free a seat, or cancel a reservation first.",
    "undo-takes-reserved": "Not undone: {reserved:count seat} reserved, and {free:,} would be free.",
    "map-takes-reserved": "The mapping takes seats that are reserved: {reserved:,} reserved, {free:,} free afterwards",
    "see-protections": "See them all with 'kconsole protect'.",
}
