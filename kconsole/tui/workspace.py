"""What the screens share: the session, its commits, undo and redo, and whether the store can be read and saved."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from kconsole.core.errors import ChangedSince, NotFound, StoreUnusable
from kconsole.core.history import Commit
from kconsole.core.records import Entry
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, HalfDone, Operation
from kconsole.operations.session import ServerWriter, Session
from kconsole.text.ages import age

UNSEEN: Final = 0.2
"""Seconds of background work before a dialog says what is being done: a dialog that flashes up is worse than none."""

REMEMBERED: Final = 500
"""Commits of other processes that are remembered, to say who changed an account while a question about it was open."""


class CommitFeed:
    """Passes commits on to the screens: the session's own at once, those of other processes together at each poll."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.followers: set[Callable[[Sequence[Commit]], None]] = set()
        self._waiting: list[Commit] = []
        self._holders = 0
        self._others: deque[Commit] = deque(maxlen=REMEMBERED)
        self.trouble: StoreUnusable | None = None
        """Why the commits of other processes cannot be read now; None if they can."""
        session.listen(self._heard)

    @property
    def is_held(self) -> bool:
        """Whether a thread works on the session, or is about to."""
        return self._holders > 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Neither read nor pass on while a thread works on the session; pass everything on afterwards."""
        self._holders += 1
        is_ending = False
        try:
            yield
        except asyncio.CancelledError:  # the console ends: no screen is left
            is_ending = True
            raise
        finally:
            if not is_ending:
                self._holders -= 1
                self._pass_on()

    def poll(self) -> None:
        """Read what other processes committed, and pass it on. Costs next to nothing if there is nothing."""
        if self.is_held:
            return
        self.trouble = None
        try:
            self._session.catch_up()
        except StoreUnusable as error:
            self.trouble = error
        self._pass_on()

    def forget(self) -> None:
        """Forget what others did, as when the operator sees other domains."""
        self._others.clear()

    def who_changed(self, numbers: Collection[int]) -> list[Commit]:
        """The commits of others that changed these entries last, as far as they are remembered; the newest first."""
        missing, found = set(numbers), []
        for commit in reversed(self._others):
            changed = {change.number for change in commit.changes if change.table == "entries"} & missing
            if changed:
                found.append(commit)
                missing -= changed
        return found

    def _heard(self, commit: Commit) -> None:
        self._waiting.append(commit)
        if commit.own:
            self._pass_on()
        else:
            self._others.append(commit)

    def _pass_on(self) -> None:
        if self._waiting and not self.is_held:
            commits, self._waiting = self._waiting, []
            for follower in list(self.followers):
                follower(commits)


class Step(NamedTuple):
    """A change that can be undone, or an undo that can be redone, with the name of what it changed."""

    commit: Commit
    what: str


class Workspace:
    """One operator's work on one session, on all screens."""

    def __init__(self, session: Session, server_secret: Secret | None = None) -> None:
        self.session = session
        self.unseen = UNSEEN
        self.at_work = asyncio.Lock()
        """Held while a thread works on the session: one change after the other, and nothing reads in between."""
        self.feed = CommitFeed(session)
        self.cannot_save = False
        """Whether the last attempt to save failed, for another reason than that another process was saving."""
        self._undone: list[Step] = []
        """The undos of this session that can be redone, named for what they undid. Another change ends that."""
        self._earlier: Commit | None = None
        """The operator's last change that could be undone when the log was searched."""
        self.secrets: dict[ServerAccess, Secret] = {}
        """The passwords to servers, in memory only; one is never sent to another server or for another login."""
        self.is_secret_refused = False
        """Whether a server refused a password: then the user is asked, whatever the environment holds."""
        if server_secret is not None and session.state.server is not None:
            self.secrets[session.state.server.access] = server_secret

    @property
    def trouble(self) -> str:
        """What does not work, in a few words; empty if all does."""
        if (away := self.session.store.away) is not None:
            read = age(away.read_at, self.session.clock.now()) if away.read_at is not None else "before"
            return f"database away · read {read}"
        if self.feed.trouble is not None:
            return "cannot read the store"
        return "cannot save" if self.cannot_save else ""

    @property
    def last_change(self) -> Step | None:
        """The last change of this session that is not undone, if it can be."""
        commit = self.session.history.undoable
        can_be = commit is not None and self.session.why_not_undone(commit) is None
        return Step(commit, commit.operation) if commit is not None and can_be else None

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo, as far as the log was searched."""
        earlier = self._earlier
        if earlier is not None:
            changed = {change.number for change in earlier.changes if change.table == "entries"}
            if changed & self.session.history.touched_since(earlier.sequence):
                self._earlier = None
        return self._earlier is not None or self.last_change is not None

    def find_earlier(self) -> Commit | None:
        """Search the log for the operator's last change that can be undone. It reads the log: a thread may do it."""
        self._earlier = self.session.last_undoable()
        return self._earlier

    def forget_scope(self) -> None:
        """Forget what is remembered of domains that the operator may not see any more."""
        self.feed.forget()
        self._undone.clear()
        self._earlier = None

    @property
    def last_undone(self) -> Step | None:
        """The last undo of this session that is not redone."""
        return self._undone[-1] if self._undone else None

    def do(self, operation: Operation, by: ServerWriter | None = None) -> Done:
        """Apply an operation, with the server where it runs there; after one that can be undone, nothing can be redone.

        Raises:
            ConsoleError: it failed, or as `HalfDone`, part of it did.
        """
        try:
            with self._noting_trouble():
                done = self.session.do(operation, by)
        except HalfDone:
            self._undone.clear()
            raise
        if getattr(operation, "undoable", True):
            self._undone.clear()
        self.cannot_save &= done.commit is None
        return done

    def undo(self, step: Step, by: ServerWriter | None = None) -> Done:
        """Undo a step, of this session or another; raises as `do`."""
        try:
            done = self._undo(step, by)
        except HalfDone as half:
            self._note(step, half.done)
            raise
        self._note(step, done)
        return done

    def redo(self, step: Step, by: ServerWriter | None = None) -> Done:
        """Undo an undo; raises as `do`. A step whose records were changed since can never be redone."""
        try:
            done = self._undo(step, by)
        except (ChangedSince, NotFound, HalfDone):
            self._forget(step)
            raise
        if done.commit is None or done.commit.undoes is not None:  # else the server refused it
            self._forget(step)
        return done

    def _undo(self, step: Step, by: ServerWriter | None) -> Done:
        self._earlier = None
        last = self.session.history.undoable
        is_last = last is not None and last.sequence == step.commit.sequence
        with self._noting_trouble():
            # Without a number the journal is not searched, which takes its time in a large one.
            done = self.session.undo(None if is_last else step.commit.sequence, by=by)
        self.cannot_save &= done.commit is None
        return done

    def _note(self, step: Step, done: Done) -> None:
        if done.commit is not None and done.commit.undoes is not None:
            self._undone.append(Step(done.commit, step.what))

    def _forget(self, step: Step) -> None:
        self._undone = [other for other in self._undone if other.commit.sequence != step.commit.sequence]

    @contextmanager
    def _noting_trouble(self) -> Iterator[None]:
        try:
            yield
        except StoreUnusable:
            self.cannot_save = self.session.store.away is None
            raise


def changed_shape(commits: Sequence[Commit], has_group: bool) -> bool:
    """Whether entries came or went, also from a group, or a restart freed seats, so that the list has other rows."""
    return any(
        change.table == "server"
        or (change.table == "entries" and _is_gone(change.before) != _is_gone(change.after))
        or (has_group and change.table == "entries" and _has_logged_in(change.before) != _has_logged_in(change.after))
        for commit in commits
        for change in commit.changes
    )


def _has_logged_in(entry: Entry | None) -> bool:
    return entry is not None and not entry.never_logged_in


def _is_gone(entry: Entry | None) -> bool:
    return entry is None or entry.deleted_at is not None
