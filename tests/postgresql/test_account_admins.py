"""What an account admin and a bound login may write into a database, by kconsole and by hand."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import psycopg
import pytest
from msgspec import Struct
from msgspec.structs import replace
from orjson import Fragment

from kconsole.core.decisions import Keep, Offboarding, Policy, Reservation
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.server import PendingChange, Target
from kconsole.operations import store_places
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.decisions import KeepAccounts
from kconsole.operations.session import Session
from kconsole.operations.tags import TagAccounts
from kconsole.store.tables import decoded, encoded
from tests.postgresql.by_hand import Said, append, head_of, line_of, said_by
from tests.postgresql.server import Database, DatabaseServer
from tests.store.stores import account

NORTH, SOUTH = "north.example", "south.example"
SOON: Final = datetime.now(UTC) + timedelta(days=20)


def inventory(seats: int) -> Inventory:
    """Two domains; an account that is off, one that is deleted and holds its seat, and an admin of the server."""
    at = datetime.now(UTC)
    return Inventory(
        license=License(seats=seats),
        domains=(Domain(name=NORTH, primary=True), Domain(name=SOUTH)),
        entries=(
            account("anna"),
            account("berg", tags=("vip",), server_id="7"),
            account("off", enabled=False),
            account("boss", role="full_admin"),
            account("carol", role="account_admin"),
            account("gone", deleted_at=at, mailbox=True, mailbox_fate="keep"),
            replace(account("dora"), address=f"dora@{SOUTH}"),
        ),
    )


class Kept(NamedTuple):
    """The store, and how lines are written to it by hand."""

    database: Database
    session: Session

    def number(self, login: str) -> int:
        return next(n for n, each in self.session.store.state.entries.items() if each.login == login)

    def change(self, table: str, number: int, after: Any, before: Any = "known") -> Said:
        """A change of a record; given a dictionary, these fields of it."""
        known = self.database.execute(
            "SELECT document FROM kconsole.record WHERE kind = %s AND number = %s", table, number
        )
        document = known[0][0].encode() if known else b"null"
        if isinstance(after, dict):
            after = encoded(table, replace(decoded(table, document, number), **after))
        if isinstance(after, Struct):
            after = encoded(table, after)
        before = document if before == "known" else before
        return {"table": table, "number": number, "before": Fragment(before), "after": Fragment(after or b"null")}

    def entry(self, login: str, **fields: Any) -> Said:
        return self.change("entries", self.number(login), fields)

    def document(self, login: str) -> bytes:
        return encoded("entries", self.session.store.state.entries[self.number(login)])

    def new(self, table: str, after: Any, number: int = 0) -> Said:
        return self.change(table, number or head_of(self.database)[2], after, b"null")

    def line(self, login: str, deed: str, *changes: Said, **more: Any) -> bytes:
        following = max([head_of(self.database)[2], *(each["number"] + 1 for each in changes)])
        said = said_by(login, self.database, deed, changes=list(changes), **{"next_number": following} | more)
        said = {name: value for name, value in said.items() if value is not None}
        return line_of(self.database, said)


@pytest.fixture(scope="module")
def kept(database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A store without a free seat, for all tests that must not be able to change it.

    Helpdesk hans and account admin cora are bound to the north; their own accounts are there.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        database = database_server.database()
        reservations = reserved(domain=SOUTH), reserved()
        session = Session.create(database.address(), replace(inventory(5), reservations=reservations))
        session.do(KeepAccounts((f"dora@{SOUTH}",), SOON, "why"))
        session.do(DisableAccounts((f"dora@{SOUTH}",)))
        carol = Session.open(database.address("carol"), "carol")
        carol.do(TagAccounts((f"anna@{NORTH}",), ("x",)))
        carol.close()
        session.catch_up()
        store_places.bind(session, "hans", [NORTH], f"anna@{NORTH}")
        store_places.bind(session, "cora", [NORTH.upper()], f"carol@{NORTH}")
        yield Kept(database, session)
        session.close()
        database.drop()


def pending(kept: Kept, operation: Any, login: str, **more: Any) -> PendingChange:
    entry = kept.session.store.state.entries[kept.number(login)]
    target = Target(number=entry.id, server_id=entry.server_id, address=entry.address)
    fields = {"operation": operation, "at": datetime.now(UTC), "targets": (target,), **more}
    return PendingChange(**fields)


def keep(kept: Kept, login: str, **more: Any) -> Keep:
    entry = kept.session.store.state.entries[kept.number(login)]
    fields = {"until": SOON, "reason": "x", "by": "carol", "at": datetime.now(UTC), **more}
    return Keep(entry=entry.id, address=entry.address, **fields)


def leaving(kept: Kept, **more: Any) -> Offboarding:
    fields = {"due": SOON, "by": "carol", "at": datetime.now(UTC), **more}
    return Offboarding(entry=kept.number("berg"), address=f"berg@{NORTH}", **fields)


def reserved(**more: Any) -> Reservation:
    fields = {"start": datetime.now(UTC), "until": SOON, "by": "carol", "at": datetime.now(UTC), **more}
    return Reservation(subject="x", **fields)


Forgery = tuple[str, str, Callable[[Kept], list[Said]], dict[str, Any]]


def forged(login: str, deed: str, changes: Callable[[Kept], Said], **more: Any) -> Forgery:
    return login, deed, lambda kept: [changes(kept)], more


def _gone(kept: Kept, login: str, **more: Any) -> Said:
    return kept.entry(login, deleted_at=datetime.now(UTC), deleted_in=head_of(kept.database)[0] + 1, **more)


FAR: Final = datetime.now(UTC) + timedelta(days=500)

FORGED: Final[dict[str, Forgery]] = {
    # beyond the domains that a login is bound to, or its own account
    "another domain": forged("cora", "tag", lambda at: at.entry("dora", tags=("x",))),
    "to another domain": forged("cora", "map", lambda at: at.entry("berg", address=f"berg@{SOUTH}")),
    "added elsewhere": forged("cora", "add", lambda at: at.new("entries", Entry(address=f"x@{SOUTH}", enabled=False))),
    "added nowhere": forged("cora", "add", lambda at: at.new("entries", Entry(address="x", enabled=False))),
    "kept elsewhere": forged("cora", "end keep", lambda at: at.change("keeps", at.number("dora"), None)),
    "reserved elsewhere": forged(
        "cora", "reserve", lambda at: at.new("reservations", reserved(domain=SOUTH, by="cora"))
    ),
    "reserved for any": forged("cora", "reserve", lambda at: at.new("reservations", reserved(by="cora"))),
    "moved away": forged(
        "cora",
        "reserve",
        lambda at: at.change("reservations", min(at.session.store.state.reservations), {"domain": NORTH}),
    ),
    "asked elsewhere": forged("cora", "enable", lambda at: at.new("intents", pending(at, "enable", "dora"))),
    "own account": forged("cora", "disable", lambda at: at.entry("carol", enabled=False)),
    "own account deleted": forged("cora", "delete", lambda at: _gone(at, "carol", mailbox_fate="keep")),
    "asked for own": forged("cora", "disable", lambda at: at.new("intents", pending(at, "disable", "carol"))),
    "helpdesk's own": forged("hans", "disable", lambda at: at.entry("anna", enabled=False)),
    "helpdesk asks for own": forged("hans", "disable", lambda at: at.new("intents", pending(at, "disable", "anna"))),
    "helpdesk asks elsewhere": forged("hans", "disable", lambda at: at.new("intents", pending(at, "disable", "dora"))),
    "left to another domain": forged(
        "cora", "delete", lambda at: _gone(at, "berg", mailbox_fate="transfer", transferred_to=f"dora@{SOUTH}")
    ),
    "mail to another domain": forged(
        "cora",
        "delete",
        lambda at: at.new("intents", pending(at, "delete", "berg", mailbox="transfer", transfer_to=f"dora@{SOUTH}")),
    ),
    "handed over elsewhere": forged(
        "cora",
        "schedule offboarding",
        lambda at: at.new(
            "offboardings", leaving(at, by="cora", to=f"dora@{SOUTH}", to_entry=at.number("dora")), at.number("berg")
        ),
    ),
    "handed over under another name": forged(
        "cora",
        "schedule offboarding",
        lambda at: at.new(
            "offboardings", leaving(at, by="cora", to=f"anna@{NORTH}", to_entry=at.number("dora")), at.number("berg")
        ),
    ),
    "an alias elsewhere": forged(
        "cora", "offboard", lambda at: at.new("intents", pending(at, "alias", "berg", transfer_to=f"dora@{SOUTH}"))
    ),
    # more than the role
    "deleted": forged("carol", "delete", lambda at: _gone(at, "berg", mailbox_fate="keep")),
    "deleted by an undo": forged("carol", "undo", lambda at: _gone(at, "berg", mailbox_fate="keep"), undoes=1),
    "removed by an undo": forged("carol", "undo", lambda at: at.change("entries", at.number("berg"), None), undoes=1),
    "undone for another": forged("carol", "undo", lambda at: at.entry("berg", tags=()), undoes=2),
    "deletion asked": forged(
        "carol", "delete", lambda at: at.new("intents", pending(at, "delete", "berg", mailbox="keep"))
    ),
    "handed over": forged(
        "carol",
        "schedule offboarding",
        lambda at: at.new(
            "offboardings", leaving(at, to=f"anna@{NORTH}", to_entry=at.number("anna")), at.number("berg")
        ),
    ),
    "leaves far ahead": forged(
        "carol", "schedule offboarding", lambda at: at.new("offboardings", leaving(at, due=FAR), at.number("berg"))
    ),
    "a higher role disabled": forged("carol", "disable", lambda at: at.entry("boss", enabled=False)),
    "a role given": forged("carol", "tag", lambda at: at.entry("berg", role="full_admin")),
    "a role taken first": forged("carol", "tag", lambda at: at.entry("boss", role="user")),
    "an admin added": forged(
        "carol", "add", lambda at: at.new("entries", Entry(address=f"x@{NORTH}", enabled=False, role="full_admin"))
    ),
    "an import": forged(
        "carol", "add", lambda at: at.new("entries", Entry(address=f"x@{NORTH}", enabled=False, origin="imported"))
    ),
    "another kind": forged("carol", "tag", lambda at: at.entry("berg", kind="resource")),
    "another origin": forged("carol", "tag", lambda at: at.entry("berg", origin="other_server")),
    "another address": forged("carol", "tag", lambda at: at.entry("berg", address=f"x@{NORTH}")),
    "mail elsewhere": forged("carol", "tag", lambda at: at.entry("berg", delivers_to=(f"anna@{NORTH}",))),
    "another one's id at the server": forged("carol", "add", lambda at: at.entry("off", server_id="7")),
    "a seat that is free too soon": forged("carol", "tag", lambda at: at.entry("gone", deleted_in=0)),
    "an old number": forged(
        "carol", "add", lambda at: at.new("entries", Entry(address=f"x@{NORTH}", enabled=False), 1)
    ),
    "a keep too long": forged(
        "carol", "keep", lambda at: at.new("keeps", keep(at, "berg", until=FAR), at.number("berg"))
    ),
    "a keep of another": forged(
        "carol", "keep", lambda at: at.new("keeps", keep(at, "berg", by="boss"), at.number("berg"))
    ),
    "a keep of one whose name is longer": forged(
        "carol", "keep", lambda at: at.new("keeps", keep(at, "berg", by="caroline"), at.number("berg"))
    ),
    "a keep of two": forged(
        "carol", "keep", lambda at: at.new("keeps", keep(at, "berg", by="cora (sudo: x (carol)"), at.number("berg"))
    ),
    "a keep at another": forged("carol", "keep", lambda at: at.new("keeps", keep(at, "anna"), at.number("berg"))),
    "a reservation too long": forged("carol", "reserve", lambda at: at.new("reservations", reserved(until=FAR))),
    "too many seats": forged("carol", "reserve", lambda at: at.new("reservations", reserved(count=10**6))),
    "a reading": forged("carol", "sync", lambda at: at.entry("berg", tags=("x",))),
    "a restore": forged("carol", "restore", lambda at: at.entry("berg", tags=("x",))),
    "a policy": forged("carol", "set policy", lambda at: at.new("policies", Policy(name="x"))),
    # the limit, and the seats that a line says
    "beyond the limit": forged("carol", "enable", lambda at: at.entry("off", enabled=True)),
    "beyond it, added": forged("carol", "add", lambda at: at.new("entries", Entry(address=f"x@{NORTH}"))),
    "beyond it, as mapped": forged("carol", "map", lambda at: at.new("entries", Entry(address=f"x@{NORTH}"))),
    "wrong seats": forged("carol", "tag", lambda at: at.entry("berg", tags=("x",)), seats=[99, 99]),
    "wrong seats of helpdesk": forged("hana", "disable", lambda at: at.entry("berg", enabled=False), seats=[6, 6]),
    "deleted as if undone": forged("carol", "undo", lambda at: _gone(at, "anna", mailbox_fate="keep"), undoes=4),
    "no such domain": forged(
        "carol", "add", lambda at: at.new("entries", Entry(address="x@west.example", enabled=False))
    ),
    "an address twice": forged(
        "carol", "add", lambda at: at.new("entries", Entry(address=f"Berg@{NORTH}", enabled=False))
    ),
    "mail of an alias elsewhere": forged(
        "cora",
        "offboard",
        lambda at: at.new("entries", Entry(address=f"x@{NORTH}", kind="alias", delivers_to=(f"dora@{SOUTH}",))),
    ),
    # what readers cannot take, or search engines of the log do not find
    "no next number": forged("carol", "tag", lambda at: at.entry("berg", tags=("x",)), next_number=None),
    "escaped letters": forged(
        "carol", "tag", lambda at: at.entry("berg", tags=("x",)) | {"table": Fragment(b'"entri\\u0065s"')}
    ),
    "a record twice before": forged(
        "carol",
        "tag",
        lambda at: at.entry("berg", tags=("x",)) | {"before": Fragment(b'{"address":7,' + at.document("berg")[1:])},
    ),
    "the same by helpdesk": forged(
        "hana", "disable", lambda at: at.entry("off") | {"before": Fragment(b'{"enabled":7,' + at.document("off")[1:])}
    ),
    "a sum": forged("carol", "tag", lambda at: at.entry("berg", tags=("x",)), state="0" * 32),
    "no such kind": forged("carol", "add", lambda at: at.new("entries", b'{"address":"x@north.example","kind":"x"}')),
    "a number for a text": forged("carol", "add", lambda at: at.new("entries", b'{"address":7}')),
    "a field twice": forged(
        "carol", "add", lambda at: at.new("entries", b'{"address":"x@north.example","enabled":true,"enabled":false}')
    ),
    "a field escaped": forged(
        "carol", "add", lambda at: at.new("entries", b'{"address":"x@north.example","\\u0065nabled":false}')
    ),
    "a text for a boolean": forged(
        "carol", "add", lambda at: at.new("entries", b'{"address":"x@north.example","enabled":"false"}')
    ),
    "the 30th of February": forged(
        "carol",
        "keep",
        lambda at: at.new(
            "keeps",
            encoded("keeps", keep(at, "berg", at=datetime(2026, 2, 28, tzinfo=UTC))).replace(b"02-28", b"02-30"),
            at.number("berg"),
        ),
    ),
    "a large number": forged(
        "carol",
        "reserve",
        lambda at: at.new("reservations", encoded("reservations", reserved(count=7)).replace(b":7,", b":1e3,")),
    ),
}
"""What is written by hand, in a line whose hashes are right."""


@pytest.mark.parametrize("forgery", FORGED)
def test_by_hand_no_login_does_more_than_its_role(kept: Kept, forgery: str) -> None:
    login, deed, changes, more = FORGED[forgery]
    line = kept.line(login, deed, *changes(kept), **more)
    with pytest.raises(psycopg.Error) as refused:
        append(kept.database, login, line)
    assert refused.value.sqlstate in ("KC003", "22008"), refused.value
    assert kept.session.store.catch_up() == []
