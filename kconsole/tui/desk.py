"""What the screens share: the session, what happens to it, and whether it can be read and saved."""

from collections.abc import Callable

from kconsole.model.errors import StoreUnusable
from kconsole.operations.deeds import Deed, Done
from kconsole.operations.session import Session
from kconsole.tui.feed import Feed
from kconsole.tui.undoing import Step, Undoing


class Desk:
    """One operator's place at one session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.feed = Feed(session)
        self.undoing = Undoing(session)
        self.cannot_save = False
        """Whether the last attempt to save failed, for another reason than that somebody else was saving."""

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
