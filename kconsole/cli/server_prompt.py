"""What all commands that contact the server share: the login, and reporting the result."""

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from kconsole.cli import connection
from kconsole.cli.context import CliContext, exit_code, say, say_outcomes, say_unconfirmed
from kconsole.cli.signals import Ended, handled_by, interrupt
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, HalfDone, Operation, Outcome
from kconsole.operations.server_errors import server_to_ask
from kconsole.operations.session import Session
from kconsole.operations.sync.access import SERVER_PASSWORD
from kconsole.operations.sync.recover import Writer
from kconsole.text import messages
from kconsole.text.safe_text import safe_address
from kconsole.text.trust import INSECURE

password_option = connection.password_option("server", SERVER_PASSWORD)
"""Gives a command the option --password-file."""


def login_to(session: Session, password_file: Path | None) -> tuple[ServerAccess, Secret]:
    """How the server of a store is reached, and its password; raises Refused where --offline forbids it."""
    access = server_to_ask(session.state, session.offline).access
    if access.insecure:
        say(INSECURE)
    return access, connection.password_of(access.user, password_file, SERVER_PASSWORD)


def writer_for(
    place: CliContext, session: Session, is_done_on_server: bool, password_file: Path | None
) -> Writer | None:
    """What changes the server for an operation; None if the operation does not run there, or may not."""
    if not is_done_on_server or session.offline:
        return None
    place.check_writable()
    _, secret = login_to(session, password_file)
    return Writer(secret, recovered=lambda done: say_recovered(done.outcomes))


def say_recovered(outcomes: Iterable[Outcome]) -> None:
    """Say what became of unconfirmed changes."""
    for outcome in outcomes:
        say(f"Resolved: {safe_address(outcome.address)} {messages.words_of(outcome.message)}.")


def do_and_say(
    place: CliContext, session: Session, operation: Operation, password_file: Path | None, note: str = ""
) -> None:
    """Apply an operation, on the server first if the store follows one; report the result, and exit.

    `note` is added if the server did it.
    """
    is_there = session.is_done_on_server(operation.name)
    by = writer_for(place, session, is_there, password_file)
    done = said(session, lambda: session.do(operation, by))
    if is_there and note and done.changed:
        say(note)
    click.get_current_context().exit(exit_code(done.outcomes))


def said(session: Session, act: Callable[[], Done]) -> Done:
    """Apply something and report the result, also of a part that was done before an error, and what is unconfirmed."""
    try:
        with handled_by(interrupt):
            done = act()
    except HalfDone as half:
        say_outcomes(half.done)
        raise
    except Ended as ended:
        say_unconfirmed(session)
        raise click.exceptions.Exit(ended.exit_code) from None
    except KeyboardInterrupt:
        say_unconfirmed(session)
        raise
    say_outcomes(done)
    return done
