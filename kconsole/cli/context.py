"""What every command shares: where the store is, how to speak, and how outcomes become exit codes."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from kconsole.display.safe_text import safe_text
from kconsole.operations.deeds import Done, Outcome
from kconsole.operations.session import STORE_VARIABLE, Session, default_folder

DONE, PARTLY_FAILED, NOT_FOUND, REFUSED = 0, 1, 3, 4
"""Exit codes that a command with several addresses can end with; errors bring their own."""

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class Place:
    """Where this run works, and for how long it waits there."""

    folder: Path | None = None
    patience: float = 10.0

    @property
    def store_folder(self) -> Path:
        """The chosen folder, or the default one."""
        return default_folder() if self.folder is None else self.folder

    def open(self) -> Session:
        """Open the store.

        Raises:
            NotFound: there is none.
            StoreUnusable: it cannot be used.
        """
        return Session.open(self.store_folder, patience=self.patience)


pass_place = click.make_pass_decorator(Place, ensure=True)


def read_text(context: click.Context, param: click.Parameter, value: str) -> str:
    """Text that a store can keep: what the shell passes as bytes that are no text is refused."""
    try:
        value.encode()
    except UnicodeEncodeError:
        message = f"'{value}' is not written in the encoding of this terminal."
        raise click.BadParameter(message, context, param) from None
    return value


def _choose_folder(context: click.Context, param: click.Parameter, folder: Path | None) -> None:
    place = context.ensure_object(Place)
    said = context.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
    if folder is not None and (said or place.folder is None):
        place.folder = folder


def _choose_patience(context: click.Context, _: click.Parameter, seconds: float | None) -> None:
    if seconds is not None:
        context.ensure_object(Place).patience = seconds


def at_store(command: Command) -> Command:
    """Give a command the options that choose the store; they may stand before the command's name or after."""
    command = click.option(
        "--store",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        envvar=STORE_VARIABLE,
        expose_value=False,
        callback=_choose_folder,
        help=f"The store's folder (or {STORE_VARIABLE}).",
    )(command)
    return click.option(
        "--wait",
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        expose_value=False,
        callback=_choose_patience,
        help="How long to wait for another kconsole that is saving (10).",
    )(command)


def say(message: str) -> None:
    """Say one line to the user, on standard error. Text from outside may be in it."""
    click.echo(safe_text(message), err=True)


def say_error(message: str, hint: str = "", details: Iterable[str] = ()) -> None:
    """Tell what went wrong, and what to do next."""
    say(f"kconsole: {message}")
    for detail in details:
        say(f"  {detail}")
    if hint:
        say(hint)


def say_outcomes(done: Done) -> None:
    """Tell what came of a deed, entry by entry, and what it did to the seats."""
    for outcome in done.outcomes:
        say(_sentence(outcome))
    for hint in dict.fromkeys(outcome.hint for outcome in done.failures if outcome.hint):
        say(hint)
    say_seats(done)


def say_seats(done: Done) -> None:
    """Tell what a deed did to the seats, if it did anything."""
    before, after = done.before.used, done.after.used
    if before != after:
        limit = "" if done.after.limit is None else f" of {done.after.limit:,}"
        say(f"{before:,} → {after:,}{limit} seats used")


def _sentence(outcome: Outcome) -> str:
    return f"{outcome.address}: {outcome.text}" if outcome.address else outcome.text


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """The exit code for what came of several addresses."""
    results = [outcome.result for outcome in outcomes]
    failed = [result for result in results if result in ("not-found", "refused")]
    if not failed:
        return DONE
    if len(failed) < len(results):
        return PARTLY_FAILED
    return REFUSED if "refused" in failed else NOT_FOUND


reason_option = click.option("--reason", callback=read_text, default="", metavar="TEXT", help="Why; the log keeps it.")
"""The option of every command that changes something."""


def ascii_only() -> bool:
    """Whether standard output cannot take more than ASCII for certain."""
    return not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")


def terminal_width() -> int | None:
    """How wide a table may be: the terminal's width, or without limit if output goes elsewhere."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns
