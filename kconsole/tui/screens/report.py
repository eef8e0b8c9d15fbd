"""The dialog that writes a report to a file."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, cast

from kconsole.core.errors import ConsoleError
from kconsole.core.report_rows import ReportKind
from kconsole.operations.confinement import shown_path
from kconsole.operations.files import free_name, save_listing
from kconsole.operations.reclaim.policies import IDLE, policy_named
from kconsole.operations.reports import check_complete, report_of, since_of
from kconsole.operations.session import Session
from kconsole.text.csv_writer import CsvStyle
from kconsole.text.messages import sentence
from kconsole.text.report_files import END, name_of, pieces_of
from kconsole.text.report_tables import IN_PART, TITLES
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import shown_error
from kconsole.tui.screens.form import Field, Save, SavingForm

_FORMS: Final = (("html", "HTML, to read and print"), ("csv", "CSV"), ("md", "Markdown"), ("json", "JSON"))


class Wanted(NamedTuple):
    """The report that is asked for."""

    kind: ReportKind
    since: datetime
    form: str
    is_partial: bool
    """Whether it is written though not everything is known."""


class ReportForm(SavingForm[Wanted]):
    """Asks which report, and in which form. It never replaces a file."""

    heading = "Write a report"
    keys = "enter next, then write · space choose · esc cancel"
    verb = "Write"

    def __init__(self, now: datetime, save: Save[Wanted]) -> None:
        self._now = now
        super().__init__(save)

    def fields(self) -> Iterable[Field]:
        yield Field("kind", "Report", "seats", choices=list(TITLES.items()))
        yield Field("since", "Since", "90d", "2026-08-05, 2026-Q3 or 90d")
        yield Field("form", "Format", "html", choices=_FORMS)
        yield Field("partial", "If in part", "no", choices=(("no", "write nothing"), ("yes", "write it; it says so")))

    def answer(self, values: Mapping[str, str]) -> Wanted:
        since = since_of(values["since"], self._now)
        return Wanted(cast(ReportKind, values["kind"]), since, values["form"], values["partial"] == "yes")

    def show_error(self, error: ConsoleError) -> None:
        """Show what is missing too."""
        self.tell_problem(" ".join([*map(safe_text, map(sentence, error.details)), shown_error(error, self)]))


def write_report(session: Session, wanted: Wanted, style: CsvStyle) -> str:
    """Write a report where exports go, and say where; in a thread."""
    found = report_of(session, wanted.kind, wanted.since, policy_named(session.state, IDLE.name))
    if not wanted.is_partial:
        check_complete(found)
    name = free_name(name_of(found.kind, found.made_at), END[wanted.form])
    path = save_listing(name, pieces_of(found, wanted.form, style), session.store.folder)
    said = f"The report is saved in {safe_text(shown_path(path))}"
    return f"{said}. {IN_PART}" if found.gaps else said
