"""The words of a command line as a shell reads it, up to the cursor, and words as they are typed there."""

import re
from collections.abc import Iterable, Iterator

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_SEPARATORS = frozenset(";|&()\n")
_REDIRECTIONS = frozenset("<>")
_BLANKS = frozenset(" \t")
_NEEDS_BACKSLASH = re.compile(r"[^\w@%+=:,./-]")
_NEEDS_BACKSLASH_IN_QUOTES = re.compile(r'["\\$`]')


class Line:
    """A command line up to the cursor.

    Attributes:
        words: the words of the last command in it, without quotes and backslashes; the last one is begun, or empty.
        is_redirected: whether the last one names a file that is redirected to or from.
        quote: the quotation mark that is open in it; empty if none is.
        kept: how much of it stays as it is typed: the shell replaces only what comes after.
    """

    def __init__(self, text: str, breaks: str = "") -> None:
        """Read it; `breaks` are the characters at which the shell begins to replace, as in COMP_WORDBREAKS."""
        self.words: list[str] = []
        self.is_redirected, self.quote, self.kept = False, "", 0
        word, has_word = "", False
        letters = iter(text)
        for letter in letters:
            if self.quote:
                if letter == self.quote:
                    self.quote, self.kept = "", len(word) if letter in breaks else self.kept
                elif letter == "\\" and self.quote == '"':
                    following = next(letters, "")
                    word += following if following in '"\\$`' else letter + following
                else:
                    word += letter
            elif letter == "\\":
                word, has_word = word + next(letters, ""), True
            elif letter in "'\"":
                self.quote, self.kept, has_word = letter, len(word), True
            elif letter in _BLANKS or letter in _SEPARATORS or letter in _REDIRECTIONS:
                if has_word:
                    self.words.append(word)
                    self.is_redirected = False
                if letter not in _BLANKS:
                    self.words = [] if letter in _SEPARATORS else self.words
                    self.is_redirected = letter in _REDIRECTIONS
                word, has_word, self.kept = "", False, 0
            else:
                word, has_word = word + letter, True
                self.kept = len(word) if letter in breaks else self.kept
        self.words.append(word)


def without_assignments(words: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The variables that are set before a command, and the command's own words."""
    variables, rest = dict[str, str](), list(words)
    while rest and (found := _ASSIGNMENT.fullmatch(rest[0])) is not None:
        variables[found[1]] = found[2]
        del rest[0]
    return variables, rest


def for_bash(line: Line, words: Iterable[str]) -> Iterator[str]:
    """Words as bash puts them in place of what is typed after `kept`."""
    for word in words:
        end = word[line.kept :]
        if not line.quote:
            yield _NEEDS_BACKSLASH.sub(r"\\\g<0>", end)
        elif line.quote == "'":
            yield end.replace("'", r"'\''")
        elif "!" not in end:  # which bash replaces there, and no backslash prevents it
            yield _NEEDS_BACKSLASH_IN_QUOTES.sub(r"\\\g<0>", end)
