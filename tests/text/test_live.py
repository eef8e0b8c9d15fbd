"""The live server in words: how old, how far, what differs."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from kconsole.core.records import Entry
from kconsole.core.server import Server, ServerAccess
from kconsole.licensing.comparison import Cause, Comparison
from kconsole.text.server import (
    cause_words,
    comparison_rows,
    figure_cells,
    reading_words,
    server_rows,
    status_words,
    synced_briefly,
)

READ = datetime(2026, 8, 5, 12, 3, tzinfo=UTC)
SERVER = Server(name="ma\x1bil", access=ServerAccess(url="https://mail.example", user="eye"), synced_at=READ)


@pytest.mark.parametrize(
    ("later", "reported"),
    [
        (timedelta(0), "server as of 12:03"),
        (timedelta(hours=11, minutes=56), "server as of 12:03"),
        (timedelta(hours=11, minutes=57), "server as of yesterday 12:03"),
        (timedelta(hours=23, minutes=59), "server as of yesterday 12:03"),
        (timedelta(hours=24), "server as of 2026-08-05"),
        (timedelta(days=400), "server as of 2026-08-05"),
        (timedelta(days=-1), "server as of 2026-08-05"),
    ],
)
def test_the_age_in_sight_can_be_taken_for_no_other_day(later: timedelta, reported: str) -> None:
    assert synced_briefly(SERVER, READ + later, UTC) == reported


def test_the_age_is_reported_in_the_users_zone() -> None:
    assert synced_briefly(SERVER, READ, ZoneInfo("Europe/Prague")) == "server as of 14:03"
    east = timezone(timedelta(hours=13))
    assert synced_briefly(SERVER, READ + timedelta(hours=1), east) == "server as of 01:03"
    assert synced_briefly(Server(name="x", access=SERVER.access), READ) == "server never read"


def test_a_line_of_status_names_the_server_and_what_is_missing() -> None:
    reported = status_words(Server(name=SERVER.name, access=SERVER.access, synced_at=READ, unread=("a", "b")), READ)
    assert reported.isprintable()
    assert reported.endswith("just now; 2 figures not read")


def test_where_users_were_not_read_it_is_said_wherever_the_age_is() -> None:
    server = Server(name="x", access=SERVER.access, synced_at=READ, unread=("a",), uncounted=("b\x1b", "c"))
    assert synced_briefly(server, READ, UTC) == "server as of 12:03, in part"
    reported = status_words(server, READ)
    assert reported.isprintable()
    assert "and c were not read" in reported


def test_what_was_read_and_is_not_so_here_is_reported_with_the_server() -> None:
    server = Server(name="x", access=SERVER.access, synced_at=READ, unread=("a",), notes=("b\x1b", "c"))
    rows = [(row.label, row.text) for row in server_rows(server, READ)][-3:]
    assert [label for label, _ in rows] == ["Not read", "Notes", ""]
    assert all(text.isprintable() for _, text in rows)


def test_how_far_a_reading_is() -> None:
    assert reading_words(0, 0, 0) == "reading the list of domains"
    assert reading_words(12, 50, 12_000) == "12 of 50 domains, 12,000 users read"


def test_what_has_no_number_has_no_difference_of_zero() -> None:
    figure = Comparison("licensed", None, 10, True)
    assert figure_cells(figure) == ("Seats of the license", "unlimited", "10", "differs")
    assert "+0" not in str(list(comparison_rows([figure])))
    assert figure_cells(figure._replace(ours=4_000, theirs=3_999)).difference == "-1"
    assert figure_cells(figure._replace(theirs=None)).difference == "the same"
    assert figure_cells(figure._replace(theirs=None, is_read=False)) == (
        "Seats of the license",
        "unlimited",
        "–",
        "not read",
    )


def test_of_many_accounts_a_few_are_named_and_all_are_counted() -> None:
    accounts = tuple(Entry(address=f"a{number}\x1b@x.example") for number in range(1_200))
    reported = cause_words(Cause("latent", accounts), 2)
    assert reported.isprintable()
    assert ": a0" in reported
    assert reported.endswith(" and 1,198 more")
    assert cause_words(Cause("lists", accounts[:2]), 2).count(" and ") == 1
    assert not cause_words(Cause("held"), 2).endswith(":")
