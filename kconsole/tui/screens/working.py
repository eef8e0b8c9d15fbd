"""How a screen works: at once, beside itself where that takes a while, or by asking the live server."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, TypeVar

from textual import getters
from textual.screen import Screen

from kconsole.core.errors import ConsoleError
from kconsole.operations.base import Done, Outcome
from kconsole.operations.session import Session, nothing_collected
from kconsole.text import words
from kconsole.tui import messages
from kconsole.tui.commands.base import CommandTarget, console_of
from kconsole.tui.widgets.lines import StatusLine
from kconsole.tui.workspace import Workspace

if TYPE_CHECKING:
    from kconsole.core.server import ServerAccess
    from kconsole.net.secrets import Secret
    from kconsole.operations.sync.login import Writer

Result = TypeVar("Result")

MANY: Final = 1000
"""Records up to which a deed is done between two events: some twenty milliseconds."""

KEPT: Final = "It is kept in memory until the console is left, and nowhere else."

NOT_ASKED: Final = "Left off: nothing was asked of the server."


class WorkingScreen(CommandTarget, Screen[None]):
    """A screen that works on the session of a desk, and says in its status line what came of it."""

    status = getters.query_one(StatusLine)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self._at_work: asyncio.Task[None] | None = None
        self.is_read_only = workspace.is_read_only

    @property
    def session(self) -> Session:
        """What is shown and changed."""
        return self.workspace.session

    def tell(self, text: str) -> None:
        """Say something in the status line. It must be safe to show."""
        self.status.left = text

    def _work(
        self,
        act: Callable[[], Done],
        records: int,
        done: Callable[[Done], None],
        failed: Callable[[ConsoleError], None],
    ) -> None:
        """Do something to records; with many of them beside the screen, which says so and takes no keys meanwhile."""
        if records > MANY:
            self._beside(f"Working on {words.count(records, 'record')} ...", act, done, failed)
            return
        try:
            result = act()
        except ConsoleError as error:
            failed(error)
        else:
            done(result)

    def _beside(
        self,
        text: str,
        act: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[ConsoleError], None],
    ) -> None:
        """Do something that takes a while beside the screen, which says so and takes no keys meanwhile."""
        from kconsole.tui.screens.dialog import BusyDialog

        self.app.push_screen(BusyDialog(text))
        self._at_work = asyncio.create_task(self._work_beside(act, done, failed))

    async def _work_beside(
        self, act: Callable[[], Result], done: Callable[[Result], None], failed: Callable[[ConsoleError], None]
    ) -> None:
        try:
            async with self.workspace.at_work:
                with self.workspace.feed.held(), nothing_collected():
                    result = await asyncio.to_thread(act)
        except ConsoleError as error:
            await self.app.pop_screen()
            failed(error)
        except Exception as error:
            self.app._handle_exception(error)
        else:
            await self.app.pop_screen()
            done(result)

    # Asking the live server

    def _ask_server(
        self,
        text: str,
        act: "Callable[[Writer], Done]",
        records: int,
        done: Callable[[Done], None],
        failed: Callable[[ConsoleError], None],
    ) -> None:
        """Do something that the live server has to be asked for first, with its password.

        Args:
            text: what the server is asked to do, for a dialog; safe to show.
            act: does it, in a thread.
            records: how many records it changes.
            done: takes what came of it.
            failed: is told why it was not done, or not all of it.
        """
        from kconsole.operations.sync.login import Writer

        server = self.session.state.server
        assert server is not None  # noqa: S101  # there is one, or it would be done here
        access = server.access

        def ask(secret: "Secret") -> None:
            console_of(self).keystrokes.hold()  # what is typed from now on is meant for what comes of it
            cancel, settled = threading.Event(), list[Outcome]()
            writer = Writer(secret, cancel, access, recovered=lambda done: settled.extend(done.outcomes))

            def with_settled(tell: Callable[[Result], None], result: Result) -> None:
                tell(result)
                self._tell_settled(settled)

            self._at_work = asyncio.create_task(
                self._wait_for_server(
                    text,
                    lambda: act(writer),
                    cancel,
                    records,
                    lambda result: with_settled(done, result),
                    lambda error: with_settled(failed, error),
                )
            )

        self._with_server_secret(access, ask, NOT_ASKED)

    async def _wait_for_server(
        self,
        text: str,
        act: Callable[[], Done],
        cancel: threading.Event,
        records: int,
        done: Callable[[Done], None],
        failed: Callable[[ConsoleError], None],
    ) -> None:
        """Wait for it. That is told only if it takes a moment; keys wait until then, and go where they were meant to.

        Where something is told that has to be read, what was typed before is forgotten: it was not typed for that.
        """
        from kconsole.tui.screens.waiting import WaitingDialog

        keys = console_of(self).keystrokes
        dialog: WaitingDialog | None = None
        outcome: Done | ConsoleError
        try:
            async with self.workspace.at_work:
                with ExitStack() as meanwhile:
                    meanwhile.enter_context(self.workspace.feed.held())
                    if records > MANY:
                        meanwhile.enter_context(nothing_collected())
                    work = asyncio.ensure_future(asyncio.to_thread(act))
                    finished, _ = await asyncio.wait([work], timeout=self.workspace.unseen)
                    if not finished:
                        dialog = WaitingDialog(text, cancel.set)
                        await self.app.push_screen(dialog)
                        if keys.set_aside():
                            dialog.action_leave()
                    outcome = await work
        except ConsoleError as error:
            outcome = error
        except asyncio.CancelledError:  # the console ends, and does not wait
            cancel.set()
            raise
        except Exception as error:
            self.app._handle_exception(error)
            return
        if dialog is not None:
            await dialog.end()
        shown = list(self.app.screen_stack)
        if isinstance(outcome, ConsoleError):
            self._minding_password(failed)(outcome)
        else:
            done(outcome)
        keys.let_go(forget=isinstance(outcome, ConsoleError) or self.app.screen not in shown)

    def _tell_settled(self, outcomes: Sequence[Outcome]) -> None:
        """Say what came of what was open, if anything was."""
        if outcomes:
            from kconsole.tui.screens.dialog import NewsDialog

            self.app.push_screen(NewsDialog("What was open is settled", messages.settled_lines(outcomes)))

    def _with_server_secret(self, access: "ServerAccess", go_on: "Callable[[Secret], None]", left_off: str) -> None:
        """Go on with the password that was given before, with that of the environment, or with one asked for.

        Args:
            access: the server, and who logs in.
            go_on: goes on with it.
            left_off: what to tell if nobody gives one.
        """
        known = self._known_secret(access)
        if known:
            go_on(known)
            return
        from kconsole.text.trust import INSECURE
        from kconsole.tui.screens.directory import PasswordDialog

        def typed(secret: "Secret | None") -> None:
            if secret is None:
                self.tell(left_off)
                return
            self.workspace.keep_server_secret(access, secret)
            go_on(secret)

        insecure = INSECURE if access.insecure else ""
        self.app.push_screen(PasswordDialog(access.user, access.url, insecure, KEPT), typed)

    def _known_secret(self, access: "ServerAccess") -> "Secret | None":
        """The password, if it is known without asking."""
        from kconsole.net.secrets import secret_from
        from kconsole.operations.sync.access import SERVER_PASSWORD

        known = self.workspace.server_secret(access)
        if known is None and not self.workspace.is_secret_refused:
            known = secret_from(None, SERVER_PASSWORD, str)  # an empty one, if the environment has none
        return known or None

    def _minding_password(self, failed: Callable[[ConsoleError], None]) -> Callable[[ConsoleError], None]:
        """The same; and a password that the server did not take is asked for anew the next time."""

        def told(error: ConsoleError) -> None:
            from kconsole.operations.sync.access import NotLetIn

            if isinstance(error, NotLetIn):
                self.workspace.forget_server_secret()
            failed(error)

        return told
