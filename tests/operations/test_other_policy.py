"""Everything follows the policy of the session: here the one of another product."""

from pathlib import Path

import pytest

from kconsole.core.errors import Refused
from kconsole.core.license import License
from kconsole.core.records import Inventory
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.importing.kerio_export import ImportAccounts
from kconsole.operations.search.queries import AccountQuery
from kconsole.operations.session import Session
from kconsole.operations.what_if import if_toggled
from tests.cli.console import Console
from tests.licensing.other_policy import OTHER
from tests.operations.sessions import DOMAIN, NORTH, account, export, session_of
from tests.tui.console import console


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Two seats, both used; an administrator is an account as any other."""
    first = session_of(tmp_path, account("anna"), account("Admin", kind="builtin_admin"), seats=2)
    return Session(first.store, first.clock, OTHER)


def used(session: Session) -> tuple[int, int]:
    report = session.seats.report()
    return report.used, report.held


def test_a_deleted_account_frees_its_seat_without_a_restart(session: Session) -> None:
    assert used(session) == (2, 0)
    done = session.do(DeleteAccounts(("anna@north.example",)))
    assert [outcome.code for outcome in done.outcomes] == ["deleted"]
    assert used(session) == (1, 0)
    session.do(AddAccount("berg@north.example"))
    assert used(session) == (2, 0)


def test_an_administrator_can_be_suspended_and_frees_a_seat(session: Session) -> None:
    admin = next(entry for entry in session.state.live_entries() if entry.kind == "builtin_admin").address
    with pytest.raises(Refused, match="license-limit"):
        session.do(AddAccount("berg@north.example"))
    session.do(DisableAccounts((admin,)))
    assert used(session) == (1, 0)
    session.do(AddAccount("berg@north.example"))
    (outcome,) = session.do(EnableAccounts((admin,))).outcomes
    assert (outcome.result, outcome.code) == ("refused", "license-limit")


# Lists and imports

EVERYONE = (
    account("anna", mailbox=True),
    account("berg", enabled=False),
    account("Admin", kind="builtin_admin"),
    account("room", kind="resource"),
)


@pytest.fixture
def listed(tmp_path: Path) -> Session:
    first = session_of(tmp_path, *EVERYONE)
    return Session(first.store, first.clock, OTHER)


@pytest.mark.parametrize(
    ("query", "logins"),
    [
        (AccountQuery(text="is:seat", sort="address"), ["Admin", "anna"]),
        (AccountQuery(text="is:latent"), ["Admin"]),
        (AccountQuery(text="is:enabled", sort="address"), ["Admin", "anna"]),
        (AccountQuery(classification="shared-mailbox"), ["room"]),
        (AccountQuery(never=True, sort="address"), ["Admin", "anna", "berg"]),
        (AccountQuery(sort="seat"), ["Admin", "anna", "berg", "room"]),
        (AccountQuery(sort="because"), ["room", "berg", "Admin", "anna"]),
        (AccountQuery(sort="last-login"), ["Admin", "anna", "berg", "room"]),
    ],
)
def test_the_account_list(listed: Session, query: AccountQuery, logins: list[str]) -> None:
    assert [entry.login for entry in listed.account_index.select(query, listed.clock.now())] == logins


def test_what_if_an_administrator_is_toggled(listed: Session) -> None:
    admin = next(entry for entry in listed.state.live_entries() if entry.kind == "builtin_admin")
    assert if_toggled(listed.seats, [admin]).used == 1


def test_an_import_names_the_holder_of_an_address(listed: Session) -> None:
    plan = ImportAccounts(export("room"), DOMAIN).plan(listed.state, listed.seats)
    assert [fault.params["holder"] for fault in plan.faulty] == ["shared-mailbox"]


def test_an_account_that_is_added_again_takes_over_no_seat(session: Session) -> None:
    """A deletion holds none here, so the account has the number of the last one that was deleted."""
    for _ in range(2):
        session.do(DeleteAccounts(("anna@north.example",)))
        session.do(AddAccount("anna@north.example"))
    assert used(session) == (2, 0)


# The front ends, whose sessions take the policy from one place


@pytest.fixture
def other_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session.__init__, "__defaults__", (OTHER,))


@pytest.mark.usefixtures("other_product")
def test_the_command_line_knows_the_verdicts_of_the_policy(tmp_path: Path) -> None:
    line = Console(tmp_path / "store").fill(*EVERYONE)
    assert [each["login"] for each in line.accounts("--verdict", "shared-mailbox")] == ["room"]
    said = line("accounts", "--verdict", "directory-mapped")
    assert (said.code, said.out) == (2, "")
    assert "group, shared-mailbox, alias, suspended, user" in said.err
    assert "would be deleted" in line("delete", "Admin@north.example").err


@pytest.mark.usefixtures("other_product")
async def test_the_screen_shows_and_changes_what_the_policy_says() -> None:
    inventory = Inventory(license=License(seats=2), domains=(NORTH,), entries=EVERYONE)
    async with console(inventory, (120, 36)) as screen:
        await screen.press("s", "a")
        cells = {row[0].partition("@")[0]: row[2:4] for row in screen.main.accounts.as_text(screen.main.accounts.rows)}
        assert cells["Admin"] == ["1", "user"]
        assert cells["room"] == ["–", "shared"]
        assert screen.at.login == "Admin"
        await screen.press("x")
        screen.expect_dialog("Delete 1")
        await screen.press("escape", "d", "y")
        assert (screen.used, screen.at.enabled) == (1, False)
        await screen.press("question_mark", *("left_parenthesis" if letter == "(" else letter for letter in "(shared"))
        assert "(shared) take no seat" in screen.text
