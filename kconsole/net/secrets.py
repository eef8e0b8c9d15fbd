"""Passwords to other servers: read from a private file, from the environment, or typed. kconsole never stores one."""

import codecs
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from kconsole.core.codes import message
from kconsole.core.errors import BadInput

DIRECTORY_PASSWORD: Final = "KCONSOLE_DIRECTORY_PASSWORD"  # noqa: S105  # the name of a variable
"""The environment variable that holds the password to a directory."""

LONGEST: Final = 4096
"""Bytes of a password that are accepted."""


class Secret:
    """A password that cannot end up by accident in a text, a copy or a file."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a password is neither copied nor written to a file")

    def reveal(self) -> str:
        """The password. Do not keep it in a variable that outlives its use."""
        return self._text


def secret_from(file: Path | None, variable: str, ask: Callable[[], str] | None) -> Secret:
    """Get a password: from the file if one is named, else from the environment, else by asking.

    A file must have mode 0600 or stricter; its first line is the password, in UTF-8, or in UTF-16 with its mark. `ask`
    is None without a terminal.
    """
    if file is not None:
        return _from_file(file)
    if from_environment := os.environ.get(variable, ""):
        return Secret(_typed(from_environment))
    if ask is None:
        raise BadInput("password-prompt-impossible", message("give-password-file-or-variable", variable=variable))
    return Secret(ask())


def _from_file(path: Path) -> Secret:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a named pipe would wait for a writer
        try:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise OSError("it is not a regular file")
            content = os.read(descriptor, LONGEST + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput("password-file-unreadable", "name-a-password-file", path=str(path), reason=reason) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        hint = message("make-password-file-private", path=str(path))
        raise BadInput("password-file-open-to-others", hint, path=str(path))
    if len(content) > LONGEST:
        raise BadInput("password-file-too-large", "password-on-first-line", path=str(path), longest=LONGEST)
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    password = _typed(content.decode(encoding, "replace"))
    if re.search(r"[\0-\x1f\x7f\ufffd]", password):
        raise BadInput("password-file-not-text", "password-on-first-line", path=str(path))
    if not password:
        raise BadInput("password-file-empty", "password-on-first-line", path=str(path))
    return Secret(password)


def _typed(text: str) -> str:
    """The first line, without what an editor adds to a file and no key types; blanks belong to the password."""
    return re.split(r"[\r\n]", text.removeprefix("\ufeff"), maxsplit=1)[0].removesuffix("\x1a")
