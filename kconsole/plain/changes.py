"""Asks before a change, applies it, and says its result: on the server first where there is one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from kconsole.core.errors import ChangedMeanwhile, ConsoleError
from kconsole.core.history import Commit
from kconsole.core.reports import Decision
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret, secret_from
from kconsole.operations.base import Done, HalfDone, Operation
from kconsole.operations.catalog import UNDO, not_permitted
from kconsole.operations.contexts import Context
from kconsole.operations.session import ServerWriter, Session
from kconsole.operations.sync.access import SERVER_PASSWORD, Cancelled, NotLetIn
from kconsole.operations.sync.recover import Writer
from kconsole.plain.terminal import Terminal
from kconsole.text import screen as texts
from kconsole.text.commits import note
from kconsole.text.details import Detail
from kconsole.text.messages import Voice, error_words, hint_words, parts_of, sentences, words_of
from kconsole.text.safe_text import safe_text
from kconsole.text.spoken import said_all

CANCELLED: Final = "Cancelled. Nothing was changed."
LAST_REASONS: Final = 3


class Question(NamedTuple):
    """What is asked before a change. All texts must be safe."""

    text: str
    lines: Sequence[str]
    verb: str
    notes: Sequence[str] = ()
    number: int = 0
    """The number that is typed in place of y, for much damage; 0 for y."""
    what: str = "accounts"
    is_big: bool = False
    """Whether it deletes accounts or changes many, for which a context may want its name. One with a number does."""


class Changes:
    """What all parts of the plain console share: the session, questions, changes and errors."""

    def __init__(
        self,
        session: Session,
        terminal: Terminal,
        voice: Voice,
        secret: Secret | None = None,
        context: Context | None = None,
    ) -> None:
        self.context = context
        """The name of the store, if it has one."""
        self.session, self.terminal, self.voice = session, terminal, voice
        self._secrets: dict[ServerAccess, Secret] = {}
        self._is_secret_refused = False
        if secret is not None and session.state.server is not None:
            self._secrets[session.state.server.access] = secret

    def say(self, *lines: str) -> None:
        self.terminal.say(*lines)

    def say_details(self, details: Iterable[Detail]) -> None:
        """Say labelled lines."""
        self.terminal.say_all(said_all(details))

    # What others do

    def news_of(self, commits: Iterable[Commit]) -> str:
        """What others changed, as a line; empty if they changed nothing."""
        return note([commit for commit in commits if not commit.own])

    # Errors

    def say_error(self, error: ConsoleError) -> None:
        """Say what failed, what was done before that, and what to do next."""
        if isinstance(error, Cancelled):
            self.say(texts.NOT_ASKED)
            return
        if isinstance(error, NotLetIn):
            self._secrets.clear()
            self._is_secret_refused = True
        self.say(f"Failed: {error_words(error, self.voice)}")
        self.say(*(words_of(detail, self.voice) for detail in error.details))
        if isinstance(error, HalfDone):
            self.say("Only part of it was done:", *texts.outcome_lines(error.done.changed))
            self.say(*texts.outcome_lines(error.done.failures, texts.MOST_FAILED))
        if hint := hint_words(error, self.voice):
            self.say(hint)

    def refusal_of(self, operation: str) -> str:
        """Why an operation cannot run here, whatever it would change; empty if it can."""
        if self.session.store.read_only:
            return texts.READ_ONLY
        is_undo = operation == UNDO  # what an undo runs on depends on what it undoes
        refused = not_permitted(UNDO, self.session.authority) if is_undo else self.session.refusal_of(operation)
        return (
            "" if refused is None else f"{error_words(refused, self.voice)} {hint_words(refused, self.voice)}".strip()
        )

    def check_runs(self, operation: str) -> bool:
        """Whether an operation can run here; if not, say why, and log that it was refused."""
        if self.session.store.read_only:
            self.say(texts.READ_ONLY)
            return False
        try:
            self.session.check_runs(operation)
        except ConsoleError as error:
            self.say_error(error)
            return False
        return True

    def refuse(self, operation: str, decision: Decision, account: str = "") -> None:
        """Log that a guard refuses an operation, and say why: before the user is asked anything."""
        self.session.log_refusal(operation, decision.message, account)
        self.say(*(f"Refused: {part}." for part in parts_of(decision.message, self.voice)))
        if hints := sentences(decision.hints, self.voice):
            self.say(hints)

    # Questions

    def confirm(self, question: Question) -> str | None:
        """Ask, with the reason for the log; the reason after a yes, which may be empty, None after anything else."""
        self.say(question.text, *question.lines, *question.notes)
        reason = self.terminal.read_text("Reason for the log, or enter for none:", self._reasons())
        self.terminal.forget_typed()
        wanted = (str(question.number),) if question.number else ("y", "yes")
        number = f", the number of {question.what}," if question.number else ""
        prompt = f"Type {wanted[0]}{number} to {question.verb}; all else cancels:"
        while (answer := self.terminal.read_line(prompt).lower()) == "?":
            self.say(f"Nothing is changed yet. Only {' or '.join(wanted)}, and enter, does it.")
        agreed = answer in wanted
        context = self.context
        if agreed and context is not None and context.confirm_name and (question.number or question.is_big):
            prompt = f"Type {context.name}, the name of the context, to {question.verb}; all else cancels:"
            agreed = self.terminal.read_line(prompt) == context.name
        if not agreed:
            self.say(CANCELLED)
        return reason if agreed else None

    def _reasons(self) -> Iterator[str]:
        """What was given as a reason before; the log is read only for those who ask."""
        yield from (f"Used before: {reason}" for reason in self.session.history.recent_reasons()[:LAST_REASONS])

    def where_it_is_done(self, operation: str, for_good: bool = False) -> list[str]:
        is_there = self.session.is_done_on_server(operation)
        return texts.where_done_lines(self.session.state.server if is_there else None, for_good)

    # Changes

    def change(self, operation: Operation, again: Callable[[], None] | None = None) -> bool:
        """Apply an operation, and say the result; `again` asks once more where others changed something meanwhile."""
        name = operation.name
        addresses: Sequence[str] = getattr(operation, "addresses", ()) or (getattr(operation, "address", ""),)
        asking = texts.asking_words(self.session.state.server, name, addresses)
        return self._apply(name, asking, lambda by: self.session.do(operation, by), again=again)

    def undo(self, commit: Commit, reason: str) -> bool:
        """Undo a line of the log."""
        try:
            first = self.session.history.first_operation(commit)
        except ConsoleError as error:
            self.say_error(error)
            return False
        asking = texts.asking_to_undo(self.session.state.server, commit.operation, commit, redo=False)
        act, number, undone = self.session.undo, commit.sequence, f"undone: {safe_text(commit.operation, 40)}"
        return self._apply(first, asking, lambda by: act(number, reason, by), undone)

    def _apply(
        self,
        name: str,
        asking: str,
        act: Callable[[ServerWriter | None], Done],
        undone: str = "",
        again: Callable[[], None] | None = None,
    ) -> bool:
        resolved: list[Done] = []
        try:
            by = None
            if self.session.is_done_on_server(name) and not self.session.offline:
                by = self._writer(resolved.append)
                if by is None:
                    self.say(texts.NOT_ASKED)
                    return False
                self.say(asking)
            done = act(by)
        except ChangedMeanwhile as error:
            if again is None:
                self.say_error(error)
                return False
            self.say(*texts.meanwhile_lines([]))
            again()
            return False
        except ConsoleError as error:
            self.say_error(error)
            return False
        finally:
            self._say_resolved(resolved)
        self.say_result(done, undone)
        return True

    def say_result(self, done: Done, undone: str = "") -> None:
        """Say what an operation did, and what it did not."""
        if done.failures:
            self.say("Not everything was done:" if done.changed else "Nothing was done:")
            self.say(*texts.outcome_lines(done.failures, texts.MOST_FAILED))
            if hints := sentences(done.failures[0].hints, self.voice):
                self.say(hints)
        if done.changed or not done.failures:
            self.say(f"Done: {texts.done_words(done, undone)}.")
        for outcome in done.changed:
            if outcome.hints and done.operation == "add":
                self.say(sentences(outcome.hints, self.voice))

    # The server

    def _writer(self, resolved: Callable[[Done], None]) -> Writer | None:
        server = self.session.state.server
        secret = None if server is None else self.secret_of(server.access)
        return None if server is None or secret is None else Writer(secret, access=server.access, recovered=resolved)

    def secret_of(self, access: ServerAccess) -> Secret | None:
        """The password that was given before, that of the environment, or one asked for; None if none is given."""
        known = self._secrets.get(access)
        if known is None and not self._is_secret_refused:
            known = secret_from(None, SERVER_PASSWORD, str)  # an empty one, if the environment has none
        if not known:
            known = Secret(self.terminal.ask_secret(f"Password of {safe_text(access.user)}, it is not shown: "))
            if known:
                self._secrets[access] = known
        return known or None

    def _say_resolved(self, dones: Sequence[Done]) -> None:
        for done in dones:
            self.say("Unconfirmed changes are resolved:", *texts.outcome_lines(done.outcomes, sign=""))
