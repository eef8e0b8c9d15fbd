"""A session: figures that follow every change, whoever makes it and however it ends."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from kconsole.core.errors import ConsoleError, NotFound, Refused, StoreUnusable
from kconsole.core.history import Commit, Operator
from kconsole.core.records import Entry, Inventory, MailboxFate, fold
from kconsole.core.roles import Capability
from kconsole.core.times import SystemClock
from kconsole.licensing.policy import KERIO
from kconsole.operations.accounts import AddAccount, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Done, Operation, OperationContext, Outcome, RunsOn
from kconsole.operations.dumps import dump_of
from kconsole.operations.importing.kerio_export import ImportAccounts
from kconsole.operations.server import AddDomain, RecordRestart, RestoreInventory
from kconsole.operations.session import Session
from kconsole.operations.system import default_folder, system_operator
from kconsole.operations.what_if import if_toggled
from kconsole.text.messages import hint_words
from tests.clocks import FixedClock, noon
from tests.licensing.strategies import DOMAIN_NAMES, LOGINS, inventories
from tests.limits import EXAMPLES
from tests.operations.sessions import account, another, deleted, export, session_of, used
from tests.under_kerio import evaluate

ANNA = "anna@north.example"


class Failing:
    """A change that does things and then fails."""

    name: ClassVar[str] = "failing"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "restore"
    reason = ""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def apply(self, context: OperationContext) -> list[Outcome]:
        context.transaction.put_entry(account("left.over"))
        for entry in list(context.state.entries.values()):
            context.transaction.put_entry(replace(entry, enabled=not entry.enabled))
        context.transaction.set_last_restart(context.now)
        raise self.error


def test_a_session_finds_what_is_there_or_was(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), deleted("gone"))
    anna = session.state.find("ANNA@north.example")
    assert session.state.live_entry(anna.id) == anna
    gone = session.state.find("gone@north.example")
    assert session.state.live_entry(gone.id) is None
    assert session.state.live_entry(99) is None
    assert session.seats.held() == [gone]
    with pytest.raises(NotFound, match=r"address-not-in-store .*missing") as caught:
        session.state.find("missing")
    assert "kconsole accounts" in hint_words(caught.value)
    assert (session.store.folder, session.store.operator, session.state.last_restart) == (
        tmp_path / "store",
        Operator("anna"),
        None,
    )
    assert session.state.primary_domain == "north.example"
    assert session_of(tmp_path / "other", domains=()).state.primary_domain == ""


def test_a_session_has_an_operator_and_a_clock_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session.create(tmp_path, Inventory())
    assert session.store.operator == system_operator()
    assert session.store.operator.user != ""
    assert isinstance(session.clock, SystemClock)
    assert Session.open(tmp_path).store.operator == session.store.operator
    assert default_folder().name == "kconsole"
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)
    assert system_operator().user == "uid 4000000000"


def test_listeners_hear_of_commits_once_the_figures_follow_them(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    heard: list[tuple[str, bool, int]] = []
    session.listen(lambda commit: heard.append((commit.operation, commit.own, session.seats.report().used)))
    session.do(DisableAccounts((ANNA,)))
    second = another(session)
    second.do(EnableAccounts((ANNA,)))
    (commit,) = session.catch_up()
    assert (commit.operation, commit.operator.user, commit.own) == ("enable", "berg", False)
    assert session.catch_up() == []
    second.close()
    assert heard == [("disable", True, 0), ("enable", False, 1)]
    session.close()
    another(session).do(DisableAccounts((ANNA,)))
    assert len(heard) == 2


def test_a_listener_that_fails_does_not_undo_what_is_on_disk(tmp_path: Path) -> None:
    def fail(_: Commit) -> None:
        raise RuntimeError("listener")

    session = session_of(tmp_path, account("anna"))
    session.listen(fail)
    with pytest.raises(RuntimeError, match="listener"):
        session.do(DisableAccounts((ANNA,)))
    assert used(session) == used(another(session)) == 0


@pytest.mark.parametrize("error", [Refused("no"), RuntimeError(), KeyboardInterrupt()])
def test_a_change_that_fails_half_way_did_nothing(tmp_path: Path, error: BaseException) -> None:
    session = session_of(tmp_path, account("anna"), account("off", enabled=False), deleted("gone"))
    before = dump_of(session)
    with pytest.raises(type(error)):
        session.do(Failing(error))
    assert dump_of(session) == before
    assert used(session) == 2
    session.do(AddAccount("berg@north.example"))
    assert used(session) == used(another(session)) == 3


def test_a_change_that_could_not_be_saved_did_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of(tmp_path, account("anna"))
    with monkeypatch.context() as patch:
        patch.setattr("os.fdatasync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(StoreUnusable, match="No space left"):
            session.do(DisableAccounts((ANNA,)))
    assert (used(session), session.history.undoable) == (1, None)
    session.do(DisableAccounts((ANNA,)))
    assert used(session) == 0


@settings(max_examples=EXAMPLES, deadline=None)
@given(inventory=inventories(most=12), choice=st.lists(st.integers(0, 100), max_size=4))
def test_what_if_changes_nothing_and_equals_doing_it(
    inventory: Inventory, choice: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    session = Session.create(tmp_path_factory.mktemp("s") / "s", inventory, "anna", noon())
    live = session.state.live_entries()
    marked = [live[number % len(live)] for number in choice] if live else []
    before = session.seats.report()
    planned = if_toggled(session.seats, marked)
    assert session.seats.report() == before == evaluate(session.state.inventory)
    addresses = tuple(entry.address for entry in marked)
    enables = not any(KERIO.classify(entry).seat for entry in marked)
    operation: Operation = EnableAccounts(addresses) if enables else DisableAccounts(addresses)
    done = session.do(operation)
    accounts = {outcome.address for outcome in done.outcomes if not _is_no_account(session, outcome)}
    if not any(outcome.failed for outcome in done.outcomes if outcome.address in accounts):
        assert session.seats.report() == planned


def _is_no_account(session: Session, outcome: Outcome) -> bool:
    return not session.state.find(outcome.address).is_account


class Consoles(RuleBasedStateMachine):
    """Two consoles on one store: whatever they do and fail at, figures are right and no guarded limit is passed."""

    addresses = st.builds("{}@{}".format, st.sampled_from([*LOGINS, "missing"]), st.sampled_from(DOMAIN_NAMES))
    several = st.lists(addresses, min_size=1, max_size=3).map(tuple)

    def __init__(self) -> None:
        super().__init__()
        self.temporary = TemporaryDirectory()
        self.clock: FixedClock = noon()
        self.done: Done | None = None

    def teardown(self) -> None:
        self.temporary.cleanup()

    @initialize(inventory=inventories(most=12))
    def open_two(self, inventory: Inventory) -> None:
        folder = Path(self.temporary.name) / "s"
        self.one = Session.create(folder, inventory, "anna", self.clock, patience=0)
        self.other = Session.open(folder, "berg", self.clock, patience=0)

    def do(self, operation: Operation) -> None:
        self.one.catch_up()
        before = self.one.seats.report()
        try:
            self.done = self.one.do(operation)
        except ConsoleError:
            assert self.one.seats.report() == before
        else:
            self.check_limits(self.done)

    def check_limits(self, done: Done) -> None:
        if done.operation not in ("restore", "add domain"):  # neither asks whether what is there fits
            assert done.after.over <= done.before.over
            for domain in done.after.domains:
                was = done.before.of_domain(domain.name)
                within = domain.limit is None or domain.counted + domain.held <= domain.limit
                assert within or (was is not None and domain.counted + domain.held <= was.counted + was.held)

    @rule(addresses=several)
    def disable(self, addresses: tuple[str, ...]) -> None:
        self.do(DisableAccounts(addresses))

    @rule(addresses=several)
    def enable(self, addresses: tuple[str, ...]) -> None:
        self.do(EnableAccounts(addresses))

    @rule(address=addresses)
    def add(self, address: str) -> None:
        self.do(AddAccount(address, "Name"))

    @rule(addresses=several, fate=st.sampled_from(["keep", "delete", "transfer"]), heir=addresses)
    def delete(self, addresses: tuple[str, ...], fate: MailboxFate, heir: str) -> None:
        self.do(DeleteAccounts(addresses, fate, heir))

    @rule(logins=st.lists(st.sampled_from(["anna", "b", "new", "scanner2"]), min_size=1, max_size=3, unique=True))
    def import_rows(self, logins: list[str]) -> None:
        rows = export(*[f"{login};{login.title()};;{login},more.{login},shared" for login in logins])
        self.do(ImportAccounts(rows, DOMAIN_NAMES[len(logins)]))

    @rule(name=st.sampled_from([*DOMAIN_NAMES, "west.example"]), limit=st.none() | st.integers(0, 3))
    def add_domain(self, name: str, limit: int | None) -> None:
        self.do(AddDomain(name, user_limit=limit))

    @rule()
    def restart(self) -> None:
        self.do(RecordRestart())

    @rule(inventory=inventories(most=5))
    def restore(self, inventory: Inventory) -> None:
        self.do(RestoreInventory(inventory))

    @rule(error=st.sampled_from([Refused("no"), RuntimeError()]))
    def fail(self, error: Exception) -> None:
        self.one.catch_up()
        before = self.one.state.inventory
        with pytest.raises(type(error)):
            self.one.do(Failing(error))
        assert sorted(self.one.state.inventory.entries, key=_number) == sorted(before.entries, key=_number)

    @rule()
    def undo(self) -> None:
        self.one.catch_up()
        before, last = self.one.seats.report(), self.one.history.undoable
        try:
            undone = self.one.undo()
        except ConsoleError:
            assert self.one.seats.report() == before
        else:
            if last is not None and last.operation != "restore":
                self.check_limits(undone)

    @rule(minutes=st.integers(-90, 90))
    def wait(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)

    @rule()
    def change_seats(self) -> None:
        self.one, self.other = self.other, self.one

    @invariant()
    def figures_are_right(self) -> None:
        for session in (self.one, self.other):
            session.catch_up()
            assert session.seats.report() == evaluate(session.state.inventory)
            assert sorted(map(_number, session.seats.held())) == sorted(
                entry.id
                for entry in session.state.inventory.entries
                if entry.deleted_at is not None
                and KERIO.classify(entry).seat
                and ((restart := session.state.restart) is None or not restart.came_after(entry))
            )
            live = [fold(entry.address) for entry in session.state.live_entries()]
            assert len(live) == len(set(live))
        assert sorted(self.one.state.inventory.entries, key=_number) == sorted(
            self.other.state.inventory.entries, key=_number
        )


def _number(entry: Entry) -> int:
    return entry.id


TestConsoles = Consoles.TestCase
TestConsoles.settings = settings(max_examples=EXAMPLES // 2 + 5, stateful_step_count=20, deadline=None)
