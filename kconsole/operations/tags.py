"""Tags: the user's own words for accounts, which no server knows and no import touches."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from msgspec.structs import replace

from kconsole.core.codes import message, short
from kconsole.core.errors import BadInput
from kconsole.core.identity import canonical_login, stripped
from kconsole.core.records import Entry
from kconsole.core.roles import Capability
from kconsole.operations.base import OperationContext, Outcome, RunsOn, check_expected, on_each

LONGEST_TAG: Final = 24  # characters
MOST_TAGS: Final = 8
"""Tags of one account."""

_SIGNS: Final = frozenset("-_.")


@dataclass(frozen=True)
class TagAccounts:
    """Give entries tags, and take others from them."""

    name: ClassVar[str] = "tag"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "tag"
    addresses: tuple[str, ...]
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    reason: str = ""
    expected: tuple[Entry, ...] = ()
    """The entries as the user saw them; empty without a dialog."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Change one entry after the other; nothing at all if a tag is none."""
        check_expected(self.expected, context)
        add, remove = tags_of(self.add), tags_of(self.remove)
        return on_each(self.addresses, context, lambda entry: self._tag(entry, add, remove, context))

    def _tag(self, entry: Entry, add: set[str], remove: set[str], context: OperationContext) -> Outcome:
        tags = tuple(sorted((set(entry.tags) | add) - remove))
        if len(tags) > MOST_TAGS:
            return Outcome(entry.address, "refused", "too-many-tags", "remove-a-tag", {"most": MOST_TAGS})
        if tags == entry.tags:
            return Outcome(entry.address, "unchanged", "tags-unchanged", params={"tags": list(tags)})
        done = Outcome(entry.address, "done", "tagged", params={"tags": list(tags)})
        return context.change(entry, replace(entry, tags=tags), done)


def tags_of(texts: Iterable[str]) -> set[str]:
    """The tags that these texts are, without case.

    Raises:
        BadInput: one is none.
    """
    return {_tag_of(text) for text in texts}


def _tag_of(text: str) -> str:
    tag = canonical_login(stripped(text))
    letters = "".join(letter for letter in tag if letter not in _SIGNS)
    if not letters.isalnum() or tag[0] in _SIGNS or len(tag) > LONGEST_TAG:
        raise BadInput("not-a-tag", message("tag-letters", longest=LONGEST_TAG), tag=short(text))
    return tag
