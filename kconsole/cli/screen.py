"""Commands that open the console. The only place that imports the screen."""

import os
import sys
from pathlib import Path

import click

from kconsole.cli.context import Place, say
from kconsole.model.errors import BadInput
from kconsole.operations.samples import SAMPLE_NAMES, sample_session
from kconsole.operations.session import Session


@click.command()
@click.option(
    "--sample", type=click.Choice(SAMPLE_NAMES), default=SAMPLE_NAMES[0], show_default=True, help="Which one."
)
@click.option(
    "--into", "folder", type=click.Path(path_type=Path, file_okay=False), help="Keep the store in this folder."
)
def demo(sample: str, folder: Path | None) -> None:
    """Open the console on a copy of sample data.

    The copy is thrown away afterwards, unless --into says where to keep it.
    """
    if folder is not None:
        session = sample_session(sample, folder)
        say(f"Made a store of sample data in {folder}; open it again with 'kconsole --store {folder}'.")
        if has_terminal():
            show(session, f"sample '{sample}' in {folder}")
        return
    need_terminal()
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="kconsole-demo-") as throw_away:
        show(sample_session(sample, Path(throw_away) / "store"), f"sample '{sample}'")


def open_console(place: Place) -> None:
    """Open the console on the store.

    Raises:
        BadInput: there is no terminal to open it in.
        NotFound: there is no store.
    """
    need_terminal()
    show(place.open(), "")


def has_terminal() -> bool:
    """Whether there is a terminal that the console can be drawn in."""
    return sys.stdin.isatty() and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def need_terminal() -> None:
    """Go on only where the console can be drawn.

    Raises:
        BadInput: it cannot.
    """
    if not has_terminal():
        raise BadInput(
            "The console needs a terminal that can move its cursor.",
            "Use the command line instead: 'kconsole status', 'kconsole accounts', 'kconsole --help'.",
        )


def show(session: Session, title: str) -> None:
    """Show a session on the screen until the user leaves."""
    from kconsole.tui.app import KConsoleApp

    KConsoleApp(session, title).run(mouse=False)
    session.close()
