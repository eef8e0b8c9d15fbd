"""Opens the plain console on standard input and output. The only module that imports it."""

import sys
import termios
from collections.abc import Callable
from contextlib import suppress

import click

from kconsole.cli.context import say_unconfirmed
from kconsole.cli.streams import lost_output
from kconsole.net.secrets import Secret
from kconsole.operations.contexts import Context
from kconsole.operations.fleet_stores import Stores
from kconsole.operations.preferences import Preferences
from kconsole.operations.session import Progress, Session
from kconsole.operations.settings import Settings
from kconsole.plain.console import PlainConsole
from kconsole.plain.stores import ask_store
from kconsole.plain.terminal import Quit, Terminal

LINE: int = 8_192
"""Bytes of a line that are read at once: a terminal passes on fewer."""


def show_plain(
    session: Session | Callable[[Progress], Session] | Stores,
    title: str,
    why: str,
    settings: Settings,
    preferences: Preferences,
    secret: Secret | None = None,
    context: Context | None = None,
) -> None:
    """Serve a session in lines until the user quits; see `screen.show`."""
    terminal = Terminal(_write, lambda: sys.stdin.buffer.readline(LINE), sys.stdin.encoding, _forget_typed, _ask_secret)
    if isinstance(session, Stores):
        try:
            session, context = ask_store(session, terminal)
        except Quit:
            return
    elif not isinstance(session, Session):
        with suppress(Quit):
            terminal.say("Opening the store.")
        session = session(lambda *_: None)
    try:
        PlainConsole(session, terminal, settings, preferences, why, title, secret, context).run()
    except KeyboardInterrupt:
        say_unconfirmed(session)
        raise
    finally:
        session.close()


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
    if lost_output() is not None:
        raise Quit


def _forget_typed() -> None:
    with suppress(termios.error):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _ask_secret(prompt: str) -> str:
    try:
        answer: str = click.prompt(prompt, hide_input=True, err=True, default="", show_default=False, prompt_suffix="")
    except click.Abort as end:  # which hides whether the input has ended, or the user interrupts
        if isinstance(end.__context__, EOFError):
            raise Quit from None
        raise KeyboardInterrupt from end
    return answer
