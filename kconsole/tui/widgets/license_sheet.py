"""The license on the screen: its state in a few lines that stay, and everything about it below, which scrolls."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import cell_len
from textual.geometry import Size

from kconsole.core.reports import SeatReport
from kconsole.licensing.lifecycle import Ending, LicenseState, LicenseStatus
from kconsole.text.gauge import state_word, used_words
from kconsole.text.licenses import Section, SectionCode, days_words, next_step, pending_lines, title_of
from kconsole.text.sentences.license import ENDINGS, STATES
from kconsole.tui.widgets.labelled import labelled_lines
from kconsole.tui.widgets.painting import Painted, Part, beside, wrapped
from kconsole.tui.widgets.row_list import Sheet

SIGNS: Final[dict[LicenseState, tuple[str, str]]] = {
    "unregistered": ("–", "strong"),
    "trial": ("▸", "notice"),
    "trial-expired": ("!", "ended"),
    "registered": ("▸", "notice"),
    "activated": ("✓", "ok"),
    "maintenance-expired": ("!", "alarm"),
    "license-expired": ("!", "ended"),
}
"""The sign of each state (something to do, an alarm, all is well), and the part it is painted as."""

LABEL: Final = 21
"""Cells of a label, the longest of which is Software Maintenance."""

LEFT_LABEL: Final = 13
"""Cells of a label in the left one of two columns."""

TWO_COLUMNS: Final = 100
"""Cells from which on there are two columns."""

LEFT_SHARE: Final = 0.34
"""The share of the left column: a component with its seats and days fits into one line on the right."""

GAP: Final = 3

ON_THE_LEFT: Final[tuple[SectionCode, ...]] = ("state", "customer")
"""The sections of the left column, which rarely change."""


class LicenseHead(Painted):
    """The state of the license, how long it lasts, and what to do next."""

    DEFAULT_CSS = "LicenseHead { height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[LicenseStatus, SeatReport] | None = None

    def show(self, status: LicenseStatus, report: SeatReport) -> None:
        self._shown = status, report
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        del container, viewport
        return len(self._lines(width))

    def paint(self, y: int, width: int) -> Iterable[Part]:
        lines = self._lines(width)
        return lines[y] if y < len(lines) else ()

    def _lines(self, width: int) -> list[list[Part]]:
        if self._shown is None:
            return []
        status, report = self._shown
        lines = self._state(status, report, width)
        for text, style in ((STATES[status.code].meaning, ""), *pending_lines(status)):
            lines += [[(f" {line}", style)] for line in wrapped(text, width - 2)]
        for number, line in enumerate(wrapped(next_step(status, report), width - 8)):
            lines.append([(" Next  " if number == 0 else " " * 7, "name"), (line, "strong")])
        return lines

    def _state(self, status: LicenseStatus, report: SeatReport, width: int) -> list[list[Part]]:
        """The state, how long it lasts and the seats, as far as there is room. How long it lasts always has some."""
        sign, part = SIGNS[status.state]
        word, lasts = f" {sign} {STATES[status.code].word.upper()} ", lasting_words(status)
        parts = [(" " if part == "ended" else "", ""), (word, part)]
        room = width - sum(cell_len(text) for text, _ in parts) - 1
        seats, state = f"{used_words(report, beside_state=True)} · ", state_word(report)
        seats_line: list[Part] = [(f" {seats}", "strong"), (state, report.state)]
        if cell_len(lasts) + 2 > room:
            return [parts, [(f" {lasts}", "")], seats_line]
        parts.append((f"  {lasts}", ""))
        room -= cell_len(lasts) + 2
        if (cells := cell_len(seats + state)) + 2 > room:
            return [parts, seats_line]
        return [[*parts, (f"{'':>{room - cells}}{seats}", "strong"), (state, report.state)]]


def lasting_words(status: LicenseStatus) -> str:
    """How long the state lasts, or since when: "Software Maintenance until 2027-03-01, 208 days left"."""
    ending = _deciding(status)
    if ending is None:
        return ""
    if ending.is_over:
        return f"{ENDINGS[ending.what]} {days_words(ending)}, on {ending.on.isoformat()}"
    return f"{title_of(ending)} until {ending.on.isoformat()}, {days_words(ending)}"


def _deciding(status: LicenseStatus) -> Ending | None:
    """What ends the state next, or has caused it."""
    if status.state == "maintenance-expired":
        return status.ending("maintenance")
    if status.state == "license-expired":
        return status.ending("license" if status.is_suspended else "grace")
    coming = (end for end in status.endings if end.what in ("trial", "maintenance", "license"))
    return next((end for end in coming if status.state == "trial-expired" or not end.is_over), None)


class LicenseSheet(Sheet):
    """Everything about the license, in two columns where there is room."""

    def __init__(self) -> None:
        super().__init__(id="license")
        self.sections: tuple[Section, ...] = ()

    def show(self, sections: Iterable[Section]) -> None:
        self.sections = tuple(sections)
        self.lay_out()

    def lines_at(self, width: int) -> list[list[Part]]:
        if width < TWO_COLUMNS:
            return _lines_of(self.sections, width, LABEL)
        left_width = int(width * LEFT_SHARE)
        halves: tuple[list[Section], list[Section]] = ([], [])
        for section in self.sections:
            halves[section.code not in ON_THE_LEFT].append(section)
        left = _lines_of(halves[0], left_width, LEFT_LABEL)
        right = _lines_of(halves[1], width - left_width - GAP, LABEL)
        return beside(left, right, left_width + GAP)


def _lines_of(sections: Sequence[Section], width: int, label_width: int) -> list[list[Part]]:
    texts = [(section.heading, [(row.label, row.shown, row.severity) for row in section.rows]) for section in sections]
    return labelled_lines(texts, width, label_width)
