"""The encoding of a file: UTF-8 unless it says otherwise, or its reader does. A guess is never more than a proposal.

Text is UTF-8, or what a byte order mark at its beginning says. Where single bytes of a UTF-8 file are none, its lines
are faulty, and the others good. Anything else needs a name: kconsole proposes one, with words as they would be read.

For the two Windows code pages of Europe the proposal is a good one. They differ in how letters fall: a `ř` stands
beside a vowel (Dvořák), an `ø` between consonants (Sørensen), and no name has a `³` in it (Micha³). So each reading of
each byte is judged by its neighbours, and the likelier one wins. Measured on 137 single names and phrases of twenty
languages, the hardest case: 4 misread (Bøe, Høeg, Brûlé, Cantù). charset-normalizer 3.5, limited to these two code
pages, chose CP1250 for every one, even for all Western ones in one file.
"""

import codecs
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from kconsole.core.codes import Message, message
from kconsole.core.errors import BadInput, EncodingUnconfirmed

CODE_PAGES: Final = ("CP1250", "CP1252")

PROPOSED: Final = (*CODE_PAGES, "CP1251", "ISO8859-2", "KOI8-R")
"""The code pages in which examples are shown."""

MOST_EXAMPLES: Final = 3  # words in each code page

_NAMES: Final = {"utf-8-sig": "UTF-8"}
_NO_TEXT: Final = ("idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf_7", "charmap", "mbcs")
"""Codecs of Python that no file is in, and that make text of what is none."""

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_NOT_TEXT: Final = re.compile("[\udc80-\udcff]")
"""What a byte becomes that is not text in the encoding."""

_VOWELS: Final = "aeiouyáéíóúýäëöüâîôàèìòùêûãõåæøïœÿěůęąăőű"

_MISPLACED: Final = -3
"""For a reading that no word has, such as a sign between letters; a likely place is 1, an unlikely one -1."""

_HABITS: Final = tuple(
    (re.compile(pattern.replace("V", f"[{_VOWELS}]").replace("C", f"[^{_VOWELS}]")), fit)
    for pattern, fit in (
        (".[ãõ][oe]", 1),  # João, Simões
        (".[ăő][^oe]", 1),  # Mădălina, Erdős, Győr
        (".ì-", 1),  # Forlì
        (".[ěů].", 1),  # Zdeněk, Růžena, Martinů
        (".(ù-|û.)", 0),
        ("[ikwz]ę.|.ę[bdgkp]", 1),  # Zięba, Kęsik, Jędrzej
        (".ę.", 0),
        ("[^ikwz]ê[stmnlz]", 1),  # Inês, Prêtre
        ("[^ikwz]ê.|.ê[stmnlz]", 0),
        (".ñV|.ńC", 1),  # Núñez; Kamiński, Stępień
        ("[^-]ðC|.đV|-þ.", 1),  # Guðrún, Davíð; Đorđe; Þór
        ("[^-]ţ.", 1),  # Constanţa
        ("-ţ.", 0),
        (".[àå].", 1),  # Håkan; what they would be in the other page, ŕ and ĺ, hardly occurs
        ("VïC", 1),  # Anaïs
        ("-ď.|.ďV", 1),  # Ďurica, Naďa
        (".ď.", 0),
        (".œ[ui]|.ś[^u]|-è[vz]", 1),  # Cœur; Ève
        ("-čC", 0),  # Čtvrtník
        (".[ãõăőìùûęêñńðđþţŕĺïďœś].|-è.", -1),
        ("CVC", 1),  # Lefèvre, Sørensen, Niccolò
        (".V.", -1),
        ("V..|..V", 1),  # Čapek, Dvořák, Petrović
    )
)
"""How likely letters are beside others, the first that fits. V is a vowel, C anything else, and - no letter."""


def encoding_named(name: str) -> str | None:
    """The encoding that Python knows by a name such as `utf8`, `windows-1250`, `koi8-r`; None if it is none."""
    try:
        codec = codecs.lookup(name)
        is_text = codec._is_text_encoding and codec.name.replace("-", "_") not in _NO_TEXT
        "".encode(codec.name)
    except (LookupError, ValueError, UnicodeError):
        return None
    return _NAMES.get(codec.name, codec.name).upper() if is_text else None


def marked_encoding(document: bytes) -> str | None:
    """The encoding that a byte order mark names; None without one."""
    return next((encoding for mark, encoding in _MARKS if document.startswith(mark)), None)


def likely_utf16(document: bytes) -> str | None:
    """The sort of UTF-16 that a text without a mark is in, as zeros between its first letters show; None for none."""
    first, second = document[:8:2], document[1:8:2]
    if any(first) and not any(second) and second:
        return "UTF-16-LE"
    return "UTF-16-BE" if any(second) and not any(first) else None


def is_mostly_utf8(document: bytes) -> bool:
    """Whether the bytes are UTF-8 but for a few: more letters beyond ASCII than bytes that are none."""
    text = document.decode("utf-8", "surrogateescape")
    wrong = len(_NOT_TEXT.findall(text))
    return not wrong or len(text) - len(text.encode("ascii", "ignore")) >= 2 * wrong


def decode(document: bytes, encoding: str) -> str:
    """The text without its byte order mark; a byte that is not text becomes one of the surrogates.

    Raises:
        UnicodeError: what follows such a byte is not clear.
    """
    return document.decode(encoding, "surrogateescape").lstrip("\ufeff")


def has_wrong_bytes(text: str) -> bool:
    """Whether any byte of a decoded text is not text."""
    return not text.isascii() and _NOT_TEXT.search(text) is not None


def wrong_byte(line: str, encoding: str) -> dict[str, Any] | None:
    """Where and what the first byte of a decoded line is that is not text, as parameters; None without one."""
    if (found := _NOT_TEXT.search(line)) is None:
        return None
    at = len(line[: found.start()].encode(encoding, "surrogateescape")) + 1
    return {"encoding": encoding, "byte": f"{ord(found[0]) - 0xDC00:02X}", "at": at}


def utf8_text(document: bytes, name: str, encoding: str | None = None) -> str:
    """The text of a document that is in UTF-8, in the encoding that its mark names, or in this one.

    Raises:
        BadInput: it is not, with the line and the byte.
    """
    named = encoding_named(encoding) if encoding is not None else marked_encoding(document) or "UTF-8"
    if named is None:
        raise BadInput("unknown-encoding", "known-encodings", encoding=encoding)
    try:
        text = document.decode(named).lstrip("\ufeff")
    except UnicodeError as error:
        hint = "save-as-utf8" if encoding is None else "name-the-encoding"
        raise BadInput("not-in-encoding-at", hint, file=name, **place_of(error, document, named)) from None
    return text.rstrip("\x1a\0") if text.endswith(("\x1a", "\0")) else text


def place_of(error: UnicodeError, document: bytes, encoding: str) -> dict[str, Any]:
    """Where the text ends that a document has in an encoding, as parameters."""
    start = error.start if isinstance(error, UnicodeDecodeError) else 0
    before = document[:start].decode(encoding, "ignore")
    line = before.count("\n") + 1
    byte = document[start : start + 1].hex().upper()
    last = before.rpartition("\n")[2]
    return {"encoding": encoding, "line": line, "byte": byte, "at": len(last.encode(encoding, "ignore")) + 1}


def examples(words: Iterable[bytes], encodings: Sequence[str] = PROPOSED) -> list[Message]:
    """A message for each code page in which words read differently, with the first of them."""
    shown: dict[tuple[str, ...], str] = {}
    some = list(dict.fromkeys(words))[:MOST_EXAMPLES]
    for encoding in encodings:
        texts = tuple(word.decode(encoding, "replace") for word in some)
        if not any("\ufffd" in text for text in texts):
            shown.setdefault(texts, encoding)
    return [message("encoding-example", encoding=encoding, words=list(texts)) for texts, encoding in shown.items()]


def guessed(document: bytes, name: str, words: Sequence[bytes], judged: Iterable[bytes]) -> str:
    """The code page that a document is likely in, if that makes no difference to any word that is read.

    Args:
        document: all of it.
        name: what an error calls it.
        words: those that are read, and are not ASCII.
        judged: those of them that show which code page is meant; none for all.

    Raises:
        EncodingUnconfirmed: it makes a difference; with examples.
    """
    judged = list(judged) or words
    guess = likelier_code_page(b"\n".join(judged), document)
    if words:
        raise EncodingUnconfirmed(name, guess, examples(judged, (guess, *(page for page in PROPOSED if page != guess))))
    return guess


def likelier_code_page(letters: bytes, document: bytes = b"") -> str:
    """CP1250 (Central Europe) or CP1252 (Western Europe), whichever makes the likelier words.

    Args:
        letters: names and descriptions of the file: words only.
        document: all of it; a byte that one of the two lacks decides for the other.

    Returns:
        CP1252 without any evidence; most often the text is the same in both then.
    """
    possible = [page for page in CODE_PAGES if "\ufffd" not in document.decode(page, "replace")]
    if len(possible) == 1:
        return possible[0]
    central, western = (letters.decode(page, "replace") for page in CODE_PAGES)
    evidence = sum(
        _fit(central, place) - _fit(western, place)
        for place, byte in enumerate(letters)
        if byte > 0x7F and central[place] != western[place]
    )
    return "CP1250" if evidence > 0 else "CP1252"


def _fit(text: str, place: int) -> int:
    """How well the character at this place suits the ones beside it."""
    letter = text[place]
    before = text[place - 1] if place else " "
    after = text[place + 1] if place + 1 < len(text) else " "
    if letter in "ªº":  # Mª José, 2º: always at the end, and not after a vowel
        return 1 if not after.isalpha() and before.casefold() not in _VOWELS else _MISPLACED
    if letter in "¿¡":
        return 0 if not before.isalpha() else _MISPLACED
    if not letter.isalpha():
        return _MISPLACED if before.isalpha() or after.isalpha() else 0
    if before.isdigit() or after.isdigit() or (letter.isupper() and before.islower()):
        return _MISPLACED
    around = "".join(each if each.isalpha() else "-" for each in (before, letter, after)).lower()
    return next((fit for pattern, fit in _HABITS if pattern.fullmatch(around)), -1)
