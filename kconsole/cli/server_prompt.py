"""What all commands that contact the server share: the login, and reporting the result."""

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from kconsole.cli import connection
from kconsole.cli.context import CliContext, exit_code, say, say_outcomes, say_unconfirmed
from kconsole.cli.signals import Ended, handled_by, interrupt
from kconsole.core.server import Server, ServerAccess
from kconsole.net.secrets import Secret
from kconsole.operations.base import Done, HalfDone, Operation, Outcome
from kconsole.operations.server_errors import no_server, not_asked
from kconsole.operations.session import Session
from kconsole.operations.sync.access import SERVER_PASSWORD
from kconsole.operations.sync.login import Writer
from kconsole.text import messages
from kconsole.text.trust import INSECURE

password_option = connection.password_option("server", SERVER_PASSWORD)
"""Gives a command the option --password-file."""


def server_secret(access: ServerAccess, password_file: Path | None) -> Secret:
    """The password of a login.

    Raises:
        BadInput: there is none, and no terminal to ask for it.
    """
    return connection.password_of(access.user, password_file, SERVER_PASSWORD)


def server_of(session: Session) -> Server:
    """The server of a store.

    Raises:
        NotFound: there is none.
    """
    found = session.state.server
    if found is None:
        raise no_server()
    return found


def server_to_ask(session: Session) -> ServerAccess:
    """How the server of a store is reached, if it may be contacted.

    Raises:
        NotFound: there is none.
        Refused: --offline forbids it.
    """
    server = server_of(session)
    if session.offline:
        raise not_asked(server)
    if server.access.insecure:
        say(INSECURE)
    return server.access


def writer_for(place: CliContext, session: Session, is_done_there: bool, password_file: Path | None) -> Writer | None:
    """What changes the server for an operation; None if the operation does not run there, or may not."""
    if not is_done_there or session.offline:
        return None
    place.check_writable()
    return Writer(
        server_secret(server_to_ask(session), password_file), recovered=lambda done: say_recovered(done.outcomes)
    )


def say_recovered(outcomes: Iterable[Outcome]) -> None:
    """Say what became of unconfirmed changes."""
    for outcome in outcomes:
        say(f"Resolved: {outcome.address} {messages.words_of(outcome.message)}.")


def do_and_say(
    place: CliContext, session: Session, operation: Operation, password_file: Path | None, note: str = ""
) -> None:
    """Apply an operation, on the server first if the store follows one; report the result, and exit.

    Args:
        place: the context of the command.
        session: the store.
        operation: what to do.
        password_file: has the password to the server; None for the environment or a prompt.
        note: is added if the server did it.
    """
    is_there = session.is_done_there(operation.name)
    by = writer_for(place, session, is_there, password_file)
    done = said(session, lambda: session.do(operation, by))
    if is_there and note and done.changed:
        say(note)
    click.get_current_context().exit(exit_code(done.outcomes))


def said(session: Session, act: Callable[[], Done]) -> Done:
    """Apply something and report the result, also of a part that was done before an error, and what is unconfirmed.

    Raises:
        ConsoleError: not all of it was done.
    """
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
