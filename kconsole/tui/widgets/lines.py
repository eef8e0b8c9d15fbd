"""The lines around the lists: header, gauge, banner, status, keys."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import ClassVar

from rich.cells import cell_len
from textual.reactive import reactive

from kconsole.core.reports import SeatReport
from kconsole.text.gauge import figures, gauge_bar, sparkline, state_word, used_words
from kconsole.text.screen import BannerText, context_words
from kconsole.tui.commands.base import AnyCommand, console_of
from kconsole.tui.widgets.painting import Painted, Part, brief, fitted, spread

LEAST_BAR = 20
"""Cells that the bar of the seats has before all else beside it has room for its longest words."""

LEAST_DAYS = 14
"""Days of which the use is known, below which it is not shown as a line."""

ROOMY = 100
"""Cells of the status line from which on it shows that it follows the changes of others."""


LONGEST_NAME = 16
"""Cells of the name of a context where the line is short."""


class HeaderLine(Painted):
    """The context, the program and the server on the left, the license and the operator on the right."""

    left: reactive[str] = reactive("")
    limit: reactive[str] = reactive("")
    middle: reactive[str] = reactive("")
    """What follows it where there is room."""
    right: reactive[str] = reactive("")
    brief: reactive[str] = reactive("")
    """The same as on the right, where there is no room for that; empty for no other."""
    warning: reactive[str] = reactive("")
    """What the user must always see: that the store is read-only."""

    def paint(self, y: int, width: int) -> Iterable[Part]:
        del y
        name, warning = " kconsole", f" {self.warning} " if self.warning else ""
        if (context := console_of(self).context) is not None:
            shown = context_words(context.name, context.confirm_name, LONGEST_NAME if width < ROOMY else width)
            yield f" {shown} ", f"context-{context.colour}"
            width -= cell_len(shown) + 2
        yield name, "name"
        if warning:
            yield " ", ""
            yield warning, "full"
            width -= len(warning) + 1
        left = f" · {self.left}" if self.left else ""
        forms = [(self.limit, self.middle, self.right), (self.limit, self.right)]
        if self.brief:
            forms += [(self.right,), (self.limit, self.brief), (self.brief,)]
        for form in forms:
            right = " · ".join(filter(None, form)) + " "
            if cell_len(f"{left} {right}") < width - len(name):
                break
        yield spread(left, right, width - len(name)), ""


class SeatGauge(Painted):
    """The license at a glance: a bar, how many seats are used, and the figures below.

    While accounts are marked, it shows the figures that the planned change would lead to.
    """

    report: reactive[SeatReport | None] = reactive(None)
    planned: reactive[SeatReport | None] = reactive(None)
    use: reactive[tuple[int, ...]] = reactive(())
    """The seats used on the last days up to today, which is as in the report."""
    use_until: date | None = None
    """The last of these days."""
    of: reactive[str] = reactive("")
    """What the figures are of, where that is more than the accounts that are listed."""

    def paint(self, y: int, width: int) -> Iterable[Part]:
        if self.report is None:
            return
        shown = self.planned or self.report
        if y == 0:
            words = used_words(shown, "seat", beside_state=True)
            if shown.used != self.report.used:
                words = f"{self.report.used:,} → {words}"
            words = f"  {words} · "
            state = state_word(shown)
            rest = cell_len(words) + len(state)
            most = max(cell_len(_longest_words(self.report)), rest)
            if width - most < LEAST_BAR:
                most = rest
            yield " ", ""
            yield from gauge_bar(self.report, width - 2 - most, planned=self.planned)
            yield words, "strong"
            yield state, shown.state
            yield " " * (most - rest + 1), ""
        elif y == 1:
            all_words = [*filter(None, [self.of]), *figures(shown)]
            use = self._use_line(all_words, width - 2)
            left = _as_many_as_fit(all_words, width - 2 - cell_len(use))
            yield f"{spread(f' {left}', use, width - 1)} " if use else f" {left}", "muted"

    def _use_line(self, words: Sequence[str], width: int) -> str:
        """The use of the last days as a sparkline. The last of the words makes room for it, if need be."""
        if self.report is None or (days := len(self.use)) < LEAST_DAYS:
            return ""
        use, short = (*self.use[:-1], self.report.used), f"{days} d"
        for shown, cells, text in (
            (words, 30, f"in {days} days"),
            (words, 30, short),
            (words, 15, short),
            (words[:-1], 15, short),
        ):
            line = f"   {sparkline(use, cells)} {text}"
            if cell_len("   ".join(shown) + line) <= width:
                return line
        return ""


def _longest_words(report: SeatReport) -> str:
    """The longest that may stand beside the bar, so that this does not change its width with them."""
    most = report._replace(used=max(report.used, report.created + report.held))
    state = "UNLIMITED" if report.limit is None else "EXCEEDED"
    return f"  {report.used:,} → {used_words(most, 'seat', beside_state=True)} · {state}"


def _as_many_as_fit(texts: Sequence[str], width: int) -> str:
    """The texts with blanks between. The last ones are dropped if there is no room; none is cut."""
    lines = ["   ".join(texts[:number]) for number in range(len(texts) + 1)]
    return next(line for line in reversed(lines) if cell_len(line) <= max(width, 0))


class Banner(Painted):
    """Messages above the lists. Without any, it takes no room."""

    lines: reactive[tuple[BannerText, ...]] = reactive(())

    def paint(self, y: int, width: int) -> Iterable[Part]:
        if y < len(self.lines):
            line = self.lines[y]
            hint = f" · {line.hint}" if line.hint else ""
            text = line.text if cell_len(f" {line.text}{hint}") <= width else line.brief or line.text
            room = max(width - 1 - cell_len(hint), 0)
            yield fitted(f" {text if cell_len(text) <= room else fitted(text, room)}{hint}", width), line.style

    def watch_lines(self, lines: tuple[BannerText, ...]) -> None:
        self.styles.height = len(lines)
        self.display = bool(lines)


class StatusLine(Painted):
    """The last event or the marked accounts on the left, the state of the store on the right."""

    left: reactive[str] = reactive("")
    age: reactive[str] = reactive("")
    """The age of the data from the live server; empty without a server."""
    open: reactive[str] = reactive("")
    """The changes that the live server has not confirmed; empty if there are none."""
    right: reactive[str] = reactive("")
    trouble: reactive[str] = reactive("")
    """A problem with the store; shown in place of the state."""

    def paint(self, y: int, width: int) -> Iterable[Part]:
        del y
        state, room = self._state(width)
        yield spread(f" {brief(self.left, room)}", "", room + 2), ""
        yield " ", ""
        for place, part in enumerate(state):
            if place:
                yield " · ", ""
            yield part
        yield " ", ""

    def _state(self, width: int) -> tuple[Sequence[Part], int]:
        """The state, and the cells it leaves for the last event. Without room for both, "all saved" goes first."""
        known, quiet = [(self.age, ""), (self.open, "notice")], [(self.right, ""), ("live" * (width >= ROOMY), "")]
        room = 0
        for parts in ((*known, *quiet), (*known, quiet[0]), known):
            state: list[Part] = [(self.trouble, "alarm")] if self.trouble else [part for part in parts if part[0]]
            cells = sum(cell_len(text) for text, _ in state) + 3 * max(len(state) - 1, 0)
            room = max(width - cells - 4, 0)
            if cell_len(self.left) <= room:
                break
        return state, room


class KeyLine(Painted):
    """The keys that are useful now, as many as fit."""

    always: ClassVar[tuple[str, ...]] = ("log-back", "history-back", "license-back", "reconcile-back", "help", "quit")

    shown: reactive[tuple[AnyCommand, ...]] = reactive(())
    instead: reactive[str] = reactive("")
    """What works now in place of them, as in a line to type in: keys and words, with dots between."""

    def paint(self, y: int, width: int) -> Iterable[Part]:
        del y
        if self.instead:
            for part in self.instead.split(" · "):
                key, _, word = part.partition(" ")
                yield f" {key}", "name"
                yield f" {word} ", ""
            return
        keys = {command: console_of(self).keys.first(command) for command in self.shown}
        cells = {command: cell_len(key) + len(command.word) + 3 for command, key in keys.items()}
        room = width - sum(cells[command] for command in keys if command.name in self.always)
        for command, key in keys.items():
            if command.name in self.always or (room := room - cells[command]) >= 0:
                yield f" {key}", "name"
                yield f" {command.word} ", ""
