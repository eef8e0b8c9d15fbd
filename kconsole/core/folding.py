"""The form in which texts are searched: without case, accents, and what else people leave out when they type.

The rule, for every script: compatibility forms become plain ones (full-width letters, the `ﬁ` ligature). Marks that
change a letter are dropped (`ü` u, `ά` α, `й` и, `ё` е, `İ` i). A Latin or Cyrillic letter whose Unicode name says
"WITH STROKE" and the like becomes the letter without (`ø` o, `đ` d, `ł` l). Case is folded (`ß` ss, final sigma), and
a few letters become what they are written as in ASCII. Marks that are letters of their own stay: vowel signs, the
Japanese voicing mark, and those that join or silence (combining classes 0, 7, 8 and 9).

Only searching uses it. Addresses and domains are compared by `core.identity`, where `ü` and `u` are two.
"""

import unicodedata
from typing import Final

_WRITTEN_AS: Final = {"ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ŋ": "ng", "ĸ": "k", "ə": "e"}
_KEPT_MARKS: Final = frozenset({0, 7, 8, 9})
_REMEMBERED: Final = 10_000  # characters: more than the scripts of one store have


def search_fold(text: str) -> str:
    """The text as it is searched. What one letter becomes does not depend on the letters around it."""
    return text.lower() if text.isascii() else text.translate(_FOLDED)


class _Folded(dict[int, str]):
    """What each character becomes, by its code; made when it is first seen."""

    def __missing__(self, code: int) -> str:
        folded = "".join(map(_plain, _unmarked(_unmarked(chr(code)).casefold())))
        if len(self) < _REMEMBERED:
            self[code] = folded
        return folded


_FOLDED: Final = _Folded()


def _unmarked(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if unicodedata.combining(letter) in _KEPT_MARKS)


def _plain(letter: str) -> str:
    name, with_, _ = unicodedata.name(letter, "").partition(" WITH ")
    if with_ and name.startswith(("LATIN", "CYRILLIC")):
        try:
            letter = unicodedata.lookup(name)
        except KeyError:
            return letter
    return _WRITTEN_AS.get(letter, letter)
