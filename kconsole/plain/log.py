"""The activity log, line by line, and what can be undone in it."""

from collections.abc import Iterator
from itertools import islice

from kconsole.core.errors import ChangedSince, ConsoleError
from kconsole.core.history import Commit
from kconsole.core.records import Entry
from kconsole.operations.accounts import must_type_number
from kconsole.operations.history import LogQuery, note_undo
from kconsole.operations.undo import deleted_by
from kconsole.plain.changes import Changes, Question
from kconsole.plain.pages import PAGE
from kconsole.plain.terminal import Back
from kconsole.text import questions, spoken
from kconsole.text import screen as texts
from kconsole.text.ages import age
from kconsole.text.commits import details_of, line_filter

HELP = (
    "The number of a line tells all about it, and asks whether to undo it.",
    "n: earlier lines. f: only lines with certain words.",
)


class Log:
    """The lines of the log, the newest first."""

    def __init__(self, changes: Changes) -> None:
        self._changes, self._session, self._terminal = changes, changes.session, changes.terminal

    def show(self, entry: Entry | None = None) -> None:
        """Go through the log, of all accounts or of one."""
        query = LogQuery() if entry is None else LogQuery(account=entry.address)
        text = ""
        while True:
            lines, undone = self._lines(query, text), dict[int, int]()
            shown = self._say_page(lines, undone)
            try:
                while True:
                    answer = self._terminal.choose("Number of a line, n, f, b or ?:", HELP)
                    if answer in ("n", ""):
                        shown |= self._say_page(lines, undone)
                    elif answer == "f":
                        text = self._terminal.read_text("Words of a line, or enter for all lines:")
                        break
                    elif not answer.isdecimal() or int(answer) not in shown:
                        self._changes.say("Type the number of a line that was read out, n, f, b or ?.")
                    else:
                        self._one(shown[int(answer)])
            except Back:
                return

    def _lines(self, query: LogQuery, text: str) -> Iterator[Commit]:
        return filter(line_filter(text), self._session.history.log(query, newest_first=True))

    def _say_page(self, lines: Iterator[Commit], undone: dict[int, int]) -> dict[int, Commit]:
        page = list(islice(lines, PAGE))
        for commit in page:
            if commit.changes:
                note_undo(undone, commit.sequence, commit.undoes)
        self._changes.say(*(f"{spoken.commit_line(commit, commit.sequence in undone)}." for commit in page))
        self._changes.say("n: earlier lines." if len(page) == PAGE else "There are no earlier lines.")
        return {commit.sequence: commit for commit in page}

    def _one(self, commit: Commit) -> None:
        self._changes.say_details(details_of(commit, self._session.clock.now(), most=50))
        if commit.changes and not self._changes.refusal_of("undo") and self._session.why_not_undone(commit) is None:
            answer = self._terminal.choose(
                "u undoes this line; enter goes back to the log:", ["u asks before it undoes."]
            )
            if answer == "u":
                self.ask_to_undo(commit)

    # Undo

    def undo_last(self) -> None:
        """Say which of the operator's changes can be undone, and ask."""
        if refused := self._changes.refusal_of("undo"):
            self._changes.say(refused)
            return
        commit = self._session.last_undoable()
        if commit is None:
            self._changes.say(questions.NOTHING_TO_UNDO)
        else:
            self.ask_to_undo(commit)

    def ask_to_undo(self, commit: Commit) -> None:
        """Ask, and undo a line of the log."""
        try:
            if (why := self._session.why_not_undone(commit)) is not None:
                raise why
        except ConsoleError as error:
            if isinstance(error, ChangedSince):
                self._session.history.forget(commit.sequence)
            self._changes.say_error(error)
            return
        deleted = deleted_by(commit)
        changed = [entry for change in commit.changes if change.table == "entries" if (entry := change.after)]
        seats = sum(self._session.seats.policy.listed(entry).seat for entry in deleted)
        first = self._session.history.first_operation(commit)
        question = Question(
            questions.undo_question(commit.operation, commit),
            texts.undo_lines(commit, changed, age(commit.at, self._session.clock.now())),
            "delete" if deleted else "undo",
            [*questions.undo_deletes(deleted, seats), *self._changes.where_it_is_done(first)],
            len(deleted) if must_type_number(0, len(deleted), 0) else 0,
            questions.deleted_noun(deleted),
            bool(deleted),
        )
        if (reason := self._changes.confirm(question)) is not None:
            self._changes.undo(commit, reason)
