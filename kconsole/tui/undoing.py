"""Taking back what was done in this session, and doing it again."""

from typing import TYPE_CHECKING, NamedTuple

from kconsole.core.errors import ChangedSince, NotFound
from kconsole.core.history import Commit
from kconsole.core.records import Entry
from kconsole.operations.base import Done, HalfDone
from kconsole.operations.session import Session

if TYPE_CHECKING:
    from kconsole.operations.sync.login import Writer


class Step(NamedTuple):
    """Something that can be taken back, and what it is called."""

    commit: Commit
    what: str


class Undoing:
    """The steps back and forth of one session. Doing something else ends the way forth."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._undone: list[Step] = []
        """Undos that can be taken back in turn, named for what they took back."""

    @property
    def last(self) -> Step | None:
        """The last deed of this session that has not been taken back; None if there is none."""
        operation = self._session.history.undoable
        return None if operation is None else Step(operation, operation.operation)

    @property
    def last_undone(self) -> Step | None:
        """The last undo of this session, for `redo`; None if there is none."""
        return self._undone[-1] if self._undone else None

    def forget_undone(self) -> None:
        """Something else was done: what was taken back before stays so."""
        self._undone.clear()

    def undo(self, step: Step, by: "Writer | None" = None) -> Done:
        """Take a step back, of this session or another.

        Args:
            step: which.
            by: who asks the live server, for what was done there.

        Raises:
            ConsoleError: what the session raises.
        """
        try:
            done = self._take_back(step, by)
        except HalfDone as half:
            self._note(step, half.done)
            raise
        self._note(step, done)
        return done

    def redo(self, step: Step, by: "Writer | None" = None) -> Done:
        """Take back an undo: what it took back is done again.

        Args:
            step: which.
            by: who asks the live server, for what was done there.

        Raises:
            ConsoleError: what the session raises; a step that changed since is out of reach then.
        """
        try:
            done = self._take_back(step, by)
        except (ChangedSince, NotFound, HalfDone):
            self._forget(step)
            raise
        if done.commit is None or done.commit.undoes is not None:  # else the server refused it
            self._forget(step)
        return done

    def _note(self, step: Step, done: Done) -> None:
        if done.commit is not None and done.commit.undoes is not None:
            self._undone.append(Step(done.commit, step.what))

    def _take_back(self, step: Step, by: "Writer | None") -> Done:
        last = self._session.history.undoable
        is_last = last is not None and last.sequence == step.commit.sequence
        # Without a number the journal is not searched, which takes its time in a large one.
        return self._session.undo(by=by) if is_last else self._session.undo(step.commit.sequence, by=by)

    def _forget(self, step: Step) -> None:
        self._undone = [other for other in self._undone if other.commit.sequence != step.commit.sequence]


def deleted_by_undoing(commit: Commit) -> list[Entry]:
    """The entries that would be deleted if a commit were taken back."""
    return [
        change.after
        for change in commit.changes
        if change.table == "entries" and change.after is not None and change.after.deleted_at is None
        if change.before is None or change.before.deleted_at is not None
    ]
