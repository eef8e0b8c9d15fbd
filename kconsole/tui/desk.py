"""What the screens share: the session, what happens to it, and whether it can be read and saved."""

from collections.abc import Callable

from kconsole.model.errors import StoreUnusable
from kconsole.model.kerio import KerioServer
from kconsole.operations.deeds import Deed, Done
from kconsole.operations.secrets import Secret
from kconsole.operations.session import Session
from kconsole.tui.feed import Feed
from kconsole.tui.undoing import Step, Undoing


class Desk:
    """One operator's place at one session.

    Args:
        session: what it works on.
        server_secret: the password to the session's live server, if that is known already.
    """

    def __init__(self, session: Session, server_secret: Secret | None = None) -> None:
        self.session = session
        self.feed = Feed(session)
        self.undoing = Undoing(session)
        self.cannot_save = False
        """Whether the last attempt to save failed, for another reason than that somebody else was saving."""
        self._server_secret: tuple[KerioServer, Secret] | None = None
        self.is_secret_refused = False
        """Whether the live server did not take a password: then a person is asked, whatever the environment holds."""
        if server_secret is not None and session.server is not None:
            self.keep_server_secret(session.server.access, server_secret)

    # The password to the live server: asked for once, and gone when the console is left

    def server_secret(self, access: KerioServer) -> Secret | None:
        """The password that was given for this server and this login; None if none was.

        One that was given for another server is never sent to this one.
        """
        return self._server_secret[1] if self._server_secret is not None and self._server_secret[0] == access else None

    def keep_server_secret(self, access: KerioServer, secret: Secret) -> None:
        """Keep a password as long as the console is open, in memory only."""
        self._server_secret = (access, secret)

    def forget_server_secret(self) -> None:
        """Keep it no longer: the server did not take it."""
        self._server_secret, self.is_secret_refused = None, True

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self.session.read_only

    @property
    def trouble(self) -> str:
        """What does not work, in a few words; empty if all does."""
        if self.feed.trouble is not None:
            return "cannot read the store"
        return "cannot save" if self.cannot_save else ""

    def do(self, deed: Deed) -> Done:
        """Do a deed.

        Raises:
            ConsoleError: it was not done.
        """
        done = self._saving(lambda: self.session.do(deed))
        self.undoing.forget_undone()
        return done

    def undo(self, step: Step) -> Done:
        """Take a step back.

        Raises:
            ConsoleError: it was not done.
        """
        return self._saving(lambda: self.undoing.undo(step))

    def redo(self, step: Step) -> Done:
        """Do again what a step took back.

        Raises:
            ConsoleError: it was not done.
        """
        return self._saving(lambda: self.undoing.redo(step))

    def _saving(self, act: Callable[[], Done]) -> Done:
        try:
            done = act()
        except StoreUnusable:
            self.cannot_save = True
            raise
        if done.commit is not None:
            self.cannot_save = False
        return done
