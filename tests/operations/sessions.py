"""Sessions to test with."""

from pathlib import Path

from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, LastLogin
from kconsole.core.server import PendingChange, Target
from kconsole.importers.kerio_csv import KerioExport, read_kerio_export
from kconsole.operations.base import Done
from kconsole.operations.session import Session
from kconsole.store.seatstore import SeatStore
from kconsole.text.messages import words_of
from tests.clocks import FixedClock, noon
from tests.under_kerio import evaluate

DOMAIN = "north.example"
NORTH = Domain(name=DOMAIN, primary=True)
SOUTH = Domain(name="south.example", user_limit=2)


def account(login: str, **fields: object) -> Entry:
    address = login if "@" in login else f"{login}@{DOMAIN}"
    return Entry(address=address, **fields)  # type: ignore[arg-type]  # fields of an entry


def alias(login: str, *delivers_to: str) -> Entry:
    return account(login, kind="alias", delivers_to=tuple(f"{to}@{DOMAIN}" for to in delivers_to))


def deleted(login: str, **fields: object) -> Entry:
    """Deleted an hour ago; its mailbox was kept."""
    clock = noon()
    clock.forward(hours=-1)
    return account(login, **{"deleted_at": clock.now(), "mailbox_fate": "keep", **fields})


def logged_in(days_ago: float, protocol: str = "IMAP") -> LastLogin:
    clock = noon()
    clock.forward(days=-days_ago)
    return LastLogin(clock.now(), protocol)


def session_of(
    folder: Path,
    *entries: Entry,
    seats: int | None = 10,
    domains: tuple[Domain, ...] = (NORTH, SOUTH),
    clock: FixedClock | None = None,
) -> Session:
    inventory = Inventory(license=License(seats=seats), domains=domains, entries=entries)
    return Session.create(folder / "store", inventory, "anna", clock or noon(), patience=0)


def another(session: Session) -> Session:
    """A second session on the same store, as of a second console."""
    return Session.open(session.store.folder, "berg", session.clock, patience=0)


def leave_unconfirmed(store: SeatStore, address: str) -> None:
    """A server was asked to disable this account, and has not answered: what a store says is in part."""
    with store.transaction("ask server", "restore") as transaction:
        target = Target(number=1, server_id="1", address=address)
        transaction.put_pending(PendingChange(operation="disable", at=noon().now(), targets=(target,)))


def results(done: Done) -> list[tuple[str, str]]:
    return [(outcome.address.partition("@")[0], outcome.result) for outcome in done.outcomes]


def only_code(done: Done) -> str:
    """The code of the only outcome."""
    (outcome,) = done.outcomes
    return outcome.code


def only_text(done: Done) -> str:
    (outcome,) = done.outcomes
    return words_of(outcome.message)


def used(session: Session) -> int:
    """The seats used; the figures have followed every change, or this fails."""
    assert session.seats.report() == evaluate(session.state.inventory)
    return session.seats.report().used


def export(*rows: str, header: str = "Name;FullName;Description;MailAddress") -> KerioExport:
    return read_kerio_export("\n".join([header, *rows, ""]).encode(), "users.csv")
