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
"""Commits of other processes that are remembered, to say who changed an account while a question about it was open."""

Follower = Callable[[Sequence[Commit]], None]


class CommitFeed:
    """Passes a session's commits on to the screens. A burst of others' commits is passed on once for each poll."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._followers: list[Follower] = []
        self._waiting: list[Commit] = []
        self._holders = 0
        self._others: deque[Commit] = deque(maxlen=REMEMBERED)
        self.trouble: StoreUnusable | None = None
        """Why what other processes do cannot be read now; None if it can."""
        session.listen(self._heard)

    @property
    def is_held(self) -> bool:
        """Whether a thread works on the session, or is about to."""
        return self._holders > 0

    def follow(self, follower: Follower) -> None:
        """Pass commits on to it from now on."""
        self._followers.append(follower)

    def leave(self, follower: Follower) -> None:
        """Pass nothing on to it any more."""
        if follower in self._followers:
            self._followers.remove(follower)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Neither read nor pass on while a thread works on the session; pass all of it on afterwards."""
        self._holders += 1
        try:
            yield
        except asyncio.CancelledError:  # the console ends: no screen is left
            raise
        except BaseException:
            self._release()
            raise
        self._release()

    def _release(self) -> None:
        self._holders -= 1
        if not self.is_held:
            self._pass_on()

    def poll(self) -> None:
        """Read what other processes committed, and pass it on. Costs next to nothing if there is nothing."""
        if self.is_held:
            return
        try:
            self._session.catch_up()
        except StoreUnusable as error:
            self.trouble = error
        else:
            self.trouble = None
        self._pass_on()

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
        if not commit.own:
            self._others.append(commit)
        elif not self.is_held:
            self._pass_on()

    def _pass_on(self) -> None:
        if self._waiting:
            commits, self._waiting = self._waiting, []
            for follower in list(self._followers):
                follower(commits)
