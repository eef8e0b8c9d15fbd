"""Passwords to other servers: read from a private file, from the environment, or typed. kconsole never stores one."""

import base64
import codecs
import html
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import unquote, unquote_plus

from kconsole.core.codes import message
from kconsole.core.errors import BadInput

DIRECTORY_PASSWORD: Final = "KCONSOLE_DIRECTORY_PASSWORD"  # noqa: S105  # the name of a variable
"""The environment variable that holds the password to a directory."""

LONGEST: Final = 4096
"""Bytes of a password that are accepted."""

_SHORTEST_CODE: Final = 5
"""Characters; a shorter code of a password is found in many texts by chance."""
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


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


def shows(text: str, secret: Secret) -> bool:
    """Whether a text has a password in it: as it is, escaped for JSON, HTML or a URL, or in base64 or hexadecimal."""
    password = secret.reveal()
    if not password:
        return False
    plain = {text}
    for _ in range(2):  # JSON in HTML, and the like
        plain |= {decode(each) for each in plain for decode in (html.unescape, unquote, unquote_plus, _unescaped)}
    if any(password.casefold() in each.casefold() for each in plain):
        return True
    raw = password.encode("utf-8", "surrogatepass")
    coded = [raw.hex()]
    for before in range(3):  # what stands before it decides how it is written
        whole = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        coded.append(whole[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6].casefold())
    folded = {each.casefold().replace("-", "+").replace("_", "/") for each in plain}
    return any(code in each for code in coded if len(code) >= _SHORTEST_CODE for each in folded)


def _unescaped(text: str) -> str:
    """A text without the escapes of JSON."""
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else _ESCAPED.get(match[2], match[2]), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # two escapes may be one character


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
    if mode & (stat.S_IRWXO | (stat.S_IWGRP if _is_credential(path) else stat.S_IRWXG)):
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


def _is_credential(path: Path) -> bool:
    """Whether systemd gave this file to its service: its group's rights are then those of a list that names the user.

    Source: LoadCredential= in systemd.exec(5); the folder is for the service alone.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return bool(folder) and path.parent == Path(folder)


def _typed(text: str) -> str:
    """The first line, without what an editor adds to a file and no key types; blanks belong to the password."""
    return re.split(r"[\r\n]", text.removeprefix("\ufeff"), maxsplit=1)[0].removesuffix("\x1a")
