"""What the screens share: the session, its changes, undo and redo, and whether the store can be read and saved."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from kconsole.core.errors import ChangedSince, NotFound, StoreUnusable
from kconsole.core.history import Commit
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, HalfDone, Operation
from kconsole.operations.session import ServerWriter, Session
from kconsole.tui.commit_feed import CommitFeed

UNSEEN: Final = 0.2
"""Seconds of background work before a dialog says what is being done: a dialog that flashes up is worse than none."""


class Step(NamedTuple):
    """A change that can be undone, or an undo that can be redone, with the name of what it changed."""

    commit: Commit
    what: str


class Workspace:
    """One operator's work on one session.

    Args:
        session: what is shown and changed.
        server_secret: the password to the session's server, if it is known already.
        unseen: seconds of background work before a dialog is shown.
    """

    def __init__(self, session: Session, server_secret: Secret | None = None, unseen: float = UNSEEN) -> None:
        self.session = session
        self.unseen = unseen
        self.at_work = asyncio.Lock()
        """Held while a thread works on the session: one change after the other, and nothing reads in between."""
        self.feed = CommitFeed(session)
        self.cannot_save = False
        """Whether the last attempt to save failed, for another reason than that another process was saving."""
        self._undone: list[Step] = []
        """The undos of this session that can be redone, named for what they undid. Another change ends that."""
        self._server_secret: tuple[ServerAccess, Secret] | None = None
        self.is_secret_refused = False
        """Whether the server refused a password: then the user is asked, whatever the environment holds."""
        if server_secret is not None and session.state.server is not None:
            self.keep_server_secret(session.state.server.access, server_secret)

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self.session.store.read_only

    @property
    def trouble(self) -> str:
        """What does not work, in a few words; empty if all does."""
        if self.feed.trouble is not None:
            return "cannot read the store"
        return "cannot save" if self.cannot_save else ""

    # The password to the server: asked for once, and forgotten when the console ends

    def server_secret(self, access: ServerAccess) -> Secret | None:
        """The password for this server and this login; None if it is not known. It is never sent to another server."""
        return self._server_secret[1] if self._server_secret is not None and self._server_secret[0] == access else None

    def keep_server_secret(self, access: ServerAccess, secret: Secret) -> None:
        """Keep a password as long as the console is open, in memory only."""
        self._server_secret = (access, secret)

    def forget_server_secret(self) -> None:
        """Forget a password that the server refused."""
        self._server_secret, self.is_secret_refused = None, True

    # Changes

    @property
    def last_change(self) -> Step | None:
        """The last change of this session that is not undone, for `undo`; None if there is none."""
        commit = self.session.history.undoable
        return None if commit is None else Step(commit, commit.operation)

    @property
    def last_undone(self) -> Step | None:
        """The last undo of this session, for `redo`; None if there is none."""
        return self._undone[-1] if self._undone else None

    def do(self, operation: Operation, by: ServerWriter | None = None) -> Done:
        """Apply an operation; after one that can be undone, nothing can be redone.

        Args:
            operation: what to do.
            by: asks the server, for an operation that runs there.

        Raises:
            ConsoleError: it failed, or as `HalfDone`, part of it did.
        """
        forgets = getattr(operation, "undoable", True)
        try:
            with self._noting_trouble():
                done = self.session.do(operation, by)
        except HalfDone:
            self._undone.clear()
            raise
        if forgets:
            self._undone.clear()
        self._saved(done)
        return done

    def undo(self, step: Step, by: ServerWriter | None = None) -> Done:
        """Undo a step, of this session or another.

        Raises:
            ConsoleError: it failed, or as `HalfDone`, part of it did.
        """
        try:
            done = self._undo(step, by)
        except HalfDone as half:
            self._note(step, half.done)
            raise
        self._note(step, done)
        return done

    def redo(self, step: Step, by: ServerWriter | None = None) -> Done:
        """Undo an undo.

        Raises:
            ConsoleError: it failed; a step whose records were changed since can never be redone.
        """
        try:
            done = self._undo(step, by)
        except (ChangedSince, NotFound, HalfDone):
            self._forget(step)
            raise
        if done.commit is None or done.commit.undoes is not None:  # else the server refused it
            self._forget(step)
        return done

    def _undo(self, step: Step, by: ServerWriter | None) -> Done:
        last = self.session.history.undoable
        is_last = last is not None and last.sequence == step.commit.sequence
        with self._noting_trouble():
            # Without a number the journal is not searched, which takes its time in a large one.
            done = self.session.undo(None if is_last else step.commit.sequence, by=by)
        self._saved(done)
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
            self.cannot_save = True
            raise

    def _saved(self, done: Done) -> None:
        if done.commit is not None:
            self.cannot_save = False
