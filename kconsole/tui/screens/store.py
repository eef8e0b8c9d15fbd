"""A screen that changes the store: on the server first where one is configured; it undoes, and redoes."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from threading import Event
from typing import Final

from textual.screen import Screen

from kconsole.core.errors import ChangedMeanwhile, ChangedSince, ConsoleError, NotPermitted
from kconsole.core.history import Commit
from kconsole.core.records import Entry
from kconsole.core.reports import Decision
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, Operation, Outcome
from kconsole.operations.catalog import OF_THE_SERVER
from kconsole.operations.session import ServerWriter
from kconsole.text import questions, words
from kconsole.text import screen as texts
from kconsole.text.ages import age
from kconsole.text.messages import sentences
from kconsole.text.safe_text import safe_text
from kconsole.tui.screens.console import ConsoleScreen, Failed
from kconsole.tui.workspace import Step

SAVING_REFUSAL: Final = "Saving the refusal ..."


def _working_words(records: int) -> str:
    return f"Working on {words.count(records, 'record')} ..."


class StoreScreen(ConsoleScreen):
    """A screen that changes the store in the background."""

    def change(
        self,
        operation: Operation,
        again: Callable[[Sequence[str]], None] | None = None,
        done: Callable[[Done], None] | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Apply an operation, and show its result.

        If another console changed the accounts since the question, `again` asks it again, with what that console did.
        """

        def broke(error: ConsoleError) -> None:
            if again is not None and isinstance(error, ChangedMeanwhile):
                again(texts.meanwhile_lines(self.workspace.feed.who_changed(error.numbers)))
            else:
                (failed or self.tell_problem)(error)

        self.workspace.feed.poll()  # another process may have configured a server meanwhile
        addresses: Sequence[str] = getattr(operation, "addresses", ()) or (getattr(operation, "address", ""),)
        if self.session.offline or not self.session.is_done_on_server(operation.name):
            text = _working_words(len(addresses))
            self.work(text, partial(self.workspace.do, operation), done or self.show_result, broke)
        else:
            text = texts.asking_words(self.session.state.server, operation.name, addresses)
            self._ask_server(text, partial(self.workspace.do, operation), done or self.show_result, broke)

    def save(self, operation: Operation, saved: Callable[[], None], failed: Failed) -> None:
        """Apply the operation of a form, let the form close, and show the result; or let the form show the error."""

        def done(done: Done) -> None:
            saved()
            self.show_result(done)

        self.change(operation, done=done, failed=failed)

    def show_result(self, done: Done, undone: str = "") -> None:
        self.show_trouble()
        if done.failures:
            title = "Not everything was done" if done.changed else "Nothing was done"
            failures = texts.outcome_lines(done.failures, texts.MOST_FAILED)
            self.tell_news(title, failures, sentences(done.failures[0].hints, self.voice))
        self.tell(texts.done_words(done, undone))
        self.show_keys()
        if not self.workspace.can_undo:
            self.look_for_undo()

    def refuse(
        self,
        operation: str,
        decision: Decision,
        accounts: Sequence[Entry] = (),
        news: Sequence[str] = (),
        tell: Callable[[Decision], None] | None = None,
    ) -> None:
        """Log that a guard refuses an operation, and say why: before the user is asked anything."""
        account = accounts[0].address if len(accounts) == 1 else ""

        def say(_: object) -> None:
            if tell is None:
                self.tell_refusal(decision, news)
            else:
                tell(decision)

        log = partial(self.session.log_refusal, operation, decision.message, account)
        self.work(SAVING_REFUSAL, log, say, say)

    def cannot_run(self, operation: str, name: str = "") -> bool:
        """Say why an operation cannot run beside the server, if it cannot, before the user is asked anything."""
        if self.session.refusal_of(operation) is None:
            return False
        self.work(
            SAVING_REFUSAL,
            partial(self.session.check_runs, name or operation, operation),
            lambda _: None,
            self.tell_problem,
        )
        return True

    def where_it_is_done(self, operation: str, for_good: bool = False) -> list[str]:
        """A note for a question, where the answer takes effect on the server; and whether that is for good."""
        is_there = self.session.is_done_on_server(operation)
        return texts.where_done_lines(self.session.state.server if is_there else None, for_good)

    # Undo and redo

    def action_undo(self) -> None:
        """Undo the last change of this session at once; of an earlier one, say which it is, and ask."""
        step = self.workspace.last_change
        if step is not None:
            self._undo_or_redo(step, redo=False)
        else:
            find = self.workspace.find_earlier
            self.work("Looking through the log ...", find, self._ask_about, self.tell_problem)

    def _ask_about(self, commit: Commit | None) -> None:
        self.show_keys()
        last = self.session.history.undoable
        if commit is not None:
            self.tell("")
            self.ask_to_undo(commit)
        elif last is None or last.operation in OF_THE_SERVER or not self._cannot_undo(last):
            self.tell(questions.NOTHING_TO_UNDO)  # what was not offered need not be explained

    def look_for_undo(self) -> None:
        """Search the log in the background, so that the key for undo is shown where there is something to undo."""

        async def look() -> None:
            with suppress(ConsoleError), self.workspace.feed.held():  # an error is shown to those who ask for it
                async with self.workspace.at_work:
                    await asyncio.to_thread(self.workspace.find_earlier)
            if self.app.is_running:  # else its widgets may be gone already
                self.show_keys()

        if not self.is_read_only and self.workspace.last_change is None:
            self.run_worker(look, group="undo")  # type: ignore[arg-type]  # mypy infers no result

    def action_redo(self) -> None:
        step = self.workspace.last_undone
        if step is None:
            self.tell("There is nothing to redo: nothing was undone since the last change.")
        else:
            self._undo_or_redo(step, redo=True)

    def ask_to_undo(self, commit: Commit) -> None:
        if self._cannot_undo(commit):
            return
        entries = [entry for change in commit.changes if change.table == "entries" if (entry := change.after)]
        lines = texts.undo_lines(commit, entries, age(commit.at, self.session.clock.now()))
        self._confirm_undo(Step(commit, commit.operation), lines, redo=False)

    def _undo_or_redo(self, step: Step, redo: bool) -> None:
        """Undo or redo a step of this session. If that deletes accounts, ask first."""
        from kconsole.operations.undo import deleted_by

        if not redo and self._cannot_undo(step.commit):
            return
        if deleted := deleted_by(step.commit):
            self._confirm_undo(step, texts.named(deleted), redo)
        else:
            self._apply_step(step, redo)

    def _confirm_undo(self, step: Step, lines: Sequence[str], redo: bool) -> None:
        from kconsole.operations.accounts import must_type_number
        from kconsole.operations.undo import deleted_by

        deleted = deleted_by(step.commit)
        seats = sum(self.session.seats.policy.listed(entry).seat for entry in deleted)
        self.confirm(
            questions.undo_question(step.what, step.commit, redo),
            lines,
            "Delete" if deleted else "Undo",
            questions.undo_deletes(deleted, seats),
            lambda: self._apply_step(step, redo),
            number=len(deleted) if must_type_number(0, len(deleted), 0) else 0,
            what=questions.deleted_noun(deleted),
            is_big=bool(deleted),
        )

    def _apply_step(self, step: Step, redo: bool) -> None:
        act, records = self.workspace.redo if redo else self.workspace.undo, len(step.commit.changes)

        def done(done: Done) -> None:
            self.show_result(done, f"{'redone' if redo else 'undone'}: {safe_text(step.what, 40)}")

        self.workspace.feed.poll()
        if self.session.offline or not self._is_undone_on_server(step.commit):
            self.work(_working_words(records), partial(act, step), done, self.tell_problem)
        else:
            text = texts.asking_to_undo(self.session.state.server, step.what, step.commit, redo)
            self._ask_server(text, partial(act, step), done, self.tell_problem)

    def _is_undone_on_server(self, commit: Commit) -> bool:
        """Whether the server has to be asked to undo a commit. Undoing reports a broken log."""
        try:
            server = self.session.state.server
            return server is not None and self.session.is_done_on_server(self.session.history.first_operation(commit))
        except ConsoleError:
            return False

    def _cannot_undo(self, commit: Commit) -> bool:
        """Say why a commit cannot be undone, if it cannot, before the user is asked anything. It leaves no line."""
        try:
            why = self.session.why_not_undone(commit)
        except ConsoleError as error:  # the log is broken
            why = error
        if why is not None:
            if isinstance(why, ChangedSince):
                self.session.history.forget(commit.sequence)
            if isinstance(why, NotPermitted):
                self.tell_forbidden(why)
            else:
                self.tell_problem(why)
        return why is not None

    # The server

    def _ask_server(
        self, text: str, act: Callable[[ServerWriter], Done], done: Callable[[Done], None], failed: Failed
    ) -> None:
        """Work on an operation that the server is asked for first, with its password; the user can cancel."""
        from kconsole.operations.sync.recover import Writer

        server = self.session.state.server
        assert server is not None  # noqa: S101  # there is one, or it would be done here
        access = server.access

        def ask(secret: Secret) -> None:
            cancel, resolved = Event(), list[Outcome]()
            writer = Writer(secret, cancel, access, recovered=lambda done: resolved.extend(done.outcomes))

            def succeeded(result: Done) -> None:
                done(result)
                self.tell_resolved(resolved)

            def broke(error: ConsoleError) -> None:
                self.minding_password(failed)(error)
                self.tell_resolved(resolved)

            self.work(text, partial(act, writer), succeeded, broke, cancel)

        self.with_server_secret(access, ask, texts.NOT_ASKED)

    def tell_resolved(self, outcomes: Sequence[Outcome]) -> None:
        """Show the result of changes that were unconfirmed, if there were any."""
        if outcomes:
            self.tell_news("Unconfirmed changes are resolved", texts.outcome_lines(outcomes, sign=""), alarm=False)

    def with_server_secret(self, access: ServerAccess, go_on: Callable[[Secret], None], cancelled: str) -> None:
        """Go on with a known password or one asked for; if the user gives none, say that it was cancelled."""
        known = self.known_secret(access)
        if known:
            go_on(known)
            return
        from kconsole.tui.screens.connecting import PasswordDialog

        def typed(secret: Secret | None) -> None:
            if secret is None:
                self.tell(cancelled)
            else:
                self.workspace.secrets[access] = secret
                go_on(secret)

        kept = "It is kept in memory until the console ends, and nowhere else."
        self.app.push_screen(PasswordDialog(access.user, access, kept), typed)

    def read_aside(self, dialog: Screen[Callable[[], None]], cancelled: str) -> None:
        """Show a dialog that reads another server, and go on with what it read, or say that it was cancelled."""

        def answered(then: Callable[[], None] | None) -> None:
            self.tell(cancelled if then is None else "")
            if then is not None:
                then()

        self.app.push_screen(dialog, answered)

    def known_secret(self, access: ServerAccess) -> Secret | None:
        """The password that was given before, or that of the environment."""
        from kconsole.net.secrets import secret_from
        from kconsole.operations.sync.access import SERVER_PASSWORD

        known = self.workspace.secrets.get(access)
        if known is None and not self.workspace.is_secret_refused:
            known = secret_from(None, SERVER_PASSWORD, str)  # an empty one, if the environment has none
        return known or None

    def minding_password(self, failed: Failed) -> Failed:
        """The same callback; it also forgets a password that the server refused: next time, the user is asked."""

        def noted(error: ConsoleError) -> None:
            from kconsole.operations.sync.access import NotLetIn

            if isinstance(error, NotLetIn):
                self.workspace.secrets.clear()
                self.workspace.is_secret_refused = True
            failed(error)

        return noted
