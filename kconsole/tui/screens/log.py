"""The activity log: each change with its operator and time, the newest first."""

import asyncio
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from time import perf_counter
from typing import Any, ClassVar, Final

from textual import getters
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.worker import Worker

from kconsole.core.errors import ConsoleError, StoreUnusable
from kconsole.core.history import Commit
from kconsole.core.records import Entry
from kconsole.operations.base import Done
from kconsole.operations.history import LogQuery, can_be_undone, note_undo
from kconsole.operations.session import Session
from kconsole.operations.system import takes_long
from kconsole.text import words
from kconsole.text.commits import clock_time, line_filter, operation_word, seats_words, short_time, subject
from kconsole.text.details import Detail
from kconsole.text.messages import error_words, sentence, whole
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import AnyCommand
from kconsole.tui.commands.log import LOG_COMMANDS, OneAccount, UndoLine
from kconsole.tui.screens.filtering import FilterScreen
from kconsole.tui.screens.store import StoreScreen
from kconsole.tui.widgets.column_list import ALARM_SIGN, Column, ColumnList
from kconsole.tui.widgets.painting import Part
from kconsole.tui.workspace import Workspace

UNDONE_SIGN: Final = "×"

AHEAD: Final = 200
"""Lines below the cursor that are read before the cursor is there."""

SLICE: Final = 0.05
"""Seconds of reading at a time, so that keys are answered meanwhile."""


class LogReader:
    """Lines of the log that fit, as far as they have been asked for."""

    def __init__(self, session: Session, account: str = "") -> None:
        self._query = LogQuery(account=account)
        self._lines = session.history.log(LogQuery(), newest_first=True)  # all of them: each is asked for by itself
        self.text = ""
        """The words that a line must hold."""
        self._texts: dict[int, str] = {}
        """The texts of lines that were searched, by number."""
        self._read: list[Commit] = []
        self.undone: dict[int, int] = {}
        """The lines that are undone, each with the line that undid it, among those that were read."""
        self.fitting: list[Commit] = []
        self.is_at_end = False
        self.damage: StoreUnusable | None = None

    def read(self, rows: int, seconds: float) -> None:
        """Read until so many lines fit, the log ends, or the time is over."""
        end = perf_counter() + seconds
        while not self.is_at_end and len(self.fitting) < rows and perf_counter() < end:
            self.take(self.next_lines(1, seconds))

    def next_lines(self, most: int, seconds: float) -> list[Commit]:
        """The next lines, whether they fit or not: at most so many, and none after the time is over.

        A thread may do this, one at a time: the line of a large import takes seconds.
        """
        end = perf_counter() + seconds
        lines: list[Commit] = []
        while not self.is_at_end and len(lines) < most and (not lines or perf_counter() < end):
            try:
                lines.append(next(self._lines))
            except StopIteration:
                self.is_at_end = True
            except StoreUnusable as damage:
                self.damage, self.is_at_end = damage, True
        return lines

    def take(self, lines: Iterable[Commit]) -> None:
        fits = line_filter(self.text, self._texts)
        for commit in lines:
            # What was written meanwhile has been added already.
            is_new = not self._read or commit.sequence < self._read[-1].sequence
            if is_new and self._query.fits(commit):
                self._read.append(commit)
                self._note_undo(commit)
                if fits(commit):
                    self.fitting.append(commit)

    def filter(self, text: str) -> None:
        """Let only lines fit that hold all of these words; see `line_filter`."""
        among = self.fitting if text.startswith(self.text) else self._read  # one more letter narrows it
        self.text, fits = text, line_filter(text, self._texts)
        self.fitting = [commit for commit in among if fits(commit)]

    def add(self, commits: list[Commit]) -> int:
        """Take lines that were just written; returns how many of them fit, at the top."""
        new = [commit for commit in reversed(commits) if self._query.fits(commit)]
        fits = line_filter(self.text, self._texts)
        fitting = [commit for commit in new if fits(commit)]
        self._read[:0], self.fitting[:0] = new, fitting
        if any(commit.undoes is not None for commit in new):  # which may undo undos
            self.undone.clear()
            for commit in self._read:
                self._note_undo(commit)
        return len(fitting)

    def _note_undo(self, commit: Commit) -> None:
        if commit.changes:  # a refused undo undid nothing
            note_undo(self.undone, commit.sequence, commit.undoes)


_FULL_TIME: Final = Column[Commit]("Time", 16, lambda commit, _: "" if commit.is_lost else clock_time(commit.at))


class LogList(ColumnList[Commit]):
    """Lines of the log."""

    header_lines = 1
    signs: ClassVar[int] = 2
    columns = (
        Column[Commit]("Line", 5, lambda commit, _: str(commit.sequence), needs=100),
        Column[Commit]("Time", 11, lambda commit, now: "" if commit.is_lost else short_time(commit.at, now)),
        Column[Commit](
            "Operator",
            15,
            lambda commit, _: safe_text(commit.operator.shown.partition(" (")[0]),
            needs=50,
            until=100,
            fits=True,
        ),
        Column[Commit](
            "Operator", 11, lambda commit, _: safe_text(commit.operator.shown), share=1, needs=100, fits=True
        ),
        Column[Commit]("Change", 12, lambda commit, _: operation_word(commit), until=100, fits=True),
        Column[Commit]("Change", 15, lambda commit, _: operation_word(commit), needs=100, fits=True),
        Column[Commit]("Accounts", 14, lambda commit, _: subject(commit), share=3, until=76, gives_way=True),
        Column[Commit]("Accounts", 24, lambda commit, _: subject(commit), share=3, needs=76, gives_way=True),
        Column[Commit]("Seats", 9, lambda commit, _: seats_words(commit), needs=90),
        Column[Commit]("Reason", 12, lambda commit, _: safe_text(commit.reason, 200), share=2, needs=76, fits=True),
    )

    def __init__(self, now: datetime) -> None:
        super().__init__("log", now)
        self.undone: Mapping[int, int] = {}

    def columns_at(self, width: int) -> Sequence[Column[Any]]:
        """The time has its year where there is room, or where a line is of another year."""
        years = {clock_time(at)[:4] for at in (self.now, *(line.at for line in self.rows[-1:] if not line.is_lost))}
        if width < 100 and len(years) < 2:
            return self.columns
        return [_FULL_TIME if column.title == _FULL_TIME.title else column for column in self.columns]

    def show(self, lines: Sequence[Commit], undone: Mapping[int, int], new: int = 0) -> None:
        """Show these lines, so many of them new at the top; the cursor stays on its line then."""
        at = self.cursor - self.scroll_offset.y
        if new or lines is not self.rows or len(lines) < len(self.rows):
            self._longest.clear()
        self.rows, self.undone, self._layout_width = lines, undone, -1
        if new:
            self.cursor = self._within(self.cursor + new)
        self.rows_changed(at if new else None)

    def key(self, record: Commit) -> Hashable:
        return record.sequence

    def sign_parts(self, row: int, record: Commit) -> Sequence[Part]:
        sign = ALARM_SIGN if record.refused else UNDONE_SIGN if record.sequence in self.undone else " "
        return [*super().sign_parts(row, record), (sign, "notice" if record.refused else "muted")]

    def row_style(self, row: int, record: Commit) -> str:
        is_in_effect = record.changes and record.sequence not in self.undone
        return "" if is_in_effect or row == self.cursor else "muted"


class LogScreen(FilterScreen, StoreScreen):
    """The log of a store, of all accounts or of one."""

    commands = LOG_COMMANDS
    CSS_PATH = "../css/log.tcss"
    AUTO_FOCUS = "#log"
    on_key_line = ("log-line", "log-undo", "log-filter", "log-account", "log-back", "help")

    heading = "activity log"
    help_title = "Help: the activity log"
    topic = "undo"
    signs = (
        ("▸", "the cursor"),
        ("!", "refused: nothing, or only part of it, was done"),
        (UNDONE_SIGN, "undone by a later line"),
    )

    filter_hint = "words of time, operator, change, address or reason"
    filter_pane = "#log-pane"
    filtered = LogList

    log_list = getters.query_one(LogList)

    def __init__(self, workspace: Workspace, account: Entry | None) -> None:
        super().__init__(workspace)
        workspace.feed.poll()  # so that the log begins with what is newest
        self.account = account
        """The account that the log may be narrowed down to."""
        self._narrowed_to = ""
        """The address of that account, if it is."""
        self._reader = LogReader(workspace.session)
        self._is_large = takes_long(workspace.session.store.folder)
        self._reading: Worker[None] | None = None
        self._shown: tuple[object, ...] = ()

    def content(self) -> Iterable[Widget]:
        with Vertical(id="log-pane"):
            yield LogList(self.session.clock.now())

    def on_mount(self) -> None:
        self.watch(self.log_list, "cursor", self.read_ahead, init=False)
        self._read_on()

    # Commands

    def is_available(self, command: AnyCommand) -> bool:
        return command is not OneAccount or self.account is not None

    def is_of_use(self, command: AnyCommand) -> bool:
        if command is UndoLine:
            commit = self.log_list.highlighted
            is_undone = commit is not None and commit.sequence in self.log_list.undone
            history = self.session.history
            can_be = commit is not None and (can_be_undone(commit) or commit.undoes is not None)
            if commit is None or not can_be or is_undone:
                return False
            return self.session.why_never_undone(commit, history.first_operation(commit)) is None
        return super().is_of_use(command)

    def action_line(self) -> None:
        commit = self.log_list.highlighted
        if commit is not None:
            from kconsole.text.commits import details_of
            from kconsole.tui.screens.dialog import TableDialog

            details = list(details_of(commit, self.session.clock.now(), most=200))
            if (undo := self._reader.undone.get(commit.sequence)) is not None:
                details.insert(1, Detail("Undone", f"by line {undo:,}"))
            self.app.push_screen(TableDialog(f"Line {commit.sequence:,} of the log", [("", details)]))

    def action_undo(self) -> None:
        commit = self.log_list.highlighted
        if commit is None:
            return
        try:
            found = self.session.history.to_undo(commit.sequence)
        except ConsoleError as error:
            self.tell_problem(error)
        else:
            self.ask_to_undo(found)

    def action_account(self) -> None:
        self._narrowed_to = "" if self._narrowed_to or self.account is None else self.account.address
        text, self._reader = self._reader.text, LogReader(self.session, self._narrowed_to)
        self._reader.text = text
        self.log_list.move_to(0)
        self._read_on()

    def action_back(self) -> None:
        if self.filter_bar is not None:
            self.close_filter()
        else:
            self.dismiss(None)

    def show_result(self, done: Done, undone: str = "") -> None:
        super().show_result(done, undone)
        self._show()

    # Filter

    @property
    def filter_text(self) -> str:
        return self._reader.text

    def filter_by(self, text: str) -> None:
        self._reader.filter(text)
        if self.filter_bar is not None:  # else the line that was found stays under the cursor
            self.log_list.move_to(0)
        self._read_on()

    # Reading

    def read_ahead(self) -> None:
        """Read what comes below the cursor."""
        self.show_keys()
        if self._lacks_lines(AHEAD // 2):
            self._read_on()

    def _read_on(self) -> None:
        """Read for a moment, show it, and go on in the background."""
        is_reading = self._reading is not None and not self._reading.is_finished
        if not self._is_large and not is_reading:  # in a large store one line may hold thousands of accounts
            self._reader.read(self.log_list.cursor + AHEAD, SLICE)
        self._show()
        if self._lacks_lines(AHEAD) and not is_reading:
            self._reading = self.run_worker(self._read_in_background, group="reading")

    def _lacks_lines(self, ahead: int) -> bool:
        return not self._reader.is_at_end and len(self._reader.fitting) < self.log_list.cursor + ahead

    async def _read_in_background(self) -> None:
        while self._lacks_lines(AHEAD):
            reader = self._reader
            lines = await asyncio.to_thread(reader.next_lines, AHEAD, SLICE)
            if reader is self._reader:
                reader.take(lines)
                self._show()

    def committed(self, commits: Sequence[Commit]) -> None:
        self._show(self._reader.add(list(commits)))

    def _show(self, new: int = 0) -> None:
        reader = self._reader
        shown = (reader, len(reader.fitting), tuple(reader.undone), reader.is_at_end, reader.text)
        if shown == self._shown:  # nothing is painted again while a long log is searched
            return
        self._shown = shown
        self.log_list.empty_text = self._empty_text()
        self.log_list.show(reader.fitting, reader.undone, new)
        self.show_keys()
        account = safe_text(self._narrowed_to, 60) or "all accounts"
        lines = words.count(len(reader.fitting), "line")
        if not reader.is_at_end:
            lines = f"the newest {lines}" if reader.fitting else "reading"
        title = f"Log · {account} · {lines} · newest first"
        if reader.damage is not None:
            title += " · DAMAGED"
            self.tell(safe_text(error_words(reader.damage, self.voice)))
        elif reader.is_at_end and (missing := self.session.store.journal.missing()) is not None:
            self.tell(sentence(missing, self.voice))
        self.query_one("#log-pane").border_title = Content(title)

    def _empty_text(self) -> str:
        if not self._reader.is_at_end:
            return "Reading the log ..."
        if self._reader.damage is not None:
            return safe_text(whole(self._reader.damage, self.voice))
        if self._reader.text:
            return f"No line holds '{safe_text(self._reader.text, 40)}'. Esc clears the filter."
        if self._narrowed_to:
            return f"This account has not changed yet. Press {self.key_of('log-account')} to see all."
        return "Nothing has changed yet."
