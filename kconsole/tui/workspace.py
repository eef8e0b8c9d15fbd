"""What the screens share: the session, what happens to it, and whether it can be read and saved."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from kconsole.core.errors import StoreUnusable
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, HalfDone, Operation
from kconsole.operations.session import Session
from kconsole.tui.commit_feed import CommitFeed
from kconsole.tui.undoing import Step, Undoing

if TYPE_CHECKING:
    from kconsole.operations.sync.login import Writer

UNSEEN: Final = 0.2
"""Seconds that a server may take to answer before it is told that it is being asked: a dialog that flashes up is worse
than none."""


class Workspace:
    """One operator's place at one session.

    Args:
        session: what it works on.
        server_secret: the password to the session's live server, if that is known already.
        unseen: seconds that a server may take to answer before that is told.
    """

    def __init__(self, session: Session, server_secret: Secret | None = None, unseen: float = UNSEEN) -> None:
        self.session = session
        self.unseen = unseen
        self.at_work = asyncio.Lock()
        """Held by who works on the session beside the screen."""
        self.feed = CommitFeed(session)
        self.undoing = Undoing(session)
        self.cannot_save = False
        """Whether the last attempt to save failed, for another reason than that somebody else was saving."""
        self._server_secret: tuple[ServerAccess, Secret] | None = None
        self.is_secret_refused = False
        """Whether the live server did not take a password: then a person is asked, whatever the environment holds."""
        if server_secret is not None and session.state.server is not None:
            self.keep_server_secret(session.state.server.access, server_secret)

    # The password to the live server: asked for once, and gone when the console is left

    def server_secret(self, access: ServerAccess) -> Secret | None:
        """The password that was given for this server and this login; None if none was.

        One that was given for another server is never sent to this one.
        """
        return self._server_secret[1] if self._server_secret is not None and self._server_secret[0] == access else None

    def keep_server_secret(self, access: ServerAccess, secret: Secret) -> None:
        """Keep a password as long as the console is open, in memory only."""
        self._server_secret = (access, secret)

    def forget_server_secret(self) -> None:
        """Keep it no longer: the server did not take it."""
        self._server_secret, self.is_secret_refused = None, True

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

    def do(self, operation: Operation, by: "Writer | None" = None) -> Done:
        """Do a deed; by who asks the live server, if it is done there.

        Raises:
            ConsoleError: it was not done, or as of `HalfDone`, some of it.
        """
        try:
            done = self._saving(lambda: self.session.do(operation, by))
        except HalfDone:
            self.undoing.forget_undone()
            raise
        self.undoing.forget_undone()
        return done

    def learn(self, operation: Operation) -> Done:
        """Take in what the live server says. It is nobody's deed: what was undone before can be done again.

        Raises:
            ConsoleError: it was not taken in.
        """
        return self._saving(lambda: self.session.do(operation))

    def undo(self, step: Step, by: "Writer | None" = None) -> Done:
        """Take a step back; by who asks the live server, if it is done there.

        Raises:
            ConsoleError: it was not done, or as of `HalfDone`, some of it.
        """
        return self._saving(lambda: self.undoing.undo(step, by))

    def redo(self, step: Step, by: "Writer | None" = None) -> Done:
        """Do again what a step took back; by who asks the live server, if it is done there.

        Raises:
            ConsoleError: it was not done, or as of `HalfDone`, some of it.
        """
        return self._saving(lambda: self.undoing.redo(step, by))

    def _saving(self, act: Callable[[], Done]) -> Done:
        try:
            done = act()
        except StoreUnusable:
            self.cannot_save = True
            raise
        if done.commit is not None:
            self.cannot_save = False
        return done
