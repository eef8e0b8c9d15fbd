"""Reading the server from a screen: its password, the reading in the background, and the result."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from kconsole.core.errors import ConsoleError
from kconsole.operations.server_errors import server_to_ask
from kconsole.text import screen as texts
from kconsole.text import words
from kconsole.text.messages import error_words
from kconsole.text.questions import NOTHING_TAKEN
from kconsole.text.safe_text import safe_text
from kconsole.tui.commands.base import AnyCommand, console_of
from kconsole.tui.commands.server import Sync, SyncHere
from kconsole.tui.screens.store import StoreScreen

if TYPE_CHECKING:
    from kconsole.core.server import Server, ServerAccess
    from kconsole.net.deadlines import Flag
    from kconsole.net.secrets import Secret
    from kconsole.operations.base import Done
    from kconsole.operations.sync.access import ServerState
    from kconsole.operations.sync.pull import SyncStart
    from kconsole.operations.sync.recover import Questions, Recover

ANOTHER: Final = "Another process configured another server meanwhile."


def import_ahead(access: "ServerAccess") -> None:
    """Import what reading a server takes, in a thread in an idle moment: the key for it is answered at once."""
    import kconsole.operations.sync.pull
    import kconsole.tui.screens.connecting
    import kconsole.tui.screens.waiting  # noqa: F401  # a key uses them later
    from kconsole.operations.sync.access import provider_of

    provider_of(access).prepare()


class ServerScreen(StoreScreen):
    """A screen that can read the server.

    What that takes is imported later: the first picture does not wait for it.
    """

    def is_of_use(self, command: AnyCommand) -> bool:
        if command in (Sync, SyncHere):
            return self.session.state.server is not None and not self.session.offline
        return super().is_of_use(command)

    def action_sync(self) -> None:
        """Read the server in the background, and save what it says; if the user cancels, nothing is taken."""
        self.workspace.feed.poll()
        if self.cannot_run("sync"):
            return
        try:
            access = server_to_ask(self.session.state, self.session.offline).access
        except ConsoleError as error:
            self.tell_problem(error)
            return
        self.with_server_secret(access, lambda secret: self._read(access, secret), "The server was not read.")

    def _read(self, access: "ServerAccess", secret: "Secret") -> None:
        from kconsole.operations.sync.access import Progress, read_server
        from kconsole.text.server import reading_words
        from kconsole.tui.screens.connecting import ReadingDialog

        begun = self._begin_reading()
        if begun is None:
            return
        if begun.access != access:
            self.tell_news("Nothing was read", [ANOTHER], "Read the new server.")
            return

        def read(progress: Callable[[Progress], None], cancel: "Flag") -> "ServerState":
            return read_server(access, secret, progress, cancel)

        text, take_in = f"Reading {safe_text(access.url, 200)} ...", partial(self._take_in, begun)
        failed = self.minding_password(self.tell_problem)
        dialog = ReadingDialog(text, read, take_in, failed, lambda far: reading_words(*far))
        self.read_aside(dialog, NOTHING_TAKEN)

    def _begin_reading(self) -> "SyncStart | None":
        from kconsole.operations.sync.pull import begin_reading

        try:
            return begin_reading(self.session)
        except ConsoleError as error:
            self.tell_problem(error)
            return None

    def _take_in(self, begun: "SyncStart", state: "ServerState") -> None:
        """Save what was read, and the results of unconfirmed changes, in one transaction."""
        from kconsole.operations.sync.pull import Sync

        server = self.session.state.server
        read = sum(len(domain.entries) for domain in state.domains)
        self.work(
            f"Comparing {words.count(read, 'user')} with the accounts ...",
            lambda: self.workspace.do(Sync(state, begun)),
            lambda done: self._tell_synced(done, server),
            self.tell_problem,
        )

    def _tell_synced(self, done: "Done", before: "Server | None") -> None:
        """Show the result; what could not be read, or differs here from there, has to be seen once."""
        from kconsole.operations.sync.pull import recovered
        from kconsole.text.server import missing_texts, remark_texts

        self.show_trouble()
        self.show_keys()
        server = self.session.state.server
        if server is None:
            return
        notes, missing = remark_texts(server), missing_texts(server)
        if notes and (before is None or notes != remark_texts(before)):
            lines = texts.some([safe_text(text) for text in notes])
            self.tell_news("The store differs from the server", lines, alarm=False)
        if missing and (before is None or missing != missing_texts(before)):
            lines = texts.some([safe_text(text) for text in missing])
            hint = "Everything else was taken. An Auditor may read the whole administration."
            self.tell_news("Not everything could be read", lines, hint)
        self.tell_resolved(recovered(done))
        self.tell(texts.synced_words(done, len(missing)))

    # Unconfirmed changes at the start

    def recover_unconfirmed(self) -> None:
        """Ask the server about changes that a crash left unconfirmed, if its password is known.

        Otherwise say what is unconfirmed, and which key asks the server.
        """
        from kconsole.operations.sync.recover import questions_about

        begun = self._begin_reading() if self.session.may("read-server") else None
        if begun is None or not self.session.state.pending_changes or not (begun.orphans or self.is_read_only):
            return  # another console is asking
        secret = None if self.session.offline or self.is_read_only else self.known_secret(begun.access)
        if secret is None:
            self._tell_open()
            return
        recovering = self._recover(begun.access, secret, questions_about(self.session, begun.orphans))
        self.app.run_worker(recovering, group="recovering")

    def _tell_open(self, why: Sequence[str] = ()) -> None:
        """Say what the server was asked for, and how the changes are resolved."""
        server, pending_changes = self.session.state.server, self.session.state.pending_changes
        if server is None or not pending_changes:
            return
        key = console_of(self).keys.first(Sync)
        hint = f"Press {key} to ask the server. The next change there does that too."
        if self.session.offline:
            hint = "Start without --offline to ask the server."
        elif self.is_read_only:
            hint = "Open the store without --read-only to ask the server."
        elif self.forbids(Sync) is not None:
            hint = "Your role may not ask the server."
        asked = f"The server {safe_text(server.name, 40)} was asked for this, and its answer was lost:"
        self.tell_news("Unconfirmed changes", [*why, asked, *texts.unconfirmed_lines(pending_changes.values())], hint)

    async def _recover(self, access: "ServerAccess", secret: "Secret", questions: "Questions") -> None:
        """Ask in a thread that does not touch the session; then save the answers."""
        from kconsole.operations.sync.access import provider_of
        from kconsole.operations.sync.recover import answers_to, take_in

        cancel = threading.Event()

        def ask() -> "Recover":
            with provider_of(access).connected(access, secret, cancel) as mail:
                return answers_to(questions, mail)

        def done(done: "Done") -> None:
            self.show_trouble()
            self.tell_resolved(done.outcomes)

        def failed(error: ConsoleError) -> None:
            self.show_trouble()
            self.minding_password(lambda error: self._tell_open([safe_text(error_words(error, self.voice))]))(error)

        try:
            recover = await asyncio.to_thread(ask)
        except ConsoleError as error:
            failed(error)
        except asyncio.CancelledError:
            cancel.set()
            raise
        else:
            await self._work(
                "Saving the server's answer ...", lambda: take_in(recover, self.workspace.do), done, failed, None
            )
