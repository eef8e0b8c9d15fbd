"""Passwords to other servers: from a file that nobody else can read, from the environment, or asked for. Never kept."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from kconsole.core.errors import BadInput
from kconsole.net.secrets import Secret as Secret
from kconsole.operations.user_files import open_file, trouble_of

DIRECTORY_PASSWORD: Final = "KCONSOLE_DIRECTORY_PASSWORD"  # noqa: S105  # the name of a variable
"""The environment variable that holds the password to a directory."""

LONGEST: Final = 4096
"""Bytes of a password beyond which it is none."""


def secret_from(file: Path | None, variable: str, ask: Callable[[], str] | None) -> Secret:
    """A password from where there is one: the file if one is named, else the environment, else by asking.

    Args:
        file: a file of mode 0600 or less; its first line is the password.
        variable: the environment variable that may hold it.
        ask: asks a person; None where nobody can be asked.

    Raises:
        BadInput: there is none, or others can read the file.
    """
    if file is not None:
        return _from_file(file)
    named = os.environ.get(variable, "")
    if named:
        return Secret(named)
    if ask is None:
        raise BadInput(
            "There is nobody to ask for the password.",
            f"Put it in a file of mode 0600 and name that with --password-file, or in {variable}.",
        )
    return Secret(ask())


def _from_file(path: Path) -> Secret:
    try:
        with open_file(path) as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise BadInput(f"Others than you can read {path}.", f"Run 'chmod 600 {path}', and change the password.")
            content = file.read(LONGEST + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {trouble_of(error)}.", "Name a file that holds the password.") from None
    try:
        text = content.decode() if len(content) <= LONGEST else ""
    except UnicodeDecodeError:
        text = ""
    if not (password := text.partition("\n")[0].rstrip("\r")):
        raise BadInput(f"{path} holds no password.", "Its first line has to be the password, in UTF-8.")
    return Secret(password)
