"""The dialog for the tags of accounts."""

from collections.abc import Iterable, Mapping, Sequence

from kconsole.core.records import Entry
from kconsole.operations.tags import TagAccounts, tags_of
from kconsole.text import words
from kconsole.text.safe_text import safe_address
from kconsole.tui.screens.form import Field, Save, SavingForm


class TagsDialog(SavingForm[TagAccounts]):
    """Asks for the tags that all of some entries have; those that only some have stay as they are."""

    keys = "enter save · esc cancel"
    note = "Words with blanks between them. 'service' is for what no person logs in to. The filter tag:x finds them."

    def __init__(self, entries: Sequence[Entry], save: Save[TagAccounts]) -> None:
        self._entries = entries
        self._common = set(entries[0].tags).intersection(*(entry.tags for entry in entries))
        some = words.and_list([safe_address(entry.address) for entry in entries], 1)
        self.heading = f"Tags of {some}"
        super().__init__(save)

    def fields(self) -> Iterable[Field]:
        yield Field("tags", "Tags", " ".join(sorted(self._common)), "service vip")

    def answer(self, values: Mapping[str, str]) -> TagAccounts:
        tags = tags_of(values["tags"].split())
        addresses = tuple(entry.address for entry in self._entries)
        add, remove = sorted(tags - self._common), sorted(self._common - tags)
        return TagAccounts(addresses, tuple(add), tuple(remove), expected=tuple(self._entries))
