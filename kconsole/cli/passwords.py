"""Passwords on the command line: the option that names a file, and the prompt."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kconsole.cli.context import has_person
from kconsole.net.secrets import Secret, secret_from
from kconsole.text.safe_text import safe_text


def password_option(server: str, variable: str) -> Callable[[Any], Any]:
    """The option --password-file.

    Args:
        server: whose password it is, in words.
        variable: the environment variable that may hold it.
    """
    return click.option(
        "--password-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help=f"File of mode 0600 with the password to the {server} (default: {variable}, or a prompt).",
    )


def password_of(user: str, file: Path | None, variable: str) -> Secret:
    """The password of a user: from the file, else from the environment, else by a prompt.

    Raises:
        BadInput: there is none, and no terminal to ask for it.
    """

    def ask() -> str:
        text = f"Password of {safe_text(user)}"
        answer: str = click.prompt(text, hide_input=True, err=True, default="", show_default=False)
        return answer

    return secret_from(file, variable, ask if has_person() else None)
