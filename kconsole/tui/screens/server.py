"""Reading the live server from a screen: its password, the reading beside the screen, and what came of it."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from kconsole.display.safe_text import safe_text
from kconsole.tui import telling
from kconsole.tui.screens.console import ConsoleScreen

if TYPE_CHECKING:
    from kconsole.model.errors import ConsoleError
    from kconsole.model.kerio import KerioServer
    from kconsole.operations.deeds import Done
    from kconsole.operations.live import Snapshot
    from kconsole.operations.secrets import Secret

KEPT = "It is kept in memory until the console is left, and nowhere else."


def import_ahead() -> None:
    """Import what reading a server takes, in a thread and at leisure: the key that asks for it is answered at once."""
    import kconsole.operations.sync
    import kconsole.tui.screens.directory  # noqa: F401  # they are used where somebody asks
    from kconsole.operations.live import import_client

    import_client()


class ServerScreen(ConsoleScreen):
    """A screen that the live server can be read from.

    What that takes is imported when somebody asks for it: the first picture does not wait for it.
    """

    def read_server(self) -> None:
        """Read the live server beside the screen, and take what it says; escape leaves off, and nothing is taken."""
        from kconsole.operations.sync import no_server

        self.desk.feed.poll()
        server = self.session.server
        if server is None:
            self.tell_problem(no_server())
            return
        access = server.access
        self._with_server_secret(access, lambda secret: self._read(access, secret))

    def _with_server_secret(self, access: "KerioServer", go_on: "Callable[[Secret], None]") -> None:
        """Go on with the password that was given before, with that of the environment, or with one asked for."""
        from kconsole.operations.live import SERVER_PASSWORD
        from kconsole.operations.secrets import secret_from

        known = self.desk.server_secret(access)
        if known is None and not self.desk.is_secret_refused:
            known = secret_from(None, SERVER_PASSWORD, str)  # an empty one, if the environment has none
        if known:
            go_on(known)
            return
        from kconsole.display.mapping import INSECURE
        from kconsole.tui.screens.directory import PasswordDialog

        def typed(secret: "Secret | None") -> None:
            if secret is not None:
                self.desk.keep_server_secret(access, secret)
                go_on(secret)

        insecure = INSECURE if access.insecure else ""
        self.app.push_screen(PasswordDialog(access.user, access.url, insecure, KEPT), typed)

    def _read(self, access: "KerioServer", secret: "Secret") -> None:
        from kconsole.display.live import reading_words
        from kconsole.operations.live import Progress, read_server
        from kconsole.operations.session import nothing_collected
        from kconsole.tui.screens.directory import ReadingDialog

        cancel = threading.Event()

        def answered(then: Callable[[], None] | None) -> None:
            if then is not None:
                self.tell("")
                then()
            else:
                self.tell("Left off: nothing was taken from the server.")

        def read(progress: Callable[[Progress], None]) -> "Snapshot":
            with nothing_collected():  # a collection among tens of thousands of new records holds up the screen
                return read_server(access, secret, progress, cancel)

        def so_far(far: Progress) -> str:
            return reading_words(*far)

        dialog = ReadingDialog(
            f"Reading {safe_text(access.url, 200)} ...",
            read,
            lambda snapshot: self._take_snapshot(access, snapshot),
            self._reading_failed,
            so_far,
            cancel,
        )
        self.app.push_screen(dialog, answered)

    def _reading_failed(self, error: "ConsoleError") -> None:
        """Tell why. A password that was not taken is asked for anew the next time."""
        from kconsole.operations.live import NotLetIn

        if isinstance(error, NotLetIn):
            self.desk.forget_server_secret()
        self.tell_problem(error)

    def _take_snapshot(self, access: "KerioServer", snapshot: "Snapshot") -> None:
        """Take in what was read, in one transaction."""
        from kconsole.operations.sync import Begun, Sync

        server = self.session.server
        unread_before = () if server is None else server.unread
        read = sum(len(contents.users or ()) for contents in snapshot.domains)
        self._work(
            lambda: self.desk.do(Sync(snapshot, Begun(access))),
            read + self.session.report.created,
            lambda done: self._tell_synced(done, unread_before),
            self.tell_problem,
        )

    def _tell_synced(self, done: "Done", unread_before: tuple[str, ...]) -> None:
        """Say what came of it; what could not be read has to be read once, and is counted after that."""
        self.show_trouble()
        self.show_keys()
        server = self.session.server
        unread = () if server is None else server.unread
        if unread and unread != unread_before:
            lines = [safe_text(text) for text in unread]
            more = [f"and {len(lines) - telling.MOST_NAMED:,} more"] if len(lines) > telling.MOST_NAMED else []
            hint = "All else was taken. An Auditor may read the whole administration."
            self.tell_news("Not everything could be read", [*lines[: telling.MOST_NAMED], *more], hint)
        self.tell(telling.synced_words(done, len(unread)))
