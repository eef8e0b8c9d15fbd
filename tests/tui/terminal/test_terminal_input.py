"""What a terminal sends: keys of every kind of terminal are keys, and nothing else is."""

import random
import re

import pytest
from textual.events import AppBlur, AppFocus, Key, MouseDown, Paste
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from kconsole.tui.terminal.recogniser import CUT_OFF, ESCAPE_DELAY, LATE, LONGEST_PASTE, PASTE_CUT_OFF
from kconsole.tui.terminal.terminal_input import MOST_KEYS, MOST_TYPED, QUICK, SETTLE, TerminalInput
from tests.limits import EXAMPLES
from tests.tui.terminal import streams

STREAMS = 400 * EXAMPLES


class Line:
    """A terminal whose time the test decides."""

    def __init__(self, encoding: str = "utf-8", takes_mouse: bool = False) -> None:
        self.input = TerminalInput(encoding, takes_mouse)
        self.now = 100.0
        self.events: list[Message] = []

    def send(self, *pieces: bytes, gap: float = 0.0) -> "Line":
        for piece in pieces:
            self.events += self.input.feed(piece, self.now)
            self.wait(gap)
        return self

    def wait(self, seconds: float) -> "Line":
        end = self.now + seconds
        while (due := self.input.due) is not None and due <= end:
            self.now = max(self.now, due)
            self.events += self.input.tick(self.now)
        self.now = end
        return self

    @property
    def keys(self) -> list[str]:
        return [event.key for event in self.events if isinstance(event, Key)]

    @property
    def pasted(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Paste)]


XTERM = {
    "up": b"\x1b[A", "down": b"\x1b[B", "home": b"\x1b[H", "end": b"\x1b[F", "pageup": b"\x1b[5~",
    "pagedown": b"\x1b[6~", "f5": b"\x1b[15~", "f9": b"\x1b[20~", "f1": b"\x1bOP", "shift+tab": b"\x1b[Z",
    "delete": b"\x1b[3~", "insert": b"\x1b[2~", "tab": b"\t", "enter": b"\r", "escape": b"\x1b",
    "backspace": b"\x7f", "ctrl+p": b"\x10", "ctrl+q": b"\x11", "ctrl+r": b"\x12", "ctrl+l": b"\x0c",
    "ctrl+f": b"\x06", "ctrl+d": b"\x04", "ctrl+u": b"\x15", "ctrl+c": b"\x03", "ctrl+@": b"\x00",
    "space": b" ", "d": b"d", "R": b"R", "slash": b"/", "asterisk": b"*", "right_square_bracket": b"]",
    "equals_sign": b"=", "left_square_bracket": b"[", "question_mark": b"?", "colon": b":", "é": "é".encode(),
    "ctrl+up": b"\x1b[1;5A", "shift+end": b"\x1b[1;2F", "ctrl+f5": b"\x1b[15;5~", "alt+up": b"\x1b[1;3A",
    "shift+delete": b"\x1b[3;2~",
}  # fmt: skip
DIALECTS = {
    "xterm": XTERM,
    "application cursor": {"up": b"\x1bOA", "down": b"\x1bOB", "home": b"\x1bOH", "end": b"\x1bOF", "enter": b"\x1bOM"},
    "tmux and screen": {"home": b"\x1b[1~", "end": b"\x1b[4~", "f1": b"\x1bOP", "f5": b"\x1b[15~"},
    "linux": {"f1": b"\x1b[[A", "f5": b"\x1b[[E", "home": b"\x1b[1~", "end": b"\x1b[4~", "shift+tab": b"\x1b\t"},
    "rxvt": {
        "home": b"\x1b[7~", "end": b"\x1b[8~", "shift+up": b"\x1b[a", "ctrl+up": b"\x1bOa", "shift+home": b"\x1b[7$",
        "ctrl+f5": b"\x1b[15^", "shift+delete": b"\x1b[3$", "f13": b"\x1b[25~", "8": b"\x1bOx",
    },
    "kitty": {
        "escape": b"\x1b[27u", "enter": b"\x1b[13u", "tab": b"\x1b[9u", "shift+tab": b"\x1b[9;2u",
        "backspace": b"\x1b[127u", "d": b"\x1b[100;;100u", "R": b"\x1b[114;2;82u", "ctrl+p": b"\x1b[112;5u",
        "up": b"\x1b[1;1A", "f5": b"\x1b[15;1~", "home": b"\x1b[1;1H", "y": b"\x1b[121:89;1:1;121u",
        "j": b"\x1b[106;1:2;106u", "alt+d": b"\x1b[100;3u", "é": b"\x1b[0;;233u", "slash": b"\x1b[47;;47u",
        "left_super": b"\x1b[57444;1u",
    },
    "modifyOtherKeys": {"ctrl+a": b"\x1b[27;5;97~", "ctrl+enter": b"\x1b[27;5;13~"},
    "alt": {
        "alt+d": b"\x1bd", "alt+shift+d": b"\x1bD", "alt+full_stop": b"\x1b.", "alt+left_square_bracket": b"\x1b[",
        "alt+shift+o": b"\x1bO", "alt+shift+p": b"\x1bP", "ctrl+w": b"\x1b\x7f", "ctrl+right": b"\x1bf",
        "alt+enter": b"\x1b\r",
    },
}  # fmt: skip
KEYS = [
    pytest.param(key, sequence, id=f"{name}: {key}")
    for name, dialect in DIALECTS.items()
    for key, sequence in dialect.items()
]


@pytest.mark.parametrize(("key", "sequence"), KEYS)
def test_the_keys_of_every_kind_of_terminal_are_keys(key: str, sequence: bytes) -> None:
    assert Line().send(sequence).wait(CUT_OFF).keys == [key]
    pieces = [sequence[place : place + 1] for place in range(len(sequence))]
    assert Line().send(*pieces, gap=ESCAPE_DELAY / 2).wait(CUT_OFF).keys == [key]


def test_all_keys_at_once_keep_their_order() -> None:
    line = Line()
    for sequence in XTERM.values():
        line.send(sequence).wait(ESCAPE_DELAY)
    assert line.keys == list(XTERM)


def test_escape_is_the_key_once_nothing_follows() -> None:
    line = Line().send(b"\x1b")
    assert line.keys == []
    assert line.wait(ESCAPE_DELAY).send(b"d").keys == ["escape", "d"]
    assert Line().send(b"\x1b\x1b").wait(ESCAPE_DELAY).keys == ["escape", "escape"]
    assert Line().send(b"\x1b\x1b[A").keys == ["escape", "up"]


@pytest.mark.parametrize("answer", [*streams.ANSWERS, *streams.NOISE])
def test_an_answer_is_no_key_wherever_a_read_ends(answer: bytes) -> None:
    for place in range(min(len(answer), 40)):
        line = Line().send(answer[:place]).wait(ESCAPE_DELAY / 2).send(answer[place:]).wait(PASTE_CUT_OFF).send(b"j")
        assert line.keys == ["j"], place


@pytest.mark.parametrize("answer", streams.ANSWERS)
def test_an_answer_whose_rest_comes_late_is_no_key(answer: bytes) -> None:
    for place in range(len(answer)):
        line = Line().send(answer[:place]).wait(CUT_OFF / 2).send(answer[place:]).wait(PASTE_CUT_OFF).send(b"j")
        assert line.keys in (["j"], ["escape", "j"], ["escape", "backslash", "j"]), place


@pytest.mark.parametrize("answer", streams.ANSWERS)
def test_the_rest_of_an_answer_is_no_key_after_a_line_was_stuck(answer: bytes) -> None:
    for place in range(1, len(answer)):
        rest = answer[place:]
        if answer.startswith((b"\x1b[", b"\x9b")) and not re.search(rb"\A\[?[;<=>?]*\d.", rest):
            continue  # it may be keys
        line = Line().send(answer[:place]).wait(LATE / 2).send(rest).wait(PASTE_CUT_OFF).send(b"j")
        assert {key for key in line.keys if not key.startswith("alt+")} <= {"escape", "backslash", "j"}, place
        assert line.keys[-1] == "j"


def test_keys_long_after_an_escape_or_a_broken_sequence_count() -> None:
    for start in (b"\x1b", b"\x1b[", b"\x1b]", b"\x1b[?62", b"\x1b]11;"):
        line = Line().send(start).wait(CUT_OFF).send(b"j").wait(LATE)
        assert "j" in line.send(b"j").keys
    assert Line().send(b"\x1b").wait(CUT_OFF).send(b"[", b"]", b"d", gap=0.2).keys[1:] == [
        "left_square_bracket", "right_square_bracket", "d",
    ]  # fmt: skip


def test_reports_are_passed_on() -> None:
    events = Line(takes_mouse=True).send(b"\x1b[I\x1b[O\x1b[?2026;2$y\x1b[<0;3;4M").events
    assert [type(event) for event in events] == [AppFocus, AppBlur, TerminalSupportsSynchronizedOutput, MouseDown]
    assert Line().send(b"\x1b[<0;3;4M\x1b[?2026;0$y").events == []


@pytest.mark.parametrize(
    "text",
    [
        b"name dy",
        b"name \x1b[31mdy\x1b[0m",
        b"x\x1bdy",
        b"x\x1b[Bdy",
        b"x\x1b[200~dy",
        b"x\x1b[201~dy",
        b"\x1b]0;dy",
        b"",
    ],
)
def test_a_paste_is_a_paste_whatever_is_in_it(text: bytes) -> None:
    whole = b"\x1b[200~" + text + b"\x1b[201~"
    for place in range(len(whole)):
        line = Line().send(whole[:place]).wait(SETTLE / 2).send(whole[place:]).wait(PASTE_CUT_OFF).send(b"j")
        assert line.keys == ["j"], place
        assert line.pasted
    assert Line().send(b"\x9b200~dy\x9b201~").wait(SETTLE).pasted == ["dy"]


def test_keys_right_after_a_paste_count() -> None:
    assert Line().send(b"\x1b[200~anna\x1b[201~\r").wait(SETTLE).keys == ["enter"]
    assert Line().send(b"\x1b[200~anna\x1b[201~\r", b"\x1b[200~berg\x1b[201~", gap=SETTLE).keys == ["enter"]


def test_a_paste_that_never_ends_is_let_go_as_a_paste() -> None:
    line = Line().send(b"\x1b[200~dy", b"dy", gap=CUT_OFF).wait(PASTE_CUT_OFF)
    assert (line.keys, line.pasted) == ([], ["dydy"])
    assert line.send(b"j").keys == ["j"]
    line = Line().send(b"\x1b[200~", *[b"dy\r" * 1000] * 100)
    assert line.wait(PASTE_CUT_OFF).keys == []
    assert [len(text) for text in line.pasted] == [LONGEST_PASTE]


def test_a_control_string_that_never_ends_is_let_go() -> None:
    line = Line().send(b"\x1bP", *[b"dy\x1b[A\r" * 500] * 100, gap=CUT_OFF / 2)
    assert line.wait(CUT_OFF).send(b"j").keys == ["j"]


@pytest.mark.parametrize("start", [b"\x1bP1$r", b"\x1b[200~name dy", b"\x1b[200~" + b"name dy" * 1000])
def test_someone_who_types_into_what_never_ends_is_heard_again(start: bytes) -> None:
    line = Line().send(start, *[b"j"] * 60, gap=0.2)
    assert line.keys[-1:] == ["j"]
    assert set(line.keys) == {"j"}


def test_what_is_slow_is_waited_for() -> None:
    text = b"dy" * 1000
    pieces = [text[place : place + 4] for place in range(0, len(text), 4)]
    assert Line().send(b"\x1b]52;c;", *pieces, b"\x07", gap=0.2).keys == []
    assert Line().send(b"\x1b[200~", *pieces, b"\x1b[201~", gap=0.2).wait(SETTLE).pasted == [text.decode()]


def test_more_characters_than_anyone_types_are_a_paste() -> None:
    few, many = b"j" * MOST_TYPED, b"name dy\r" * 640
    assert len(Line().send(few).keys) == MOST_TYPED
    line = Line().send(many).wait(SETTLE)
    assert (line.keys, line.pasted) == ([], [many.decode()])
    assert line.send(b"j").keys == ["j"]


@pytest.mark.parametrize(
    ("burst", "text"),
    [
        (b"\x7f" * 40 + b"anna", "\x7f" * 40 + "anna"),
        (b"x" * 40 + b"\x7f" * 38 + b"y", "xxy"),
        (b"ab\b" + b"c" * 40, "a" + "c" * 40),
        (b"a\x01\x0b\x1fb" + b"c" * 40, "ab" + "c" * 40),
    ],
)
def test_backspaces_of_a_burst_erase_and_other_control_characters_are_none_of_it(burst: bytes, text: str) -> None:
    line = Line().send(burst).wait(SETTLE)
    assert (line.keys, line.pasted) == ([], [text])


def test_a_real_paste_erases_nothing() -> None:
    assert Line().send(b"\x1b[200~\x7f\x7fdy\x1b[201~").wait(SETTLE).pasted == ["dy"]


def test_a_paste_that_trickles_in_is_recognised_after_a_few_characters() -> None:
    line = Line().send(*[b"d"] * 1000, gap=0.002).wait(SETTLE)
    assert len(line.keys) == MOST_TYPED
    assert line.pasted == ["d" * (1000 - MOST_TYPED)]
    assert line.send(*[b"j"] * 100, gap=0.03).keys[MOST_TYPED:] == ["j"] * 100


@pytest.mark.parametrize("gap", [0.0, 0.005, 0.01, 0.02, 0.029])
def test_of_a_text_that_trickles_in_only_the_first_character_counts(gap: float) -> None:
    text = b"daisy@north.example\ndirty\n" * 40
    line = Line().send(*(text[place : place + 1] for place in range(len(text))), gap=gap).wait(SETTLE)
    assert (line.keys, "".join(line.pasted)) == (["d"], text.decode()[1:])
    assert line.send(b"j").keys[1:] == ["j"]


def test_a_fast_typist_and_a_held_key_are_not_kept_waiting() -> None:
    assert Line().send(*(bytes([each]) for each in b"dyxu"), gap=QUICK).keys == list("dyxu")
    line = Line()
    assert [len(line.send(b"j", gap=0.01).keys) for _ in range(MOST_TYPED)] == list(range(1, MOST_TYPED + 1))
    line = Line().send(b"d", b"y", b"\x1b[A", b"x", gap=QUICK / 2)
    assert line.keys == ["d"]
    assert line.wait(SETTLE).keys == ["d", "y", "up", "x"]
    assert Line().send(b"an\x1b[200~na\x1b[201~").wait(SETTLE).keys == ["a", "n"]


def test_keys_of_a_wheel_are_bounded() -> None:
    assert len(Line().send(b"\x1b[A" * 1000).keys) == MOST_KEYS


def test_other_encodings() -> None:
    assert Line("iso8859-15").send(b"\xe9\xa4").wait(SETTLE).keys == ["é", "euro_sign"]
    assert Line("ascii").send(b"\xe9d").keys == ["d"]
    assert Line("cp1252").send(b"\x80\x1b[A").keys == ["euro_sign", "up"]


@pytest.mark.parametrize("part", [pytest.param(part, marks=pytest.mark.thorough) if part else 0 for part in range(20)])
def test_random_streams_without_a_key_hold_none_and_the_keyboard_works_afterwards(part: int) -> None:
    for seed in range(part * STREAMS // 20, (part + 1) * STREAMS // 20):
        dice = random.Random(seed)
        whole = dice.random() < 0.5
        line = Line(takes_mouse=dice.random() < 0.2)
        line.send(*streams.split(dice, streams.stream(dice, whole)), gap=dice.choice((0.0, SETTLE / 2)))
        line.wait(PASTE_CUT_OFF)
        found = {key for key in line.keys if not key.startswith("alt+")} - (set() if whole else {"escape"})
        assert not found, (seed, whole, line.keys)
        assert not (whole and line.keys), (seed, line.keys)
        line.events.clear()
        assert line.send(b"j", b"\x1b[B").keys == ["j", "down"], seed


def test_any_bytes_at_all_leave_the_keyboard_working() -> None:
    for seed in range(STREAMS // 10):
        dice = random.Random(seed)
        line = Line().send(*streams.split(dice, dice.randbytes(dice.randrange(60)))).wait(PASTE_CUT_OFF)
        line.events.clear()
        assert line.send(b"j", b"\x1b[B").keys == ["j", "down"], seed
