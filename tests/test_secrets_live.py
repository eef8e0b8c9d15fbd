"""Neither the server's password nor a new account's is anywhere but where someone put it, whatever goes wrong."""

import _thread
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType

import pytest

from kconsole.core.errors import ConsoleError
from kconsole.net.secrets import Secret
from kconsole.operations.accounts import AddAccount
from kconsole.operations.session import Session
from kconsole.operations.sync.access import SERVER_PASSWORD
from kconsole.providers.kerio import client
from kconsole.text.messages import error_words, hint_words, words_of
from tests.cli.console import Console
from tests.kerio_server.faults import Answer, Cut, Error, Fault, Held, Instead, ItemErrors
from tests.kerio_server.fixtures import need_openssl
from tests.kerio_server.server import PASSWORD as SERVERS
from tests.limits import PATIENCE, share, thorough_but
from tests.operations.followed import ANNA, DORA, Followed
from tests.operations.test_write_faults import FAULTS, QUICK

ACCOUNTS = "Acc0unt's pass, ünique 51c7"
PARTS = ("nique 9d2b", "nique 51c7")
"""Of both, what looks the same however it is escaped."""
HERE = str(Path(__file__).parent)

CALLS = ("Session.login", "Users.create", "Users.get", "Session.logout")

Doing = Callable[[Followed, Session], object]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    need_openssl()
    with Followed(tmp_path_factory.mktemp("followed")) as followed:
        yield followed


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for kind in ("DATA", "CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
    monkeypatch.delenv(SERVER_PASSWORD, raising=False)
    monkeypatch.setattr(client, "LARGEST_ANSWER", 100_000)
    monkeypatch.setattr(client, "_LOGOUT_TIMEOUT", 0.2)
    return home


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The options that name the files with both passwords."""
    for name, password in (("server", SERVERS), ("account", ACCOUNTS)):
        (tmp_path / name).write_text(f"{password}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o600)
    return ["--password-file", str(tmp_path / "server"), "--account-password-file", str(tmp_path / "account")]


def assert_secretless(text: str, where: object) -> None:
    for part in PARTS:
        assert part not in text, where


# Frames


def frames_of(error: BaseException | None, seen: set[int]) -> Iterator[FrameType]:
    """Every frame of an error and of those below it, but for those of tests."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_filename.startswith(HERE):
            yield traceback.tb_frame
        traceback = traceback.tb_next
    yield from frames_of(error.__cause__, seen)
    yield from frames_of(error.__context__, seen)


def texts_of(value: object, depth: int = 2) -> Iterator[str]:
    """What could be shown of a local variable, and of what it consists of."""
    if isinstance(value, Secret):
        return
    if isinstance(value, bytes | bytearray | memoryview):
        yield bytes(value).decode(errors="replace")
        return
    with suppress(Exception):
        yield repr(value)
        yield str(value)
    if depth:
        for part in (getattr(value, "__dict__", None) or {}).values():
            yield from texts_of(part, depth - 1)


def assert_no_frame_has_one(error: BaseException) -> None:
    frames = list(frames_of(error, set()))
    assert frames
    for frame in frames:
        for name, value in frame.f_locals.items():
            for text in texts_of(value):
                assert_secretless(text, (frame.f_code.co_filename, frame.f_lineno, name))


def test_the_walk_finds_what_is_there() -> None:
    code = compile(
        f"def f(given):\n    held = {{'a': [{ACCOUNTS!r}.encode()]}}\n    raise ValueError\nf(1)", "x", "exec"
    )
    with pytest.raises(ValueError) as raised:  # noqa: PT011  # it says nothing
        exec(code, {})  # a frame that is not of this file
    with pytest.raises(AssertionError):
        assert_no_frame_has_one(raised.value)


def add(at: Followed, session: Session) -> object:
    return at.do(session, AddAccount(DORA, "Dora", password=Secret(ACCOUNTS)))


DOINGS: dict[str, Doing] = {"add": add, "read": lambda at, session: at.read(session)}


@pytest.mark.parametrize("name", thorough_but(QUICK, FAULTS))
def test_no_frame_of_an_error_holds_one(at: Followed, name: str) -> None:
    for doing in DOINGS.values():
        for method in share(CALLS, list(FAULTS).index(name), of=2):
            if doing is not add and name.startswith("held"):
                continue  # a reading waits for as long as it is reported
            with at.fresh() as session:
                fault = at.mail.faults.add(FAULTS[name].make(), method, times=FAULTS[name].times)
                try:
                    doing(at, session)
                except ConsoleError as error:
                    assert_no_frame_has_one(error)
                    for text in (error_words(error), hint_words(error), *map(words_of, error.details)):
                        assert_secretless(text, method)
                if isinstance(fault, Held):
                    fault.release()
                at.mail.faults.clear()


@pytest.mark.parametrize("method", ["Session.login", "Users.create"])
def test_no_frame_of_an_interruption_holds_one(at: Followed, method: str) -> None:
    @dataclass(slots=True)
    class Interrupting(Held):
        what: Callable[[], object] = field(default=_thread.interrupt_main)

        def hold(self, stopping: object) -> None:
            self.what()
            Held.hold(self, stopping)  # type: ignore[arg-type]  # as it was given

    with at.fresh() as session:
        fault = at.mail.faults.add(Interrupting(), method)
        with pytest.raises(KeyboardInterrupt) as raised:
            add(at, session)
        fault.release()
        assert_no_frame_has_one(raised.value)
        assert bool(session.state.pending_changes) == (method == "Users.create")


# What is said, and what is kept


@pytest.mark.parametrize("name", thorough_but(QUICK, [name for name in FAULTS if not name.startswith("held")]))
def test_nothing_that_is_said_or_kept_has_one(at: Followed, files: list[str], home: Path, name: str) -> None:
    for method in ("Session.login", "Users.create"):
        with at.fresh() as session:
            at.mail.faults.add(FAULTS[name].make(), method, times=FAULTS[name].times)
            folder = session.store.folder
        console = Console(folder, at.clock)
        said = [console("add", DORA, *files), console("log"), console("log", "--json"), console("dump")]
        at.mail.faults.clear()
        is_refused = FAULTS[name].refused and method == "Users.create"
        assert said[0].code in ((4,) if is_refused else (0, 8)), said[0]
        assert (said[0].out, "Traceback" in said[0].err) == ("", False)
        if said[0].code != 0:
            reported = ("not known", "Nothing was changed", "the server refused")
            assert any(words in said[0].err for words in reported), said[0]
        said += [console("sync", *files[:2]), console("delete", DORA, "--yes", *files[:2]), console("undo", *files[:2])]
        for each in said:
            assert_secretless(each.out + each.err, method)
        for path in [*folder.rglob("*"), *home.rglob("*")]:
            if path.is_file():
                assert_secretless(path.read_bytes().decode(errors="replace"), path)


@dataclass(slots=True)
class Echoing(Fault):
    """A server that says what it was reported."""

    done: bool = field(default=False, kw_only=True)
    method: str = "Users.create"

    def answer(self, right: Answer) -> Answer:
        del right
        text = SERVERS if self.method == "Session.login" else ACCOUNTS
        return Answer(b'{"id":null,"error":{"code":1000,"message":"' + text.encode() + b'"}}')


@pytest.mark.parametrize("method", ["Session.login", "Users.create"])
def test_a_server_that_says_it_itself_is_not_repeated(at: Followed, files: list[str], method: str) -> None:
    with at.fresh() as session:
        at.mail.faults.add(Echoing(method=method), method)
        folder = session.store.folder
    said = Console(folder, at.clock)("add", DORA, *files)
    assert said.code in (4, 8)
    assert_secretless(said.err, method)
    assert_secretless((folder / "journal.jsonl").read_text(encoding="utf-8"), method)


@pytest.mark.parametrize("password", [SERVERS, ACCOUNTS])
def test_nor_is_what_it_says_of_one_account(at: Followed, files: list[str], password: str) -> None:
    error = (1000, "Password '%1' is too simple.", (password,))
    errors = {"dora": error, "anna": error}
    with at.fresh() as session:
        at.mail.faults.add(ItemErrors(errors), "Users.create")
        folder = session.store.folder
    console = Console(folder, at.clock)
    said = console("add", DORA, *files)
    assert said.code == 4
    if password == SERVERS:
        at.mail.faults.add(ItemErrors(errors), "Users.set")
        disabled = console("disable", ANNA, *files[:2])
        assert disabled.code == 4
        assert_secretless(disabled.err, "Users.set")
    assert_secretless(said.err, "Users.create")
    assert_secretless((folder / "journal.jsonl").read_text(encoding="utf-8"), "journal")


def test_where_it_leads_to_is_not_reported_if_that_holds_one(at: Followed, files: list[str]) -> None:
    with at.fresh() as session:
        leads = Instead(b"", 302, headers=(("Location", f"/{ACCOUNTS}"),))
        at.mail.faults.add(leads, "Users.create")
        folder = session.store.folder
    said = Console(folder, at.clock)("add", DORA, *files)
    assert said.code == 8
    assert "leads to another address" in said.err


@pytest.mark.parametrize("fault", [Cut(), Error(), Error(1000, "No.")])
def test_a_traceback_that_a_developer_asks_for_has_none(at: Followed, files: list[str], fault: Fault) -> None:
    with at.fresh() as session:
        at.mail.faults.add(fault, "Users.create")
        folder = session.store.folder
    said = Console(folder).process("add", DORA, *files, KCONSOLE_DEBUG="1")
    assert said.code in (4, 8)
    assert_secretless(said.out + said.err, fault)
    at.mail.faults.clear()


def test_a_process_shows_none_to_those_who_look_at_it(at: Followed, files: list[str]) -> None:
    if not Path("/proc/self/environ").exists():
        pytest.skip("this system has no /proc")
    with at.fresh() as session:
        folder = session.store.folder
    for method in ("Session.login", "Users.create"):
        held = at.mail.faults.add(Held(), method)
        command = [sys.executable, "-m", "kconsole", "--store", str(folder), "add", DORA, *files]
        with subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ}) as process:
            assert held.reached.wait(PATIENCE)
            for name in ("cmdline", "environ"):
                assert_secretless(Path(f"/proc/{process.pid}/{name}").read_bytes().decode(errors="replace"), name)
            process.kill()
        held.release()
        at.mail.faults.clear()
