"""The words of a line, as each shell gives and takes them."""

import pytest

from kconsole.cli.completion import answer as answering
from kconsole.cli.completion.lines import Line, for_bash
from tests.cli.offers import BREAKS


@pytest.mark.parametrize(
    ("text", "words", "kept"),
    [
        ("kconsole dis", ["kconsole", "dis"], 0),
        ("kconsole ", ["kconsole", ""], 0),
        ("kconsole 'a b", ["kconsole", "a b"], 0),
        ('kconsole "a\\"b\\c', ["kconsole", 'a"b\\c'], 0),
        ("kconsole a\\ b@n", ["kconsole", "a b@n"], 4),
        ("kconsole --sort=x", ["kconsole", "--sort=x"], 7),
        ("kconsole a\\@n", ["kconsole", "a@n"], 0),
        ("true; kconsole x", ["kconsole", "x"], 0),
        ("a | kconsole 'x' y", ["kconsole", "x", "y"], 0),
    ],
)
def test_the_words_of_a_line(text: str, words: list[str], kept: int) -> None:
    line = Line(text, BREAKS)
    assert (line.words, line.kept) == (words, kept)


def test_words_for_bash() -> None:
    names = ["a b@n.example", "a'$(x)`!é@n.example"]
    assert list(for_bash(Line("kconsole a", BREAKS), names)) == [r"a\ b@n.example", r"a\'\$\(x\)\`\!é@n.example"]
    assert list(for_bash(Line("kconsole 'a", BREAKS), names)) == ["a b@n.example", r"a'\''$(x)`!é@n.example"]
    assert list(for_bash(Line('kconsole "a', BREAKS), [*names, 'c"$`\\'])) == ["a b@n.example", r"c\"\$\`\\"]
    assert list(for_bash(Line("kconsole a\\ b@n", BREAKS), names[:1])) == ["n.example"]


def test_a_name_that_the_terminal_cannot_show_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering.sys, "getfilesystemencoding", lambda: "iso-8859-2")  # type: ignore[attr-defined]
    assert answering._encoded("\u010dern\u00fd\t\u010c") == b"\xe8ern\xfd\t\xc8\n"
    assert answering._encoded("\u03b1") == b""
    assert answering._encoded("a\t\u03b1") == b"a\t?\n"
