"""A store that follows a server of another product: everything goes through the seam, and nothing is Kerio's."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kconsole.core.errors import Refused
from kconsole.core.records import Inventory
from kconsole.core.server import Server, ServerAccess
from kconsole.licensing.comparison import compared
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Done, HalfDone, Operation
from kconsole.operations.offboarding import Offboard
from kconsole.operations.server import AddServer
from kconsole.operations.session import Session
from kconsole.operations.sync.access import read_server
from kconsole.operations.sync.pull import Sync, begin_reading
from kconsole.operations.sync.recover import Writer
from kconsole.providers.base import AnswerLost, Disable
from tests.clocks import FixedClock
from tests.licensing.other_policy import OTHER
from tests.limits import PATIENCE
from tests.operations.followed import here
from tests.providers.other import Desk
from tests.under_kerio import evaluate

ANNA, BERG, CHEN, DORA = "anna@north.example", "berg@north.example", "chen@south.example", "dora@north.example"


@pytest.fixture
def session(tmp_path: Path, desk: Desk, desk_access: ServerAccess, kerio_clock: FixedClock) -> Iterator[Session]:
    created = Session.create(tmp_path / "store", Inventory(), "anna", kerio_clock, patience=0)
    with closing(Session(created.store, kerio_clock, OTHER)) as session:
        session.do(AddServer(Server(name="desk", access=desk_access)))
        read(session, desk)
        yield session


def read(session: Session, desk: Desk) -> Done:
    begun = begin_reading(session)
    done = session.do(Sync(read_server(begun.access, Secret(desk.password)), begun))
    check_agrees(session, desk)
    return done


def do(session: Session, desk: Desk, operation: Operation) -> Done:
    done = session.do(operation, Writer(Secret(desk.password)))
    check_agrees(session, desk)
    return done


def check_agrees(session: Session, desk: Desk) -> None:
    """The store has what the server has, and counts as that does: without held seats."""
    there = {each.address: (each.server_id, each.enabled) for each in desk.accounts.values() if each.is_account}
    assert here(session) == there
    report = session.seats.report()
    assert report == evaluate(session.state.inventory, OTHER)
    assert (report.used, report.held) == (desk.used(), 0)


def test_a_sync_takes_everything(session: Session, desk: Desk) -> None:
    assert [domain.name for domain in session.state.domains.values()] == ["north.example", "south.example"]
    assert session.state.find(ANNA).role == "full_admin"
    assert session.state.find("sales@north.example").kind == "resource"
    assert session.state.license.seats == 10
    server = session.state.server
    assert server is not None
    assert server.numbers is not None
    assert (server.role, server.version, server.missing, server.remarks) == ("owner", "3.1", (), ())
    comparisons = compared(session.seats.report(), server.numbers, session.state.live_entries(), OTHER)
    assert all(each.agrees for each in comparisons)
    assert not read(session, desk).changed


def test_accounts_are_changed_there_and_here_one_at_a_time(session: Session, desk: Desk) -> None:
    do(session, desk, DisableAccounts((ANNA, CHEN, DORA)))
    assert [type(step) for step in desk.steps] == [Disable] * 3
    do(session, desk, EnableAccounts((ANNA, BERG)))
    do(session, desk, AddAccount("eve@south.example", "Eve"))
    do(session, desk, DeleteAccounts((DORA, "eve@south.example")))
    assert session.state.find(DORA).mailbox_fate == "keep"
    do(session, desk, DisableAccounts((ANNA,)))
    session.undo(by=Writer(Secret(desk.password)))
    check_agrees(session, desk)
    assert session.state.find(ANNA).enabled
    assert not read(session, desk).changed


def test_an_account_that_someone_deletes_there_holds_no_seat(session: Session, desk: Desk) -> None:
    del desk.accounts[session.state.find(ANNA).server_id]
    assert [outcome.code for outcome in read(session, desk).changed] == ["gone-from-server"]


def test_what_the_product_cannot_do_is_not_asked_of_it(session: Session, desk: Desk) -> None:
    with pytest.raises(Refused, match="fate-not-possible"):
        do(session, desk, DeleteAccounts((ANNA,), "transfer", CHEN))
    assert not desk.steps
    desk.seats = 1
    outcome = do(session, desk, AddAccount("eve@south.example")).outcomes[0]
    assert (outcome.code, outcome.params["said"]) == ("denied-license-full", "Buy more")


@pytest.mark.parametrize("is_done", [False, True])
def test_a_lost_answer_stays_unconfirmed_until_the_next_change_recovers_it(
    session: Session, desk: Desk, is_done: bool
) -> None:
    desk.trouble = "lost, and done" if is_done else "lost"
    with pytest.raises(AnswerLost):
        session.do(DisableAccounts((ANNA,)), Writer(Secret(desk.password)))
    assert session.state.pending_changes
    recovered: list[Done] = []
    session.do(DisableAccounts((CHEN,)), Writer(Secret(desk.password), recovered=recovered.append))
    check_agrees(session, desk)
    assert not session.state.pending_changes
    (outcome,) = recovered[0].outcomes
    assert (outcome.address, outcome.code, outcome.params["done"]) == (ANNA, "resolved", is_done)


def test_a_refusal_of_one_and_a_refusal_of_all(session: Session, desk: Desk) -> None:
    do(session, desk, DisableAccounts((CHEN,)))
    desk.seats = 3
    done = do(session, desk, EnableAccounts((BERG, CHEN)))
    assert [outcome.result for outcome in done.outcomes] == ["done", "refused"]
    desk.trouble = "not understood"
    with pytest.raises(Refused, match="why-not-understood") as raised:
        session.do(DisableAccounts((ANNA, BERG)), Writer(Secret(desk.password)))
    assert not isinstance(raised.value, HalfDone)
    assert not session.state.pending_changes


def test_the_store_remembers_the_provider(session: Session, kerio_clock: FixedClock) -> None:
    with closing(Session.open(session.store.folder, "anna", kerio_clock, patience=0)) as again:
        assert again.state.server == session.state.server
    assert '"provider":"desk"' in (session.store.folder / "journal.jsonl").read_text().replace(" ", "")


def test_a_record_of_a_kerio_server_names_no_provider(tmp_path: Path, kerio_clock: FixedClock) -> None:
    folder = tmp_path / "kerio"
    with closing(Session.create(folder, Inventory(), "anna", kerio_clock, patience=0)) as session:
        session.do(AddServer(Server(name="mail", access=ServerAccess(url="https://mail.example", user="x"))))
    written = (folder / "journal.jsonl").read_text()
    assert "mail.example" in written
    assert not any(word in written for word in ("provider", "missing", "remarks"))


def test_operations_know_no_provider_by_name() -> None:
    import kconsole.operations as package

    for path in Path(package.__path__[0]).rglob("*.py"):
        assert "providers.kerio" not in path.read_text(encoding="utf-8"), path
    assert "kconsole.providers.base" in sys.modules


def test_the_http_library_is_imported_only_when_a_server_is_contacted() -> None:
    script = (
        "import sys, kconsole.cli.sync, kconsole.operations.sync.recover\n"
        "from kconsole.core.server import ServerAccess\n"
        "from kconsole.operations.sync.access import provider_of\n"
        "access = ServerAccess(url='https://mail.example', user='x')\n"
        "provider_of(access).check(access)\n"
        "before = 'httpx' in sys.modules\n"
        "provider_of(access).prepare()\n"
        "print(before, 'httpx' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert ran.stdout.split() == ["False", "True"]


@pytest.mark.parametrize(("to", "alias_to", "code"), [(DORA, "", "fate-not-possible"), ("", DORA, "no-aliases-there")])
def test_what_the_product_cannot_hand_over_is_refused_as_a_whole(
    session: Session, desk: Desk, to: str, alias_to: str, code: str
) -> None:
    with pytest.raises(Refused, match=code):
        do(session, desk, Offboard(CHEN, to, alias_to))
    assert desk.steps == []
    assert not session.state.pending_changes
    assert do(session, desk, Offboard(CHEN)).outcomes[0].code == "disabled"
