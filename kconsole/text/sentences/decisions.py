"""Sentences about decisions: keeps, protections, reservations."""

from collections.abc import Mapping
from typing import Final

from kconsole.text.sentences.base import Both, Template

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
    "see-protections": "See them all with 'kconsole protect'.",
}
