"""Whatever stands in a store, the console shows it, does nothing of it, and writes nothing that it did not mean."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from kconsole.core.errors import ConsoleError
from kconsole.core.history import Operator
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, LastLogin
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.server import AddDomain
from kconsole.operations.session import Session
from kconsole.text.safe_text import safe_text
from tests.clocks import noon
from tests.limits import EXAMPLES
from tests.wire.bytes import not_meant
from tests.wire.terminal import Terminal, terminal

MANY = max(EXAMPLES // 50, 1)

NASTY = (
    "a[/]b",
    "[@click=app.quit]x[/]",
    "[bold red on blue]x",
    "[link=http://x.example]x[/link]",
    "\x1b]0;owned\x07",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1b[2J\x1b[31m\x1b[5m",
    "\x1b[6n\x1b[c\x1bP$qm\x1b\\",
    "\x9b2J\x9d0;owned\x9c",
    "abc\u202egnp.exe",
    "\u2066\u200b\ufeff\u2069",
    "line\nfeed\r\nand\ttab\x00\x7f",
    "\u2028\u2029\x85",
    "e" + "\u0301" * 200,
    "\u0301starts with a mark",
    "王小明" * 30 + "\u3000" * 3,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\ufe0f",
    "\U000e0041\ue000\U0010ffff\u0378",
    "\u115f\u3164\uffa0",
    "ﷺ" * 20,
    "x" * 5_000,
    "$name {0} %s `id` \\",
)
"""What has done harm somewhere."""

TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.lists(st.sampled_from(NASTY) | st.text(max_size=5), min_size=2, max_size=4)
    .map("".join)
    .map(lambda text: text.encode(errors="ignore").decode()),
)
"""Texts that a document can hold: UTF-8 has no lone surrogates."""


def as_argument(text: str) -> str:
    """A text as the command line can carry it: without a zero byte, and no option."""
    return "x" + text.replace("\x00", "\x01")[:2_000]


class Hostile:
    """A store with texts in every field that has room for one.

    Args:
        folder: where it is made.
        texts: the texts; each stands in every field of some record.
    """

    def __init__(self, folder: Path, texts: list[str]) -> None:
        self.folder, self._texts = folder, texts
        clock = noon()
        domains = tuple(
            Domain(name=f"{self._text(place)}{place}.example".replace("@", ""), primary=not place, description=text)
            for place, text in enumerate(texts)
        )
        kinds: list[Any] = ["user", "user", "alias", "mailing_list", "resource"]
        entries = tuple(
            Entry(
                address=f"{text.replace('@', '')}{place}@{domains[-place % len(texts)].name}",
                kind=kinds[place % 5],
                full_name=self._text(place + 1),
                description=self._text(place + 2),
                last_login=LastLogin(clock.now(), self._text(place + 3)) if place % 3 else None,
                delivers_to=(self._text(place + 4),) if place % 5 == 2 else (),
            )
            for place, text in enumerate([*texts, *texts[::-1]])
        )
        text = self._text
        operator = Operator(text(5), text(6), text(7), text(8), text(9), 998, 1003, text(10))
        session = Session.create(
            folder, Inventory(license=License(seats=5), domains=domains, entries=entries), operator, clock
        )
        operations: list[Operation] = [
            *(DisableAccounts((entry.address,), reason=self._text(9)) for entry in entries[:4] if entry.is_account),
            AddDomain("added.example", description=self._text(10), reason=self._text(11)),
        ]
        for operation in operations:
            with suppress(ConsoleError):
                session.do(operation)
        session.close()

    def _text(self, place: int) -> str:
        return self._texts[place % len(self._texts)]

    @property
    def journal(self) -> bytes:
        """All that was ever done in this store."""
        return (self.folder / "journal.jsonl").read_bytes()

    def keep_filters(self, state: Path) -> None:
        """Save the texts as filters, as a file from elsewhere could hold them."""
        state.mkdir()
        filters = {text[:30] or "empty": text for text in self._texts}
        (state / "habits.json").write_bytes(orjson.dumps({"filters": filters}))


def dialog(screen: Terminal, keys: str, title: str) -> None:
    """Open a dialog, scroll in it, and leave it."""
    screen.type(keys)
    screen.wait_for(f"╭─ {title}")
    screen.type("jjGg")
    screen.type("\x1b")
    screen.wait_until(lambda text: f"╭─ {title}" not in text, f"{title} gone")


def look_around(screen: Terminal, typed: str) -> None:
    """All over the console, without a change."""
    screen.wait_for("q quit")
    screen.type("jjj")
    dialog(screen, "\r", "Details")
    screen.type("k]")
    screen.wait_until(lambda text: "all domains" not in text, "one domain")
    screen.type("[G")
    dialog(screen, "\r", "Details")
    screen.type("g/a" + "".join(letter for letter in typed if letter.isprintable()) + "\r")
    screen.wait_for("│ / ")
    screen.type("\x1b")
    screen.wait_until(lambda text: "│ / " not in text, "no filter")
    dialog(screen, "C", "Columns")
    screen.type("C" + "j" * 6 + " j j j j \r")
    screen.wait_until(lambda text: "╭─ Columns" not in text, "other columns")
    screen.type("GgSS")
    dialog(screen, "f", "Saved filters")
    dialog(screen, "?", "Help")
    dialog(screen, "s", "Sort by")
    dialog(screen, "*d", "Disable")
    dialog(screen, "x", "Delete")
    screen.type("Y")
    screen.wait_for("select with the mouse")
    screen.type("cGgc\x1b")
    screen.wait_until(lambda text: "select with the mouse" not in text, "the list again")
    screen.type("L")
    screen.wait_for("╭─ Log")
    screen.type("jk")
    dialog(screen, "\r", "Line")
    screen.type("Gg/x\r")
    screen.wait_for("│ / x")
    screen.type("q")
    screen.wait_until(lambda text: "│ / x" not in text, "no filter of the log")
    screen.type("q")
    screen.wait_until(lambda text: "╭─ Log" not in text, "the list again")
    screen.type(":")
    screen.wait_for("╭─ Find a command", "type to search")
    screen.type("details")
    screen.wait_for("Accounts: details")
    screen.type("\x1b")
    screen.wait_until(lambda text: "Accounts: details" not in text, "no palette")
    screen.type("q")
    screen.wait_for("Quit?")  # the marks would be lost
    screen.type("y")


def no_harm(hostile: Hostile, size: tuple[int, int], operator: str, typed: str) -> None:
    home = hostile.folder.parent
    before = hostile.journal
    hostile.keep_filters(home / "state")
    environment = {"KCONSOLE_STATE": str(home / "state"), "TMUX": "", "STY": ""}
    arguments = ("--store", str(hostile.folder), f"--as={as_argument(operator)}")
    with terminal(*arguments, columns=size[0], lines=size[1], home=home, environment=environment) as screen:
        look_around(screen, typed)
        assert screen.wait_for_end() == 0, screen.text
        written = bytes(screen.written)
    assert not_meant(written) == []
    assert b"MarkupError" not in written
    assert b"Traceback" not in written
    assert hostile.journal == before


@given(
    st.lists(TEXTS, min_size=4, max_size=len(NASTY)),
    TEXTS,
    TEXTS,
    st.sampled_from([(80, 24), (60, 20), (120, 36)]),
)
@example(list(NASTY), NASTY[4], NASTY[0], (80, 24))
@example(list(NASTY[::-1]), NASTY[1], NASTY[16], (60, 20))
@settings(
    max_examples=MANY,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_any_text_in_any_field_does_no_harm(texts: list[str], operator: str, typed: str, size: tuple[int, int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        no_harm(Hostile(Path(folder) / "store", texts), size, operator, typed)


@pytest.mark.parametrize("name", ["[bold]", "\x1b]0;owned\x07", "\u202egnp", "\udcff\udc9b2J", "nl\nnl"])
def test_a_store_in_a_folder_of_any_name_tells_what_is_wrong_with_it(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    Session.create(folder, Inventory(entries=(Entry(address="a@x.example"),)), "anna").close()
    with (folder / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"half a line of ')
    with terminal("--store", str(folder), home=tmp_path) as screen:
        screen.wait_for("About this store")
        screen.send("q")
        screen.wait_until(lambda text: "About this store" not in text, "the list")
        screen.send("q")
        assert screen.wait_for_end() == 0
        assert not_meant(bytes(screen.written)) == []


def test_an_operator_whose_name_is_no_text_is_refused_without_harm(tmp_path: Path) -> None:
    Session.create(tmp_path / "store", Inventory(entries=(Entry(address="a@x.example"),)), "anna").close()
    with terminal("--store", str(tmp_path / "store"), "--as", "x\udc9b2J\udcff", home=tmp_path) as screen:
        assert screen.wait_for_end() == 2
        assert not_meant(bytes(screen.written)) == []


def test_what_is_shown_is_safe_by_the_same_measure() -> None:
    for text in NASTY:
        assert not_meant(safe_text(text).replace("\ue000", "").replace("\u0378", "").encode()) == []
