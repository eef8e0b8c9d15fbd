"""What someone with psql might try that no role allows: settings of the session, old lines, other forms of a name."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
import pytest
from msgspec.structs import replace

from kconsole.core.decisions import Reservation
from kconsole.core.records import Domain, Entry
from kconsole.operations import store_places
from kconsole.operations.accounts import AddAccount, DisableAccounts
from kconsole.operations.decisions import Reserve
from kconsole.operations.session import Session
from kconsole.operations.tags import TagAccounts
from kconsole.store.file_names import FORMAT
from kconsole.store.postgresql.schema import schema
from tests.postgresql.by_hand import Said, append, head_of
from tests.postgresql.server import Database, DatabaseServer
from tests.postgresql.test_account_admins import NORTH, Kept, inventory, keep, pending, reserved
from tests.store.stores import account

WIDE: Final = "bücher.example"
SMALL: Final = "small.example"


@pytest.fixture(scope="module")
def roomy(database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A store with free seats and a domain that is full; an admin who was none when carol tagged and disabled them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        database = database_server.database()
        known = inventory(100)
        entries = (
            *known.entries,
            account("later"),
            replace(account("full"), address=f"full@{SMALL}"),
            account('quo"ted'),
            account("jos\u00e9"),
            replace(account("map"), origin="directory"),
        )
        domains = (*known.domains, Domain(name=WIDE), Domain(name=SMALL, user_limit=1))
        session = Session.create(database.address(), replace(known, entries=entries, domains=domains))
        carol = Session.open(database.address("carol"), "carol")
        carol.do(TagAccounts((f"later@{NORTH}",), ("x",)))  # line 2
        carol.close()
        session.catch_up()
        with session.store.transaction("sync", "read-server") as transaction:  # line 3
            later = session.store.state.entry_at(f"later@{NORTH}")
            assert later is not None
            transaction.put_entry(replace(later, role="full_admin"))
        store_places.bind(session, "cora", [NORTH], f"carol@{NORTH}")
        yield Kept(database, session)
        session.close()
        database.drop()


def new(address: str, **more: Any) -> Callable[[Kept], Said]:
    return lambda at: at.new("entries", Entry(address=address, **more))


def gone(at: Kept, login: str, at_time: datetime, **more: Any) -> Said:
    return at.entry(login, deleted_at=at_time, deleted_in=head_of(at.database)[0] + 1, mailbox_fate="keep", **more)


def second(at: Kept, reservation: Reservation) -> Said:
    """One that is new in a line that has another new one."""
    return at.new("reservations", reservation, head_of(at.database)[2] + 1)


Trick = tuple[str, str, Callable[[Kept], list[Said]], dict[str, Any]]


def trick(login: str, deed: str, *changes: Callable[[Kept], Said], **more: Any) -> Trick:
    return login, deed, lambda kept: [change(kept) for change in changes], more


NOW: Final = datetime.now(UTC)

TRICKS: Final[dict[str, Trick]] = {
    "undone since when it became an admin": trick(
        "carol", "undo", lambda at: at.entry("later", tags=(), role="user"), undoes=2
    ),
    # another spelling of an address that is there, or none that a person can tell from it
    "quoted": trick("carol", "add", new(f'quo"ted@{NORTH}', enabled=False)),
    "decomposed": trick("carol", "add", new(f"jose\u0301@{NORTH}", enabled=False)),
    "wide": trick("carol", "add", new(f"\uff42erg@{NORTH}", enabled=False)),
    "blank": trick("carol", "add", new(f" berg@{NORTH}", enabled=False)),
    "invisible": trick("carol", "add", new(f"\u200bberg@{NORTH}", enabled=False)),
    "no login": trick("carol", "add", new(f"@{NORTH}", enabled=False)),
    "two in one": trick("carol", "add", new(f"a@b@{NORTH}", enabled=False)),
    "a control sign": trick("carol", "add", new(f"a\x1b[2J@{NORTH}", enabled=False)),
    "a decomposed domain": trick("carol", "add", new("x@bu\u0308cher.example", enabled=False)),
    # the limits
    "a wide domain that is full": trick("carol", "add", new("x@\uff53mall.example")),
    "quoted in one that is full": trick("carol", "add", new(f'q"x@{SMALL}')),
    "a seat of one domain for one of another": trick(
        "carol", "undo", lambda at: at.entry("berg", enabled=False), new(f"y@{SMALL}")
    ),
    "a seat that is held, freed": trick("carol", "disable", lambda at: at.entry("gone", enabled=False)),
    "a deleted one of another kind": trick("carol", "tag", lambda at: at.entry("gone", kind="resource")),
    "added as deleted": trick("carol", "add", new(f"x@{NORTH}", deleted_at=NOW, deleted_in=1)),
    "deleted at a time to come": trick("cora", "delete", lambda at: gone(at, "berg", NOW + timedelta(days=9))),
    # decisions on what is not there
    "a keep of no account": trick(
        "carol", "keep", lambda at: at.new("keeps", replace(keep(at, "berg"), entry=1, address=""), 1)
    ),
    "a keep of a deleted one": trick("carol", "keep", lambda at: at.new("keeps", keep(at, "gone"), at.number("gone"))),
    "reserved nowhere": trick("carol", "reserve", lambda at: at.new("reservations", reserved(domain="west.example"))),
    # seats that are not free
    "more reserved than is free": trick("carol", "reserve", lambda at: at.new("reservations", reserved(count=97))),
    "reserved in two parts": trick(
        "carol",
        "reserve",
        lambda at: at.new("reservations", reserved(count=50)),
        lambda at: second(at, reserved(count=50)),
    ),
    "as if an undo restored it": trick(
        "carol", "undo", lambda at: at.new("reservations", reserved(count=97)), undoes=2
    ),
    "reserved for a time when more is": trick(
        "carol",
        "reserve",
        lambda at: at.new("reservations", reserved(count=50)),
        lambda at: at.new(
            "reservations", reserved(count=50, start=NOW + timedelta(days=3)), head_of(at.database)[2] + 1
        ),
    ),
    "reserved in a domain that is full": trick(
        "carol", "reserve", lambda at: at.new("reservations", reserved(domain=SMALL))
    ),
    # what others added, taken from the server
    "a deletion of another one's account asked for": trick(
        "carol", "undo", lambda at: at.new("intents", pending(at, "delete", "later", mailbox="delete")), undoes=2
    ),
    "a server asked for nothing": trick(
        "hana", "disable", lambda at: at.new("intents", replace(pending(at, "disable", "berg"), targets=()))
    ),
}
"""What is written by hand, in a line whose hashes are right."""


@pytest.mark.parametrize("tried", TRICKS)
def test_by_hand_no_trick_goes_past_a_role(roomy: Kept, tried: str) -> None:
    login, deed, changes, more = TRICKS[tried]
    with pytest.raises(psycopg.Error) as refused:
        append(roomy.database, login, roomy.line(login, deed, *changes(roomy), **more))
    assert refused.value.sqlstate == "KC003", refused.value
    assert roomy.session.store.catch_up() == []


def test_what_a_session_read_before_a_binding_does_not_hold_after_it(roomy: Kept) -> None:
    line = roomy.line("cora", "tag", roomy.entry("berg", tags=("x",)))
    for level in ("REPEATABLE READ", "SERIALIZABLE"):
        with roomy.database.server.connect(roomy.database.name, "cora") as own:
            own.execute(f"BEGIN ISOLATION LEVEL {level}")
            with pytest.raises(psycopg.Error, match="read committed"):
                own.execute(
                    "SELECT kconsole.append('kconsole', %s, %s, %s, %s)", (*head_of(roomy.database)[:2], [line], FORMAT)
                )


def test_carol_undoes_and_adds_as_before(roomy: Kept) -> None:
    carol = Session.open(roomy.database.address("carol"), "carol")
    for operation in (
        DisableAccounts((f"berg@{NORTH}",)),
        AddAccount(address=f"New.One@{NORTH}"),
        AddAccount(address=f"x@{WIDE}"),
        Reserve(subject="y", domain=WIDE, until=NOW + timedelta(days=9), reason="z"),
    ):
        assert carol.do(operation).commit is not None
        assert carol.undo().commit is not None
    assert carol.do(DisableAccounts((f"anna@{NORTH}",))).commit is not None
    carol.close()
    roomy.session.catch_up()


def test_no_pattern_takes_digits_of_all_scripts() -> None:
    assert "\\d" not in schema()  # in a database of ICU


def test_what_prepares_a_database_runs_nothing_that_others_made(database: Database) -> None:
    database.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    for sql in (
        "CREATE FUNCTION public.get(json, json) RETURNS text LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'run as %', current_user; END $$",
        "CREATE OPERATOR public.->> (LEFTARG = json, RIGHTARG = json, FUNCTION = public.get)",
    ):
        database.execute(sql, login="hana")
    database.execute("INSERT INTO kconsole.record VALUES ('kconsole', 'entries', 1, '{}')")
    database.execute(schema())
