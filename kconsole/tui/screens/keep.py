"""The dialog that keeps accounts until a day."""

from collections.abc import Iterable, Mapping, Sequence

from kconsole.core.records import Entry
from kconsole.operations.decisions import KeepAccounts
from kconsole.operations.session import Session
from kconsole.text import words
from kconsole.text.safe_text import safe_address
from kconsole.tui.screens.form import Field, Save, SavingForm, typed_day


class KeepDialog(SavingForm[KeepAccounts]):
    """Asks until when accounts are kept, and why."""

    keys = "enter next, then save · esc cancel"
    note = "Until that day no policy touches it. u undoes it; the filter is:kept lists who is kept."

    def __init__(self, entries: Sequence[Entry], session: Session, save: Save[KeepAccounts]) -> None:
        self._entries = entries
        keeps = [session.state.keeps.get(entry.id) for entry in entries]
        self._known = keeps[0] if all(keep == keeps[0] for keep in keeps) else None
        self.heading = f"Keep {words.and_list([safe_address(entry.address) for entry in entries], 1)}"
        super().__init__(save)

    def fields(self) -> Iterable[Field]:
        known = self._known
        yield Field("until", "Until", "" if known is None else words.day(known.until), "2027-01-31")
        yield Field("reason", "Reason", "" if known is None else known.reason, "on leave")

    def answer(self, values: Mapping[str, str]) -> KeepAccounts:
        addresses = tuple(entry.address for entry in self._entries)
        return KeepAccounts(addresses, typed_day(values["until"]), values["reason"], tuple(self._entries))
