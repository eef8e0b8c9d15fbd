"""Sentences name what they count, one or several."""

import pytest

from kconsole.core.license import License
from kconsole.core.records import Entry, Inventory
from kconsole.core.server import Server, ServerAccess, ServerNumbers
from kconsole.licensing.guards import Access
from kconsole.licensing.policy import KERIO
from kconsole.text import report
from kconsole.text.mapping import access_words
from kconsole.text.screen import deletion_notes, pause_lines, plan_words
from kconsole.text.words import of_limit
from tests.clocks import noon
from tests.under_kerio import evaluate

ANNA, BERG = Entry(address="anna@north.example", role="full_admin"), Entry(address="berg@north.example")
ALIAS = Entry(address="info@north.example", kind="alias")
GONE = Entry(address="gone@north.example", deleted_at=noon().now())
EMPTY = evaluate(Inventory(license=License(seats=5)))


def test_used_of_how_many() -> None:
    assert [of_limit(1500, 1400, "seat"), of_limit(1, None, "seat"), of_limit(0, 1, "entry"), of_limit(1500, None)] == [
        "1,500 of 1,400 seats", "1 seat", "0 of 1 entry", "1,500",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mapped", "entries", "later", "notes"),
    [
        (0, 1, 1, ["The seat stays taken until the server is restarted. To free it at once, disable instead."]),
        (0, 9, 3, ["3 seats stay taken until the server is restarted. To free them at once, disable instead."]),
        (1, 1, 0, ["Mapped: only disabled, since it stays in the directory. Its seat is free at once."]),
        (1, 9, 0, ["1 mapped account: only disabled, since it stays in the directory. Its seat is free at once."]),
        (
            2,
            9,
            0,
            ["2 mapped accounts: only disabled, since they stay in the directory. Their seats are free at once."],
        ),
        (0, 2, 0, []),
    ],
)
def test_what_deleting_one_or_several_means(mapped: int, entries: int, later: int, notes: list[str]) -> None:
    assert deletion_notes(mapped, entries, later) == notes


@pytest.mark.parametrize(
    ("access", "shown"),
    [
        (Access(3, 1, 2), "of 3 accounts without a mailbox the first to log in is let in, the other 2 are refused"),
        (Access(3, 2, 1), "of 3 accounts without a mailbox the first 2 to log in are let in, the other is refused"),
        (Access(1, 0, 1), "1 account without a mailbox is refused"),
    ],
)
def test_who_is_refused_at_login(access: Access, shown: str) -> None:
    assert access_words(access) == shown


def test_one_administrator_is_not_among_others() -> None:
    assert pause_lines([ANNA], []) == ["! This is an administrator."]
    assert pause_lines([ANNA, BERG], [BERG.address]) == ["! Among them: 1 administrator and your own account."]


def test_marks_are_named_for_what_they_are() -> None:
    planned = EMPTY._replace(used=1)
    assert plan_words([ANNA], 0, 0, EMPTY, planned) == "1 account marked: 0 → 1 seat used"
    assert plan_words([ANNA, ALIAS], 1, 0, EMPTY, planned._replace(used=3)) == (
        "2 entries marked, 1 of them not listed: 0 → 3 seats used"
    )
    assert plan_words([ANNA, BERG], 0, 43, EMPTY, planned) == "2 accounts marked, not the 43 folded: 0 → 1 seat used"


def test_totals_tell_taken_seats_from_held_ones() -> None:
    assert report.totals([ANNA, BERG, ALIAS], KERIO) == "3 entries, 2 seats"
    assert report.totals([GONE], KERIO) == "1 entry, 1 held seat"
    assert report.totals([ANNA, GONE], KERIO) == "2 entries, 1 seat, 1 held seat"


@pytest.mark.parametrize(
    ("numbers", "state"),
    [(None, "unknown"), (ServerNumbers(), "unknown"), (ServerNumbers(licensed=-2), "unlimited")],
)
def test_a_limit_that_the_server_has_not_reported_is_unknown(numbers: ServerNumbers | None, state: str) -> None:
    server = Server(name="mail", access=ServerAccess(url="https://mail.example:4040", user="eye"), numbers=numbers)
    seats = evaluate(Inventory(license=License(seats=None), server=server))
    assert (seats.limit, seats.state, seats.hides_limit) == (None, state, state == "unknown")
    assert evaluate(Inventory(license=License(seats=5), server=server)).hides_limit is False
