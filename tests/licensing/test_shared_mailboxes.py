"""Which logins are of no one in particular, in several languages, and what speaks for and against it."""

import pytest

from kconsole.core.records import Entry, LastLogin
from kconsole.licensing.shared_mailboxes import Known, is_candidate, judged, purpose_of
from tests.clocks import noon
from tests.operations.sessions import logged_in

NOW = noon().now()


@pytest.mark.parametrize(
    ("login", "purpose"),
    [
        *((each, "contact") for each in ("info", "INFO", "info-cz", "info2", "Büro", "účtárna", "kontakt", "sales.uk",
          "accounts.payable", "zamówienia", "comptabilité", "segreteria", "prodej")),
        *((each, "device") for each in ("2f-scanner", "copier.4f", "tiskárna", "fax", "printer.reception", "Drucker3")),
        *((each, "no-reply") for each in ("noreply", "no-reply", "do.not.reply", "mailer-daemon", "noreply+x")),
        *((each, "administration") for each in ("postmaster", "abuse", "webmaster", "hostmaster")),
        *((each, "place") for each in ("zasedačka", "meeting-room-2", "Besprechung.1")),
        *((each, "list") for each in ("all-staff", "newsletter", "všichni")),
        *((each, "unknown") for each in ("anna", "m.sala", "k.auto", "till.mueller", "a.hr", "anna.office", "j.mail",
          "infomar", "salesova", "4711", "")),
    ],
)  # fmt: skip
def test_the_purpose_of_a_login(login: str, purpose: str) -> None:
    assert purpose_of(login)[0] == purpose


def found(entry: Entry, known: Known = Known()) -> tuple[list[str], list[str], list[str], str]:  # noqa: B008
    each = judged(entry, known, NOW)
    return list(each.reasons), list(each.against), list(each.unknown), each.way


def test_what_speaks_for_it() -> None:
    info = Entry(address="info@north.example")
    assert found(info) == (["login-word", "never-logged-in", "no-mailbox"], [], [], "public-folder")
    once = Entry(address="info@north.example", last_login=logged_in(200), mailbox=True, tags=("service",))
    assert found(once, Known(logins=1))[0] == ["login-word", "one-login", "service-tag"]
    assert found(once, Known(logins=2))[0] == ["login-word", "service-tag"]
    assert found(once, Known(logins=None))[0] == ["login-word", "service-tag"]


def test_what_takes_its_place() -> None:
    ways = {
        Entry(address="info@north.example", delivers_to=("anna@north.example",)): "alias",
        Entry(address="info@north.example", delivers_to=("a@north.example", "b@north.example")): "mailing-list",
        Entry(address="team@north.example"): "mailing-list",
        Entry(address="beamer@north.example"): "resource",
        Entry(address="noreply@north.example"): "public-folder",
    }
    assert [found(entry)[3] for entry in ways] == list(ways.values())


def test_what_speaks_against_it() -> None:
    entry = Entry(
        address="office@north.example", full_name="Olga Office", role="full_admin", origin="directory",
        last_login=logged_in(3),
    )  # fmt: skip
    known = Known(logins=1, is_protected=True, is_kept=True, moderates=True)
    assert found(entry, known)[1] == ["logs-in", "admin", "protected", "kept", "moderator", "directory-mapped"]
    assert found(Entry(address="info@north.example", full_name="Anna Berg"))[1] == ["name-of-a-person"]


def test_unknown_is_not_never() -> None:
    entry = Entry(address="info@north.example", login_unknown=True)
    assert found(entry, Known(hides_forwarding=True)) == (
        ["login-word"],
        [],
        ["last-login", "forwarding"],
        "public-folder",
    )


def test_who_only_forwards_is_looked_at() -> None:
    forwards = {"delivers_to": ("anna@north.example",)}
    assert is_candidate(Entry(address="jo@north.example", **forwards))  # type: ignore[arg-type]
    assert not is_candidate(Entry(address="jo@north.example", login_unknown=True, **forwards))  # type: ignore[arg-type]
    assert not is_candidate(Entry(address="jo@north.example", last_login=LastLogin(NOW), **forwards))  # type: ignore[arg-type]
    assert not is_candidate(Entry(address="jo@north.example"))
