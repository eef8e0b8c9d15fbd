"""What every command shares: where the store is, how to speak, and how outcomes become exit codes."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from kconsole.core.errors import ConsoleError, ReadOnly
from kconsole.core.history import Operator
from kconsole.core.times import Clock
from kconsole.operations.appearance import COLOURS, THEMES, Colours
from kconsole.operations.base import Done, Outcome
from kconsole.operations.session import (
    PATIENCE,
    STORE_VARIABLE,
    Progress,
    Session,
    default_folder,
    system_operator,
)
from kconsole.text import messages
from kconsole.text.safe_text import safe_text

LONGEST_WAIT = 86_400
"""Seconds that somebody may want to wait for a store."""

DONE, PARTLY_FAILED, NOT_FOUND, REFUSED = 0, 1, 3, 4
"""Exit codes that a command with several addresses can end with; errors bring their own."""

MOST_OPEN = 3
"""Questions without an answer that are told one by one."""

EXPIRED = 9
"""The exit code of what shows the license once trial or license have expired, also in a grace period."""

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class CliContext:
    """Where this run works, as whom, and for how long it waits there."""

    folder: Path | None = None
    patience: float = PATIENCE
    claimed: str = ""
    read_only: bool = False
    offline: bool = False
    """Whether no live server may be asked for anything."""
    ascii_only: bool = False
    """Whether to draw with ASCII only; without it, what the terminal can."""
    mouse: bool = False
    """Whether the console takes the mouse."""
    theme: str = ""
    """The theme that was asked for; empty if none was."""
    colours: Colours | Literal[""] = ""
    """How many colours were asked for; empty for what the terminal says."""
    clock: Clock | None = None
    """Tells the moment; None for the machine's."""
    sleep: Callable[[float], None] = time.sleep
    """Waits so many seconds, between two looks of what goes on until it is ended."""

    @property
    def store_folder(self) -> Path:
        """The chosen folder: by option, by the environment, or the default one."""
        if self.folder is not None:
            return self.folder
        chosen = os.environ.get(STORE_VARIABLE)
        return _folder_named(chosen, STORE_VARIABLE) if chosen else default_folder()

    @property
    def operator(self) -> Operator:
        """Who is at work."""
        return system_operator(self.claimed)

    def check_writable(self) -> None:
        """Go on only if something may be changed.

        Raises:
            ReadOnly: the option says that nothing may.
        """
        if self.read_only:
            raise ReadOnly("Nothing was changed: --read-only forbids it.", "Leave it out to change something.")

    def open(self, tell: bool = True, progress: Progress | None = None, about_open: bool = True) -> Session:
        """Open the store until the command ends.

        Args:
            tell: whether to say what was found wrong with it.
            progress: is told how far it has come.
            about_open: whether to say as well what the server was asked for and nobody knows of whether it was done;
                not where the command finds that out.

        Raises:
            NotFound: there is none.
            StoreUnusable: it cannot be used.
        """
        session = Session.open(
            self.store_folder,
            self.operator,
            self.clock,
            patience=self.patience,
            read_only=self.read_only,
            progress=progress,
        )
        session.offline = self.offline
        if progress is None:
            click.get_current_context().call_on_close(session.close)
        for notice in session.store.notices if tell else ():
            say(f"Note: {messages.sentence(notice)}")
        if tell and about_open:
            say_open(session)
        return session


pass_cli = click.make_pass_decorator(CliContext, ensure=True)


def read_text(context: click.Context, param: click.Parameter, value: str) -> str:
    """Text that a store can keep: what the shell passes as bytes that are no text is refused."""
    try:
        value.encode()
    except UnicodeEncodeError:
        message = f"'{value}' is not written in the encoding of this terminal."
        raise click.BadParameter(message, context, param) from None
    return value


def _choose(field: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """The callback of an option that sets a field of the place, wherever on the line it stands."""

    def choose(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None and value is not False:
            setattr(context.ensure_object(CliContext), field, value)

    return choose


def _folder_named(name: str, where: str) -> Path:
    """The folder of this name; a `~` at its beginning is somebody's home, since no shell sees to that in a variable.

    Raises:
        UsageError: it names none.
    """
    if not name.strip():
        raise click.UsageError(f"{where} is empty; name a folder.")
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise click.UsageError(f"{where} is '{name}', and whose home that is nobody knows.") from None


def _read_folder(context: click.Context, param: click.Parameter, value: str | None) -> None:
    _choose("folder")(context, param, None if value is None else _folder_named(value, "--store"))


def _read_patience(context: click.Context, param: click.Parameter, value: float | None) -> None:
    if value is not None and not 0 <= value <= LONGEST_WAIT:
        raise click.BadParameter(f"it is a number of seconds from 0 to {LONGEST_WAIT:,}.", context, param)
    _choose("patience")(context, param, value)


_PLACE_OPTIONS = (
    click.option(
        "--read-only",
        is_flag=True,
        expose_value=False,
        callback=_choose("read_only"),
        help="Change nothing, whatever is asked.",
    ),
    click.option(
        "--offline",
        is_flag=True,
        expose_value=False,
        callback=_choose("offline"),
        help="Ask no live server: what was read last is shown, and nothing is changed there.",
    ),
    click.option(
        "--as",
        "claimed",
        metavar="NAME",
        expose_value=False,
        callback=lambda context, param, value: _choose("claimed")(
            context, param, value and read_text(context, param, value)
        ),
        help="Who you are; the log keeps it as a claim, beside the system's user.",
    ),
    click.option(
        "--wait",
        type=float,
        metavar="SECONDS",
        expose_value=False,
        callback=_read_patience,
        help="How long to wait for another kconsole that is saving (10).",
    ),
    click.option(
        "--store",
        metavar="DIR",
        expose_value=False,
        callback=_read_folder,
        help=f"The store's folder (or {STORE_VARIABLE}).",
    ),
)


def at_store(command: Command) -> Command:
    """Give a command the options that choose the store; they may stand before the command's name or after."""
    for option in _PLACE_OPTIONS:
        command = option(command)
    return command


_SCREEN_OPTIONS = (
    click.option(
        "--colours",
        "--colors",
        "colours",
        type=click.Choice(COLOURS),
        expose_value=False,
        callback=_choose("colours"),
        help="How many colours the terminal has, if it says so wrongly.",
    ),
    click.option(
        "--theme", type=click.Choice(THEMES), expose_value=False, callback=_choose("theme"), help="The console's theme."
    ),
    click.option(
        "--mouse",
        is_flag=True,
        expose_value=False,
        callback=_choose("mouse"),
        help="Let the console take the mouse; the terminal then selects no text with it.",
    ),
    click.option(
        "--ascii",
        is_flag=True,
        expose_value=False,
        callback=_choose("ascii_only"),
        help="Draw with ASCII only (or KCONSOLE_ASCII=1).",
    ),
)


def on_screen(command: Command) -> Command:
    """Give a command the options that say how the console looks."""
    for option in _SCREEN_OPTIONS:
        command = option(command)
    return command


def say(message: str) -> None:
    """Say one line to the user, on standard error. Text from outside may be in it."""
    click.echo(safe_text(message), err=True)


def say_failure(message: str, hint: str = "") -> None:
    """Say what went wrong, and what to do next."""
    say(f"kconsole: {message}")
    if hint:
        say(hint)


def say_error(error: ConsoleError) -> None:
    """Say what went wrong, and what to do next."""
    say(f"kconsole: {messages.error_words(error)}")
    for detail in error.details:
        say(f"  {messages.words_of(detail)}")
    if error.hints:
        say(messages.hint_words(error))


def say_open(session: Session) -> None:
    """Say which changes on the server are not confirmed, if there are any."""
    pending_changes = list(session.state.pending_changes.values())
    if not pending_changes:
        return
    from kconsole.text.server import unconfirmed_words

    for pending in pending_changes[:MOST_OPEN]:
        say(f"Note: {unconfirmed_words(pending)}")
    if len(pending_changes) > MOST_OPEN:
        say(f"Note: {len(pending_changes) - MOST_OPEN:,} more are not confirmed.")
    say("'kconsole sync' resolves that; so does the next change on the server.")


def say_outcomes(done: Done) -> None:
    """Tell what came of a deed, entry by entry, and what it did to the seats."""
    for outcome in done.outcomes:
        say(_sentence(outcome))
    for hint in dict.fromkeys(messages.sentences(outcome.hints) for outcome in done.failures if outcome.hints):
        say(hint)
    say_seats(done)


def say_seats(done: Done) -> None:
    """Tell what a deed did to the seats, if it did anything."""
    before, after = done.before.used, done.after.used
    if before != after:
        limit = "" if done.after.limit is None else f" of {done.after.limit:,}"
        say(f"{before:,} → {after:,}{limit} seats used")


def _sentence(outcome: Outcome) -> str:
    text = messages.words_of(outcome.message)
    return f"{outcome.address}: {text}" if outcome.address else text


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """The exit code for what came of several addresses."""
    failed = [outcome.result for outcome in outcomes if outcome.failed]
    if not failed:
        return DONE
    if len(failed) < len(outcomes):
        return PARTLY_FAILED
    return REFUSED if "refused" in failed else NOT_FOUND


reason_option = click.option("--reason", callback=read_text, default="", metavar="TEXT", help="Why; the log keeps it.")
"""The option of every command that changes something."""


def ascii_only() -> bool:
    """Whether standard output takes ASCII only, or the user wants no more; of what goes into files he wants all."""
    if not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf"):
        return True
    if not sys.stdout.isatty():
        return False
    from kconsole.text.terminals import asks_for_ascii

    context = click.get_current_context(silent=True)
    place = context.find_object(CliContext) if context else None
    return (place is not None and place.ascii_only) or bool(asks_for_ascii(os.environ))


def has_person() -> bool:
    """Whether there is somebody at standard input who can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def terminal_width() -> int | None:
    """How wide a table may be: the terminal's width, or without limit if output goes elsewhere."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns
