"""What all commands share: the store and its options, messages on standard error, exit codes."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from kconsole.cli.permitted import asked_for, check_first
from kconsole.cli.store_choice import check_changeable, check_confirmed, choice_of, location_named, read_patience
from kconsole.core.errors import BadInput, ConsoleError, ReadOnly
from kconsole.core.history import Commit, Operator
from kconsole.core.roles import Capability
from kconsole.core.times import Clock, SystemClock
from kconsole.operations.appearance import COLOURS, THEMES, Colours
from kconsole.operations.base import Done, Outcome
from kconsole.operations.confinement import named_file
from kconsole.operations.contexts import CONTEXT_VARIABLE, Choice
from kconsole.operations.locations import Location, folder_at, own_folder_at
from kconsole.operations.roles import ROLES_FILE, Roles, person_here
from kconsole.operations.session import PATIENCE, Progress, Session
from kconsole.operations.system import STORE_VARIABLE, system_operator
from kconsole.text import messages, words
from kconsole.text.gauge import used_words
from kconsole.text.safe_text import safe_address, safe_text

DEBUG_VARIABLE = "KCONSOLE_DEBUG"
"""The environment variable that shows tracebacks."""

LONGEST_TEXT = 4_000
"""Characters of a text argument: some stand in every line of the log."""

DONE, PARTLY_FAILED, NOT_FOUND, REFUSED = 0, 1, 3, 4
"""Exit codes of a command with several addresses; errors have their own."""

MOST_UNCONFIRMED = 3
"""Unconfirmed changes that a notice names one by one."""

PENDING = 5
"""The exit code of a command that shows what is to be changed, and changed nothing."""

EXPIRED = 9
"""The exit code of commands that show the license, once trial or license have expired, also in a grace period."""

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class CliContext:
    """The global options of this run."""

    location: Location | None = None
    """Where `--store` says that the store is; None without it."""
    patience: float = PATIENCE
    claimed: str = ""
    read_only: bool = False
    context_name: str = ""
    """The context of `--context`; empty without it."""
    confirmed_name: str = ""
    """The name of `--confirm-name`."""
    roles_file: Path | None = None
    """The roles file of `--roles`; None for the usual one."""
    operator_name: str = ""
    """The operator that `kconsole shell` serves; empty without a forced command."""
    may_look: bool = False
    """Whether that operator is an auditor if the roles file does not name them."""
    allow_network_fs: bool = False
    """Whether to change a store on another machine too."""
    offline: bool = False
    """Whether to contact no server."""
    ascii_only: bool = False
    """Whether to draw with ASCII only; otherwise with what the terminal supports."""
    mouse: bool = False
    """Whether the console takes the mouse."""
    plain: bool = False
    """Whether the console is the plain one, whatever the environment says."""
    theme: str = ""
    """The theme of `--theme`; empty without it."""
    colours: Colours | Literal[""] = ""
    """The number of colours of `--colours`; empty for what the terminal reports."""
    clock: Clock | None = None
    """Gives the time; None for the machine's clock."""
    sleep: Callable[[float], None] = time.sleep
    """Waits so many seconds, between two polls of a command that runs until it is stopped."""

    words: tuple[str, ...] = ()
    """The command line as it was typed."""
    command: str = ""
    """The command that runs; empty before it is known."""
    has_changed: bool = False
    """Whether this run has changed the store."""
    needs_output: bool = False
    """Whether output that is lost is an error, even if its reader went away."""

    @property
    def store(self) -> Location:
        """Where the store is: by `--store` or `--context`, or the environment, or in the default folder."""
        return self.choice.store

    @property
    def store_folder(self) -> Path:
        """The folder of the store; of one in a database, that of what this host keeps of it."""
        return folder_at(self.store)

    def own_folder(self, command: str) -> Path:
        """The folder of the store, for a command that is refused for a store in a database."""
        return own_folder_at(self.store, command)

    @cached_property
    def choice(self) -> Choice:
        """The store that is meant, and its context."""
        return choice_of(self.location, self.context_name, bool(self.operator_name))

    @cached_property
    def roles(self) -> Roles:
        """What the roles file says of the user, at the store of this run.

        Raises:
            Refused, BadInput: it cannot be used, or does not name the user.
        """
        return Roles(person_here(self.store, self.operator_name, self.may_look), self.roles_file)

    @property
    def operator(self) -> Operator:
        """The user that the system names, as the roles file names them, with the claims of this run."""
        return system_operator(self.claimed)._replace(name=self.roles.operator)

    def insist(self, capability: Capability) -> None:
        """Refuse, and log, a command for which the user lacks a capability. A dry run writes no line either."""
        refused = self.roles.authority().refusal_to(capability)
        if refused is None:
            return
        if what := asked_for():
            with suppress(ConsoleError), closing(self._opened()) as session:
                session.log_refusal(what.operation, refused.happened, what.account, what.reason)
        raise refused

    @property
    def now(self) -> datetime:
        return (self.clock or SystemClock()).now()

    def check_writable(self) -> None:
        """Refuse changes if `--read-only` or the context forbids them."""
        if self.read_only:
            raise ReadOnly("read-only-option", "leave-out-read-only")
        check_changeable(self.choice.context)

    def check_confirmed(self, is_big: bool) -> None:
        """Refuse what is big unless `--confirm-name` has the name of a context that wants it."""
        if self.confirmed_name or is_big:
            check_confirmed(self.choice.context, self.confirmed_name, is_big)

    def open(self, notices: bool = True, progress: Progress | None = None, unconfirmed: bool = True) -> Session:
        """Open the store until the command ends, and print notices about its state.

        They name `unconfirmed` changes, except where the command itself confirms them.
        """
        session = self._opened(progress)
        session.offline = self.offline
        session.listen(self._note)
        if progress is None:
            click.get_current_context().call_on_close(session.close)
        for notice in session.store.notices if notices else ():
            say(f"Note: {messages.sentence(notice)}")
        if notices and unconfirmed:
            say_unconfirmed(session)
        return session

    def _opened(self, progress: Progress | None = None) -> Session:
        return Session.open(
            self.store,
            self.operator,
            self.clock,
            self.patience,
            self.read_only or (self.choice.context is not None and self.choice.context.read_only),
            progress,
            self.roles.authority,
            allow_network_fs=self.allow_network_fs,
        )

    def _note(self, commit: Commit) -> None:
        self.has_changed = self.has_changed or commit.own


_pass_context = click.make_pass_decorator(CliContext, ensure=True)


def reading(read: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """The callback of an option: `read` gives its value, or raises `ValueError` with a sentence for the user."""

    def callback(context: click.Context, param: click.Parameter, value: str | None) -> Any:
        try:
            return None if value is None else read(value)
        except ValueError as error:
            raise click.BadParameter(str(error), context, param) from None

    return callback


def read_text(context: click.Context, param: click.Parameter, value: str) -> str:
    """A text argument; bytes that are not text in the terminal's encoding are refused, and what no person types."""
    if len(value) > LONGEST_TEXT:
        raise click.BadParameter(f"it has {len(value):,} characters; at most {LONGEST_TEXT:,} fit.", context, param)
    try:
        value.encode()
    except UnicodeEncodeError:
        message = f"'{value}' is not written in the encoding of this terminal."
        raise click.BadParameter(message, context, param) from None
    return value


class FilePath(click.Path):
    """A file that the user names, to be read or written; `-` is standard input or output. The type of every option."""

    def __init__(self, to_write: bool = False, is_folder: bool = False) -> None:
        super().__init__(path_type=Path, dir_okay=is_folder, allow_dash=True)
        self._to_write = to_write

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Any:
        """The path, if the user may name this file; BadInput otherwise."""
        return super().convert(named_file(Path(value), to_write=self._to_write), param, context)


def _sets(
    *names: str,
    to: str = "",
    read: Callable[[click.Context, click.Parameter, Any], Any] | None = None,
    for_operators: bool = True,
    **how: Any,
) -> Callable[[Command], Command]:
    """An option that sets a field of `CliContext`, that of its name or `to`, wherever on the command line it stands.

    One that is not `for_operators` is refused under a forced command: it would choose whose store, or whose rights.
    """
    field = to or names[0].strip("-").replace("-", "_")

    def choose(context: click.Context, param: click.Parameter, value: Any) -> None:
        if value is not None and value is not False:
            place = context.ensure_object(CliContext)
            if place.operator_name and not for_operators:
                raise BadInput("not-under-forced-command", "leave-it-out", what=names[0])
            setattr(place, field, value if read is None else read(context, param, value))

    return click.option(*names, f"global_{field}", expose_value=False, callback=choose, **how)


_STORE_OPTIONS = (
    _sets("--read-only", is_flag=True, help="Refuse every change."),
    _sets("--allow-network-fs", for_operators=False, is_flag=True,
        help="Change a store on a network file system, where locks may fail."),
    _sets("--offline", is_flag=True,
        help="Contact no server: show what was read last, and refuse to change the server."),
    _sets(
        "--as", for_operators=False, to="claimed", read=read_text, metavar="NAME",
        help="Your name; the log records it as a claim, beside the system's user.",
    ),
    _sets(
        "--wait", for_operators=False, to="patience", read=read_patience, type=float, metavar="SECONDS",
        help="How long to wait while another kconsole saves (10).",
    ),
    _sets(
        "--roles", for_operators=False, to="roles_file", read=lambda _, __, value: Path(value), metavar="FILE",
        help=f"The roles file, for the store's owner and root ({ROLES_FILE}).",
    ),
    _sets(
        "--store", for_operators=False, to="location", read=lambda _, __, value: location_named(value, "--store"),
        metavar="DIR", help=f"The store's folder, or postgresql:... (or {STORE_VARIABLE}).",
    ),
    _sets(
        "--confirm-name", to="confirmed_name", read=read_text, metavar="NAME",
        help="The context's name, if it asks for that in a deletion or large change.",
    ),
    _sets(
        "--context", for_operators=False, to="context_name", read=read_text, metavar="NAME",
        help=f"The store by its name in the configuration file (or {CONTEXT_VARIABLE}).",
    ),
)  # fmt: skip


def at_store(command: Callable[..., Any], labels: bool = False) -> Callable[..., Any]:
    """Pass the `CliContext` to a command, whose options may stand before the command's name or after it.

    One that `labels` what it prints has a `--context` of its own.
    """
    options = _STORE_OPTIONS[:-1] if labels else _STORE_OPTIONS
    return reduce(lambda done, option: option(done), options, _pass_context(check_first(command)))


_SCREEN_OPTIONS = (
    _sets(
        "--colours", "--colors", type=click.Choice(COLOURS),
        help="How many colours the terminal has, if it reports them wrongly.",
    ),
    _sets("--theme", type=click.Choice(THEMES), help="The console's theme."),
    _sets("--mouse", is_flag=True, help="Use the mouse in the console; the terminal then cannot select text with it."),
    _sets("--plain", is_flag=True, help="Ask and answer in lines, for screen readers (or ACCESSIBLE=1)."),
    _sets("--ascii", to="ascii_only", is_flag=True, help="Draw with ASCII only (or KCONSOLE_ASCII=1)."),
)  # fmt: skip


def on_screen(command: Command) -> Command:
    """Add the options for the look of the console."""
    return reduce(lambda done, option: option(done), _SCREEN_OPTIONS, command)


def say(message: str) -> None:
    """Print one line on standard error. Text from outside may be in it."""
    click.echo(safe_text(message), err=True)


def say_failure(message: str, hint: str = "") -> None:
    """Print an error in words of the command line itself, and what to do next."""
    say(f"kconsole: {message}")
    if hint:
        say(hint)


def say_error(error: ConsoleError) -> None:
    """Print an error, and what to do next."""
    say(f"kconsole: {messages.error_words(error)}")
    for detail in error.details:
        say(f"  {messages.words_of(detail)}")
    if error.hints:
        say(messages.hint_words(error))


def say_unconfirmed(session: Session) -> None:
    """Print the changes that the server was asked for and has not confirmed, if there are any."""
    pending_changes = list(session.state.pending_changes.values())
    if not pending_changes:
        return
    from kconsole.text.server import unconfirmed_words

    for pending in pending_changes[:MOST_UNCONFIRMED]:
        say(f"Note: {unconfirmed_words(pending)}")
    if len(pending_changes) > MOST_UNCONFIRMED:
        more = len(pending_changes) - MOST_UNCONFIRMED
        say(f"Note: {words.count(more, 'more change')} {words.are(more)} unconfirmed.")
    say("Run 'kconsole sync' to confirm them; the next change on the server does so too.")


def say_outcomes(done: Done) -> None:
    """Print the outcomes of an operation, what to do next or to mind, and the change in seats."""
    for outcome in done.outcomes:
        text = messages.words_of(outcome.message)
        say(f"{safe_address(outcome.address)}: {text}" if outcome.address else text)
    hinted = (outcome for outcome in done.outcomes if outcome.hints and outcome.result != "unchanged")
    for hint in dict.fromkeys(messages.sentences(outcome.hints) for outcome in hinted):
        say(hint)
    say_seats(done)


def say_seats(done: Done) -> None:
    """Print the change in seats, if there is one."""
    before, after = done.before.used, done.after.used
    if before != after:
        say(f"{before:,} → {used_words(done.after, 'seat')}")


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """The exit code for the outcomes of several addresses."""
    failed = [outcome.result for outcome in outcomes if outcome.failed]
    if not failed:
        return DONE
    if len(failed) < len(outcomes):
        return PARTLY_FAILED
    return REFUSED if "refused" in failed else NOT_FOUND


reason_option = click.option(
    "--reason", callback=read_text, default="", metavar="TEXT", help="Why; the log records it."
)
"""The option of all commands that change something."""


def ascii_only() -> bool:
    """Whether standard output takes ASCII only, or is a terminal for which the user asked for ASCII."""
    if not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf"):
        return True
    if not sys.stdout.isatty():
        return False
    from kconsole.text.terminals import asks_for_ascii

    context = click.get_current_context(silent=True)
    place = context.find_object(CliContext) if context else None
    return (place is not None and place.ascii_only) or bool(asks_for_ascii(os.environ))
