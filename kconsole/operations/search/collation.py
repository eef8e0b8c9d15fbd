"""Sorts names as the user's language does: č after c in Czech, å after z in Swedish, ı before i in Turkish.

The C library knows the languages whose locale is installed. Without one, and in the locales C and POSIX, which sort by
numbers of characters, names are sorted by the letters that `search_fold` makes of them (č as c, ß as ss, й as и), and
those with the same letters by their accents.

The order is one of the screen and of printed lists. Nothing of it is stored: files and hashes are the same everywhere.
"""

import locale
from typing import Final

from kconsole.core.folding import search_fold
from kconsole.core.records import fold

_BY_NUMBER: Final = ("C", "POSIX", "C.UTF-8", "C.utf8")

_by_locale = False


def use_locale() -> None:
    """Sort by the locale of the environment (LC_ALL, LC_COLLATE, LANG) from now on.

    What sorts names calls it once, before it has threads: a locale is of the whole process. Other commands do not: it
    takes a few milliseconds.
    """
    global _by_locale
    try:
        _by_locale = locale.setlocale(locale.LC_COLLATE, "") not in _BY_NUMBER
    except locale.Error:  # it is not installed
        _by_locale = False


def locale_in_use() -> str:
    """The locale by which names are sorted; empty if it is by letters."""
    return locale.setlocale(locale.LC_COLLATE) if _by_locale else ""


def collation_key(name: str) -> str | bytes:
    """The key by which names are sorted; all keys of one run are of one type."""
    if not _by_locale:
        return name.lower() if name.isascii() else f"{search_fold(name)}\0{fold(name)}"
    try:
        key = locale.strxfrm(name)
    except (ValueError, OSError):  # a name with a null character, or one that the C library does not take
        key = search_fold(name).replace("\0", " ")
    return key.encode("utf-8", "surrogatepass")  # in the same order, and smaller
