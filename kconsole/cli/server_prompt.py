"""What commands share that ask the live server: who logs in with which password, and what came of it."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from kconsole.cli.context import CliContext, exit_code, say, say_open, say_outcomes
from kconsole.cli.signals import Ended, handled_by, interrupt
from kconsole.core.server import Server, ServerAccess
from kconsole.net.secrets import Secret, secret_from
from kconsole.operations.base import Done, HalfDone, Operation, Outcome
from kconsole.operations.session import Session
from kconsole.operations.sync.access import SERVER_PASSWORD, Writer
from kconsole.operations.sync.refusals import no_server, not_asked
from kconsole.text import messages
from kconsole.text.safe_text import safe_text

INSECURE = "INSECURE: nobody checks which server answers, and what is sent may be read. That is recorded in the log."


def password_option(command: Any) -> Any:
    """Give a command the option that says where the password to the live server is."""
    return click.option(
        "--password-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help=f"The password to the live server, in a file of mode 0600 (else {SERVER_PASSWORD}, or it is asked for).",
    )(command)


def server_secret(access: ServerAccess, password_file: Path | None) -> Secret:
    """The password that somebody logs in to a server with.

    Raises:
        BadInput: there is none, and nobody to ask.
    """

    def ask() -> str:
        text = f"Password of {safe_text(access.user)}"
        answer: str = click.prompt(text, hide_input=True, err=True, default="", show_default=False)
        return answer

    return secret_from(password_file, SERVER_PASSWORD, ask if sys.stdin is not None and sys.stdin.isatty() else None)


def server_of(session: Session) -> Server:
    """The live server of a store.

    Raises:
        NotFound: there is none.
    """
    found = session.state.server
    if found is None:
        raise no_server()
    return found


def server_to_ask(session: Session) -> ServerAccess:
    """How the live server of a store is reached, if it may be.

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
    """Who asks the live server for a deed; None where the deed is none of its business, or nobody may ask."""
    if not is_done_there or session.offline:
        return None
    place.check_writable()
    return Writer(server_secret(server_to_ask(session), password_file), told=lambda done: say_settled(done.outcomes))


def say_settled(outcomes: Iterable[Outcome]) -> None:
    """Tell what came of what the server had been asked for, and nobody had heard of."""
    for outcome in outcomes:
        say(f"What was open is settled: {outcome.address} {messages.words_of(outcome.message)}.")


def do_and_say(
    place: CliContext, session: Session, operation: Operation, password_file: Path | None, note: str = ""
) -> None:
    """Do a deed, on the live server first if the store follows one; say what came of it, and end.

    Args:
        place: where this runs.
        session: the store.
        operation: what to do.
        password_file: where the password to the server is; None for the environment, or for asking.
        note: what to say besides, if the server did it.
    """
    is_there = session.is_done_there(operation.name)
    by = writer_for(place, session, is_there, password_file)
    done = said(session, lambda: session.do(operation, by))
    if is_there and note and done.changed:
        say(note)
    click.get_current_context().exit(exit_code(done.outcomes))


def said(session: Session, act: Callable[[], Done]) -> Done:
    """Do something, and say what came of it: also of what was done before something went wrong, and what is open.

    Raises:
        ConsoleError: it was not done, or not all of it.
    """
    try:
        with handled_by(interrupt):
            done = act()
    except HalfDone as half:
        say_outcomes(half.done)
        raise
    except Ended as ended:
        say_open(session)
        raise click.exceptions.Exit(ended.exit_code) from None
    except KeyboardInterrupt:
        say_open(session)
        raise
    say_outcomes(done)
    return done
