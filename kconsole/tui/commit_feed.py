"""What happens to the store: our own commits at once, other processes' as they are read, several of them together."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from kconsole.core.errors import StoreUnusable
from kconsole.core.history import Commit
from kconsole.operations.session import Session

REMEMBERED: Final = 500
"""Commits of others that are remembered, to say who changed an account while somebody was asked about it."""

Follower = Callable[[Sequence[Commit]], None]


class CommitFeed:
    """Follows a session, and tells of commits. A burst of others' commits is told once for each poll."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._followers: list[Follower] = []
        self._untold: list[Commit] = []
        self.is_held = False
        """Whether somebody works on the session beside the screen."""
        self._others: deque[Commit] = deque(maxlen=REMEMBERED)
        self.trouble: StoreUnusable | None = None
        """Why what others do cannot be read now; None if it can."""
        session.listen(self._heard)

    def follow(self, follower: Follower) -> None:
        """Tell of commits from now on."""
        self._followers.append(follower)

    def leave(self, follower: Follower) -> None:
        """Tell no more."""
        self._followers.remove(follower)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Neither read nor tell while somebody works on the session beside the screen; what came is told afterwards."""
        self.is_held = True
        try:
            yield
        except asyncio.CancelledError:  # the console ends: there is nobody to tell
            raise
        except BaseException:
            self._let_go()
            raise
        self._let_go()

    def _let_go(self) -> None:
        self.is_held = False
        self._tell()

    def poll(self) -> None:
        """Read what other processes committed, and tell of it. Costs next to nothing if there is nothing."""
        if self.is_held:
            return
        try:
            self._session.catch_up()
        except StoreUnusable as error:
            self.trouble = error
        else:
            self.trouble = None
        self._tell()

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
        self._untold.append(commit)
        if not commit.own:
            self._others.append(commit)
        elif not self.is_held:
            self._tell()

    def _tell(self) -> None:
        if self._untold:
            commits, self._untold = self._untold, []
            for follower in list(self._followers):
                follower(commits)
