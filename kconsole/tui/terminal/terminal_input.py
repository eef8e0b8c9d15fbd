"""What a terminal sends, as Textual's events; and no more keys at once than a person can type.

A terminal without bracketed paste sends a paste as if it were typed. More characters in a moment than anyone types are
taken for pasted text: a line to type in takes it, and a list obeys none of it. Characters that follow each other faster
than fingers do are held until there is silence: by then it is known how many they are.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import FOCUSIN, FOCUSOUT, XTermParser
from textual.events import AppBlur, AppFocus, Key, Paste
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from kconsole.tui.terminal.recogniser import ESCAPE, LONGEST_PASTE, Recogniser, Token

SETTLE: Final = 0.05
"""Seconds of silence that end a burst. Keys right after a paste wait as long: its real end may follow them."""

QUICK: Final = 0.03
"""Seconds between two different characters within which the second is held. A key that is held repeats one."""

MOST_TYPED: Final = 32
"""Characters within `WINDOW` that count as typed. From the next one on they were pasted, until there is silence."""

MOST_KEYS: Final = 128
"""Other keys within `WINDOW`, as from a wheel that the terminal turns into arrows. Those beyond are dropped."""

ERASING: Final = "\x7f\b"
"""What the backspace key sends. At the start of a burst they erase what stands in the line already."""

WINDOW: Final = 0.5
"""Seconds. A key that is held repeats some 15 times in it."""


def _typed_text(burst: Iterable[str]) -> str:
    """What the characters of a burst come to: backspaces erase those before them, other keys are none of the text."""
    text: list[str] = []
    for character in burst:
        if character in ERASING:
            if text and text[-1] not in ERASING:
                text.pop()
            else:
                text.append(character)
        elif character.isprintable() or character in "\r\n":
            text.append(character)
    return "".join(text)


class AltKey(Key):
    """Alt with a key, or Escape and right after it that key: a terminal sends both alike.

    It is for `Keystrokes`, which knows whether alt with that key means anything; widgets know no such event.
    """

    def __init__(self, key: str, character: str | None, alone: Key) -> None:
        super().__init__(key, character)
        self.alone = alone


class TerminalInput:
    """Makes events of what a terminal sends. Times are as for the `Recogniser`.

    Args:
        encoding: that of the terminal.
        takes_mouse: whether reports of the mouse were asked for.
    """

    def __init__(self, encoding: str = "utf-8", takes_mouse: bool = False) -> None:
        self._recogniser = Recogniser(encoding)
        self._parser = XTermParser()
        self._takes_mouse = takes_mouse
        self._after_paste: list[Token] | None = None
        """Keys that came right after a paste; None if there was none just now."""
        self._held: list[Token] = []
        """Characters that came quickly after another one, and the keys after them."""
        self._typed, self._typed_at = "", 0.0
        self._burst: list[str] | None = None
        """The characters of a burst; None if there is none now."""
        self._counts: deque[tuple[float, int, int]] = deque()
        """Times with the characters and other keys that came then, within `WINDOW`."""
        self._last = 0.0

    @property
    def due(self) -> float | None:
        """When to call `tick`, if nothing comes before; None if nothing waits."""
        if self._after_paste is None and self._burst is None and not self._held:
            return self._recogniser.due
        return self._last + SETTLE

    def feed(self, data: bytes, now: float) -> list[Message]:
        """The events of these bytes."""
        self._last = now
        return self._events(self._in_order(self._recogniser.feed(data, now)), now)

    def tick(self, now: float) -> list[Message]:
        """The events that are due because nothing more has come."""
        tokens = self._recogniser.tick(now)
        if now >= self._last + SETTLE:
            tokens, self._after_paste = [*(self._after_paste or ()), *tokens], None
        events = self._events(tokens, now)
        if now >= self._last + SETTLE:
            events += [*self._end_burst(), *self._release()]
        return events

    def _in_order(self, tokens: Iterable[Token]) -> list[Token]:
        """Hold back what follows a paste, and drop it if more of one comes at once: no one types between two."""
        ready: list[Token] = []
        for token in tokens:
            if token.kind == "paste-end":
                ready = [each for each in ready if each.kind in ("paste", "report")]
                self._after_paste = self._after_paste and []
            elif token.kind == "paste":
                ready.append(token)
                self._after_paste = []
            elif self._after_paste is not None and token.kind != "report":
                self._after_paste.append(token)
            else:
                ready.append(token)
        return ready

    def _events(self, tokens: list[Token], now: float) -> list[Message]:
        """The events of tokens, a burst among them left out: it is one paste in the end."""
        typed, others = self._count(tokens, now)
        if max(typed, len(self._held)) > MOST_TYPED and self._burst is None:
            self._burst = [token.text for token in self._held if token.kind == "typed"]
            self._held = []
        room = MOST_KEYS - others
        events: list[Message] = []
        for token in tokens:
            if token.kind == "paste":
                events += [*self._end_burst(), *self._release(), Paste(token.text.lstrip(ERASING))]
            elif token.kind == "report":
                events += self._report(token.text)
            elif self._burst is not None:
                if token.kind == "typed" and len(self._burst) < LONGEST_PASTE:
                    self._burst.append(token.text)
            elif token.kind == "typed" or room > 0:
                room -= token.kind != "typed"
                if self._held or self._is_quick(token, now):
                    self._held.append(token)
                else:
                    events += self._keys(token)
        return events

    def _is_quick(self, token: Token, now: float) -> bool:
        """Whether a character follows another one faster than fingers do."""
        if token.kind != "typed":
            return False
        before, at = self._typed, self._typed_at
        self._typed, self._typed_at = token.text, now
        return before not in ("", token.text) and now - at < QUICK

    def _release(self) -> list[Message]:
        held, self._held, self._typed = self._held, [], ""
        return [key for token in held for key in self._keys(token)]

    def _count(self, tokens: list[Token], now: float) -> tuple[int, int]:
        """How many characters came within the window, these among them; and how many other keys came before."""
        while self._counts and self._counts[0][0] < now - WINDOW:
            self._counts.popleft()
        before = sum(others for _, _, others in self._counts)
        kinds = [token.kind for token in tokens]
        typed = kinds.count("typed")
        others = kinds.count("key") + kinds.count("numbered") + kinds.count("alt")
        if typed or others:
            self._counts.append((now, typed, others))
        return sum(typed for _, typed, _ in self._counts), before

    def _end_burst(self) -> list[Message]:
        burst, self._burst = self._burst, None
        self._counts.clear()
        text = _typed_text(burst or ())
        return [Paste(text)] if text else []

    def _report(self, sequence: str) -> list[Message]:
        if sequence in (FOCUSIN, FOCUSOUT):
            return [AppFocus() if sequence == FOCUSIN else AppBlur()]
        if sequence.startswith("\x1b[?2026"):
            return [TerminalSupportsSynchronizedOutput()] if sequence[8] != "0" else []
        event = self._parser.parse_mouse_code(sequence) if self._takes_mouse else None
        return [] if event is None else [event]

    def _keys(self, token: Token) -> Iterator[Message]:
        for event in self._named_keys(token):
            if token.kind == "alt" and isinstance(event, Key):
                for alone in self._parser._sequence_to_key_events(token.text):
                    event = AltKey(event.key, event.character, alone)
            yield event

    def _named_keys(self, token: Token) -> Iterator[Message]:
        kind, text = token
        if token == ESCAPE:
            yield Key("escape", text)
            return
        known = ANSI_SEQUENCES_KEYS.get(f"\x1b{text}" if kind == "alt" else text)
        if kind in ("key", "alt") and isinstance(known, tuple):
            yield from (Key(key.value, None) for key in known)
        elif kind in ("key", "alt") and isinstance(known, str):
            yield from self._parser._sequence_to_key_events(known)
        elif kind == "alt":
            keys = self._parser._sequence_to_key_events(text, alt=True)
            yield from (Key(f"alt+{key.key.removeprefix('alt+')}", None) for key in keys)
        elif kind != "key":  # one that has a sequence but no name is to be ignored
            yield from self._parser._sequence_to_key_events(text)
