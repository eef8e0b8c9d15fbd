"""Writes files: the list of accounts as it was filtered, and the reports."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from kconsole.core.report_rows import ReportKind
from kconsole.operations.confinement import shown_path
from kconsole.operations.files import AlreadyThere, free_name, save_listing
from kconsole.operations.reclaim.policies import IDLE, policy_named
from kconsole.operations.reports import report_of, since_of
from kconsole.plain.accounts import Accounts
from kconsole.plain.changes import Changes
from kconsole.text.csv_writer import CsvStyle
from kconsole.text.report import DEFAULT, FORMATS, report_pieces, totals
from kconsole.text.report_files import END, name_of, pieces_of
from kconsole.text.report_tables import IN_PART, TITLES, gap_texts
from kconsole.text.safe_text import safe_text

FORMS: Final = {"html": "HTML, to read and print", "csv": "CSV", "md": "Markdown", "json": "JSON"}
NOTHING_WRITTEN: Final = "No file was written."

Key = TypeVar("Key", bound=str)


class Reports:
    """Asks for a report, and writes it where exports go."""

    def __init__(self, changes: Changes, accounts: Accounts, csv_style: CsvStyle) -> None:
        self._changes, self._session, self._terminal = changes, changes.session, changes.terminal
        self._accounts, self._csv_style = accounts, csv_style

    def ask(self) -> None:
        """Ask which report, and write it."""
        kind = self._one_of("Report:", {"": "The list of accounts, with a filter", **TITLES})
        if kind is None:
            return
        if kind:
            self._report(kind)
        elif self._accounts.ask_filter():
            self._list()

    def _list(self) -> None:
        session, now = self._session, self._session.clock.now()
        form = self._one_of("Format:", {form: FORMATS[form][0] for form in FORMATS})
        if form is None:
            return
        entries, text = self._accounts.listed(), self._accounts.query.text
        policy, keeps, style = session.seats.policy, session.state.keeps, self._csv_style

        def pieces() -> Iterable[str]:
            return report_pieces(form, entries, DEFAULT, policy, now, text, keeps, style)

        if path := self._save(f"kconsole-accounts-{now.astimezone().date()}", FORMATS[form][1], pieces):
            self._changes.say(f"{totals(entries, policy)} saved in {safe_text(shown_path(path))}.")

    def _report(self, kind: ReportKind) -> None:
        session = self._session
        asked = self._terminal.read_text("Since, as 90d, 2026-08-05 or 2026-Q3; enter for 90d:") or "90d"
        since = since_of(asked, session.clock.now())
        form = self._one_of("Format:", FORMS)
        if form is None:
            return
        self._changes.say("Reading the log.")
        found = report_of(session, kind, since, policy_named(session.state, IDLE.name))
        if found.gaps:
            self._changes.say(IN_PART, *gap_texts(found))
            if not self._agrees("write it; it says so"):
                return
        saved = self._save(name_of(kind, found.made_at), END[form], lambda: pieces_of(found, form, self._csv_style))
        if saved:
            self._changes.say(f"The report is saved in {safe_text(shown_path(saved))}.")

    def _one_of(self, prompt: str, titles: Mapping[Key, str]) -> Key | None:
        """Ask for one of some things; None if none is chosen."""
        keys: Sequence[Key] = list(titles)
        self._changes.say(*(f"{number}: {title}" for number, title in enumerate(titles.values(), 1)))
        answer = self._terminal.choose(prompt, ["A number chooses. Enter or b cancels."])
        if answer.isdecimal() and len(answer) < 3 and 1 <= int(answer) <= len(keys):
            return keys[int(answer) - 1]
        self._changes.say(NOTHING_WRITTEN)
        return None

    def _agrees(self, what: str) -> bool:
        is_agreed = self._terminal.read_line(f"Type y to {what}; anything else writes nothing:").lower() in ("y", "yes")
        if not is_agreed:
            self._changes.say(NOTHING_WRITTEN)
        return is_agreed

    def _save(self, name: str, end: str, pieces: Callable[[], Iterable[str]]) -> Path | None:
        """Ask for the file, and write it; None if one that is there is to stay."""
        usual = free_name(name, end)
        file, replace = self._terminal.read_text(f"File, or enter for {usual}:") or usual, False
        while True:
            try:
                return save_listing(file, pieces(), self._session.store.folder, replace=replace)
            except AlreadyThere as error:
                self._changes.say_error(error)
                if replace or not self._agrees("replace it"):
                    return None
                replace = True
