"""Tells keys from everything else that a terminal sends: the one place between its bytes and the application.

A terminal sends more than keys: answers to questions that another program asked, reports, pasted text. Textual's parser
takes what it does not know for keys, so that a late answer or a paste with an escape in it could disable an account.
Here a control string is swallowed whole, a paste is text whatever is in it, and only sequences that a key is known to
send count as keys. What never ends is let go after a time, and none of it counts as keys.
"""

import codecs
import re
from typing import Final, Literal, NamedTuple

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS

ESCAPE_DELAY: Final = 0.1
"""Seconds of silence after which an ESC was the key."""

CUT_OFF: Final = 1.0
"""Seconds of silence after which a sequence or a control string without an end is dropped."""

PASTE_CUT_OFF: Final = 2.0
"""Seconds of silence after which a paste without an end is over."""

SLOW: Final = 5.0
"""Seconds in which at least `SLOW_TEXT` more characters come of what is long: fewer are typed by someone who waits."""

SLOW_TEXT: Final = 64

LATE: Final = 10.0
"""Seconds in which the rest of what was given up is still recognised, if it comes at once: a line may be stuck."""

AFTER_BELL: Final = 0.05
"""Seconds of silence after which a BEL was the end of a string that may also hold one."""

LONGEST_PASTE: Final = 65_536
"""Characters of a paste that are kept."""

LONGEST_SEQUENCE: Final = 256

Kind = Literal["typed", "key", "numbered", "alt", "report", "paste", "paste-end"]


class Token(NamedTuple):
    """Something whole that the terminal sent."""

    kind: Kind
    """A typed character, a key with a sequence of its own, one with a number, alt with a character, a report, a paste,
    or the end of a paste whose beginning was not seen."""
    text: str


ESCAPE: Final = Token("key", "\x1b")
_NOTHING: Final = Token("report", "")

_DROP_INVALID: Final = "kconsole-drop-invalid"
_NO_CHARACTER: Final = "\ufffd"
_EIGHT_BIT: Final = str.maketrans(
    {eight: f"\x1b{chr(eight - 0x40)}" for eight in (0x8F, 0x90, 0x98, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F)}
)
"""8-bit control characters that begin or end a sequence, as they are with 7 bits."""

_PASTE, _PASTE_END = "\x1b[200~", "\x1b[201~"
_STRINGS: Final = ("\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bX")  # OSC, DCS, APC, PM, SOS
_STRING_END: Final = "\x1b\\"
_STRING_ENDS: Final = re.compile(r"\x07|\x1b\\")
_TOO_LONG: Final = "\x1b[?"  # stands for what came: no key begins like this

_LATE: Final = re.compile(r"\[[ -?]*[@-~]|O[0-9;]*[@-~]|[]P_^X](?s:...)")
"""The rest of a sequence whose ESC came so much earlier that it was taken for the key."""

_SURELY_LATE: Final = re.compile(r"\[[<=>?]?\d[ -?]*[@-~]|[]P_^X](?s:.)*(?:\x07|\x1b\\)", re.ASCII)
"""The same where it may have come much later: no one types this at once."""

_LATE_REST: Final = re.compile(r"[;<=>?]*\d[ -?]*[@-~]", re.ASCII)
"""The rest of a control sequence that was given up; its last letter alone may be a key."""

_CSI_END: Final = re.compile(r"[\x18\x1a\x1b@-\U0010ffff]")
_RXVT: Final = re.compile(r"\x1b\[[0-9]+\$")
_EXTENDED: Final = re.compile(r"\x1b\[([0-9:]*(?:;[0-9:]*){0,2})([u~ABCDEFHPQS])")
_REPORT: Final = re.compile(r"\x1b\[(?:[IO]|\?2026;[0-9]\$y|<[0-9]+;-?[0-9]+;-?[0-9]+[Mm])")
_CURSOR: Final = re.compile(r"\x1b\[[0-9]+;[0-9]+R")
"""Where the cursor is. F3 with a modifier looks like it; terminals of today send that otherwise."""

_MOST_MODIFIERS: Final = 256
_RELEASED: Final = "3"
_SURROGATES: Final = range(0xD800, 0xE000)
_FUNCTIONAL: Final = range(0xE000, 0xF900)
"""Private characters, by which terminals number the keys that have none."""


class Recogniser:
    """Makes tokens of what a terminal sends, in whatever pieces it arrives.

    Times are seconds of any steady clock. `tick` is to be called once nothing more has come until `due`.
    """

    def __init__(self, encoding: str = "utf-8") -> None:
        codecs.register_error(_DROP_INVALID, _drop_invalid)
        self._decoder = codecs.getincrementaldecoder(encoding)(_DROP_INVALID)
        self._rest = ""  # what came and is not whole yet
        self._in: Literal["", "string", "paste"] = ""
        self._start = ""  # of the control string
        self._is_empty = self._saw_bell = False  # the control string
        self._pasted: list[str] = []
        self._room = LONGEST_PASTE
        self._last = self._given_up_at = float("-inf")
        self._given_up = ""  # what was not whole then: an escape, the beginning of a sequence or of a control string
        self._since, self._come = 0.0, 0  # since when how many characters came of a string or paste

    @property
    def _patience(self) -> float | None:
        """How long to wait for the rest of what is not whole."""
        if self._in == "paste":
            return PASTE_CUT_OFF
        if self._in == "string":
            return AFTER_BELL if self._saw_bell else CUT_OFF
        if not self._rest:
            return None
        return CUT_OFF if self._rest[1:2] in ("[", "O") else ESCAPE_DELAY

    @property
    def due(self) -> float | None:
        """When to call `tick`, if nothing comes before; None if nothing waits."""
        return None if self._patience is None else self._last + self._patience

    def feed(self, data: bytes, now: float) -> list[Token]:
        """The tokens that are whole with these bytes."""
        # A busy program looks late: an escape that stood alone long enough was the key.
        early = self.tick(now) if self._rest == "\x1b" and not self._in else []
        text = self._decoder.decode(data).translate(_EIGHT_BIT)
        self._rest += self._without_late_rest(text, now)
        self._last = now
        was_in, tokens = self._in, early
        while self._rest and (token := self._next()) is not None:
            if token is not _NOTHING:
                tokens.append(token)
        if not self._in or self._in != was_in:
            self._since, self._come = now, 0
        self._come += len(text)
        if self._in and now - self._since >= SLOW:
            if self._come < SLOW_TEXT:
                return [*tokens, *self._let_go()]
            self._since, self._come = now, 0
        return tokens

    def tick(self, now: float) -> list[Token]:
        """The tokens that are whole because nothing more has come."""
        if self.due is None or now < self.due:
            return []
        self._given_up, self._given_up_at = self._start if self._in == "string" else self._rest, now
        return self._let_go()

    def _without_late_rest(self, text: str, now: float) -> str:
        """What came, without the rest of what was given up; if that was an escape, with it."""
        given_up, silence = self._given_up, now - self._given_up_at
        self._given_up = ""
        if given_up == "\x1b" and _LATE.match(text) and (silence < CUT_OFF or _SURELY_LATE.match(text)):
            return f"\x1b{text}" if silence < LATE else text
        if silence < LATE and given_up in _STRINGS and (end := _STRING_ENDS.search(text)):
            return text[end.end() :]
        if silence < LATE and given_up.startswith("\x1b[") and (rest := _LATE_REST.match(text)):
            return text[rest.end() :]
        return text

    def _let_go(self) -> list[Token]:
        """Give up waiting for the rest."""
        rest, self._rest = self._rest, ""
        if self._in == "paste":
            self._paste(rest)
            return [self._end_paste()]
        if self._in == "string":
            self._in, rest = "", self._start if self._is_empty else ""
        token = ESCAPE if rest == "\x1b" else _alt(rest[1]) if len(rest) == 2 else _NOTHING
        return [] if token is _NOTHING else [token]

    def _next(self) -> Token | None:
        """Take the next token off the rest; None if the rest is not whole."""
        if self._in == "string":
            return self._skip_string()
        if self._in == "paste":
            return self._take_paste()
        size = _size(self._rest)
        if not size:
            if len(self._rest) > LONGEST_SEQUENCE:
                self._rest = _TOO_LONG
            return None
        sequence, self._rest = self._rest[:size], self._rest[size:]
        if sequence == _PASTE:
            self._in, self._pasted, self._room = "paste", [], LONGEST_PASTE
        elif sequence in _STRINGS:
            self._in, self._start, self._is_empty, self._saw_bell = "string", sequence, True, False
        else:
            return _token(sequence)
        return _NOTHING

    def _skip_string(self) -> Token | None:
        r"""Skip a control string up to its end. An escape does not end it, unless a `\` or a paste follows."""
        rest, self._rest = self._rest, ""
        for place, each in enumerate(rest):
            if each == "\x1b":
                ahead = rest[place : place + len(_PASTE)]
                if ahead == _PASTE or ahead.startswith(_STRING_END):
                    self._in, self._rest = "", rest[place + (0 if ahead == _PASTE else 2) :]
                    return _NOTHING
                if _PASTE.startswith(ahead):
                    self._rest = rest[place:]
                    return None
                if ahead[:2] in _STRINGS:  # the one before was cut off
                    self._start, self._saw_bell = ahead[:2], False
            elif each == "\x07":
                if self._start == "\x1b]":
                    self._in, self._rest = "", rest[place + 1 :]
                    return _NOTHING
                self._saw_bell = True
            self._is_empty = False
        return None

    def _take_paste(self) -> Token | None:
        text, end, rest = self._rest.partition(_PASTE_END)
        if not end:  # the last characters may be the beginning of the end
            held = next((size for size in range(len(_PASTE_END) - 1, 0, -1) if text.endswith(_PASTE_END[:size])), 0)
            text, rest = text[: len(text) - held], text[len(text) - held :]
        self._paste(text)
        self._rest = rest
        return self._end_paste() if end else None

    def _paste(self, text: str) -> None:
        self._pasted.append(text[: self._room])
        self._room -= len(self._pasted[-1])

    def _end_paste(self) -> Token:
        self._in = ""
        return Token("paste", "".join(self._pasted).replace("\0", "").replace(_NO_CHARACTER, ""))


def _drop_invalid(error: UnicodeError) -> tuple[str, int]:
    """Keep 8-bit control characters where they are not part of a character; other invalid bytes are no character."""
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101  # registered for decoding only
    byte = error.object[error.start]
    is_control = error.end == error.start + 1 and 0x80 <= byte < 0xA0
    return chr(byte) if is_control else _NO_CHARACTER, error.end


def _size(text: str) -> int:
    """The size of the character or sequence at the beginning; 0 if it is not whole."""
    if text[0] != "\x1b" or text[1:2] == "\x1b":
        return 1
    if text[1:2] == "[":
        return _size_of_csi(text)
    if text[1:2] == "O":
        return _end(text, 2, "0123456789;")
    if " " <= text[1:2] <= "/":
        return _end(text, 2, "".join(map(chr, range(0x20, 0x30))))
    return 2 if len(text) > 1 else 0


def _end(text: str, start: int, skipped: str) -> int:
    """The place behind the first character from `start` on that is not to be skipped; 0 if there is none."""
    place = next((place for place in range(start, len(text)) if text[place] not in skipped), -1)
    return place if text[place : place + 1] == "\x1b" else place + 1


def _size_of_csi(text: str) -> int:
    """The size of a control sequence. Control characters in it do not end it, except for an ESC, CAN or SUB."""
    if text[2:3] in ("[", "M"):  # a Linux console's F1 has one more character; the mouse of old terminals three bytes
        missing = 1 if text[2] == "[" else 3
        for place in range(3, len(text)):
            if text[place] == "\x1b":
                return place
            missing -= 1 if text[place] == _NO_CHARACTER else len(text[place].encode())
            if missing <= 0:
                return place + 1
        return 0
    if (rxvt := _RXVT.match(text)) and rxvt[0] in ANSI_SEQUENCES_KEYS:
        return len(rxvt[0])
    if (end := _CSI_END.search(text, 2)) is None:
        return 0
    return end.start() if end[0] == "\x1b" else end.end()


def _token(sequence: str) -> Token:
    """The token of a whole character or sequence."""
    if sequence[0] != "\x1b":
        return Token("typed", sequence) if _is_character(ord(sequence)) else _NOTHING
    if len(sequence) == 1:
        return ESCAPE
    if sequence == _PASTE_END:
        return Token("paste-end", sequence)
    if len(sequence) > LONGEST_SEQUENCE or _CURSOR.fullmatch(sequence):
        return _NOTHING
    if _REPORT.fullmatch(sequence):
        return Token("report", sequence)
    if (extended := _EXTENDED.fullmatch(sequence)) and (key := _extended_key(extended)) is not None:
        return key
    if sequence in ANSI_SEQUENCES_KEYS:
        return Token("key", sequence)
    is_cut = sequence in _STRINGS or sequence[1] in "[O\\"
    return _alt(sequence[1]) if len(sequence) == 2 and not is_cut else _NOTHING


def _alt(character: str) -> Token:
    return Token("alt", character) if _is_character(ord(character)) else _NOTHING


def _extended_key(found: re.Match[str]) -> Token | None:
    """The key of a sequence with a number, as xterm and the kitty protocol send it; None if it is no such key."""
    (code, *_), (modifiers, *event), texts = [*(each.split(":") for each in found[1].split(";")), [""], [""]][:3]
    final = found[2]
    if final == "~" and code == "27" and texts[0]:  # xterm's modifyOtherKeys
        code, texts, final = texts[0], [""], "u"
    if event[:1] == [_RELEASED] or int(modifiers or "1") > _MOST_MODIFIERS:
        return _NOTHING
    characters = [int(text) for text in texts if text]
    if not all(each >= 0x20 and _is_character(each) for each in characters):
        return _NOTHING
    if final == "u":
        if not code:
            return _NOTHING
        number = int(code)
        is_named = f"{number}u" in FUNCTIONAL_KEYS
        is_sign = number >= 0x20 and _is_character(number) and number not in _FUNCTIONAL
        if not is_named and not is_sign and not (number == 0 and characters):
            return _NOTHING
    elif f"{code or 1}{final}" not in FUNCTIONAL_KEYS:
        return None
    if len(characters) > 1:  # composed by an input method
        return Token("paste", "".join(map(chr, characters)))
    text = "".join(f";{each}" for each in characters)
    return Token("numbered", f"\x1b[{code or 1};{modifiers}{text}{final}")


def _is_character(number: int) -> bool:
    return number <= 0x10FFFF and number not in range(0x80, 0xA0) and number not in _SURROGATES and number != 0xFFFD
