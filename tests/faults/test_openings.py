"""Each file that a command opens fails in turn: that is said in words, with the right exit code."""

import errno
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kconsole.store.seatstore import SeatStore
from tests.cli.console import Console, account
from tests.limits import each_with_some
from tests.store.stores import opened, same_as_disk

MOST = 60
"""More openings than any command here makes."""

CALLS = frozenset({"open", "os.mkdir", "os.rename", "os.link", "os.listdir", "os.scandir", "os.chmod", "os.remove"})
"""What fails, by the names of Python's audit events."""

LICENSE = "--LICENSE--\nUsers: 15\nLicense-Expires: 01 Jan 2029\nSubscription-Expires: 01 Jan 2029\n--END--\n"

COMMANDS = (
    "status",
    "--read-only status",
    "disable anna@north.example",
    "undo",
    "log",
    "log verify",
    "doctor",
    "doctor --fix",
    "journal archive --keep 2",
    "--store {}/new init",
    "dump {}/out",
    "backup {}/out",
    "backup {}/new.tar",
    "backup -",
    "restore {}/dump.json",
    "import csv {}/users.csv --domain north.example --skip-faulty --faults {}/faults",
    "import logins {}/logins.csv",
    "license install {}/license.key --yes",
    "license register --organization x --person y --email a@x.example --phone 1 --street s --zip 1 --city c "
    "--country US --id-file {}/id",
    "diagnose",
)

FAULTS = {
    "EACCES once": (errno.EACCES, False),
    "EIO once": (errno.EIO, False),
    "ENOSPC once": (errno.ENOSPC, False),
    "EMFILE from then on": (errno.EMFILE, True),
    "EROFS from then on": (errno.EROFS, True),
}

IS_CODE = re.compile(r"\b[a-z]+(-[a-z]+)+\.(\s|$)")
"""A code of ours, where a sentence should be."""


class Failing:
    """Counts the calls for paths in a folder, and fails at one of them, or from that on."""

    def __init__(self) -> None:
        self.reset("", 0)
        sys.addaudithook(self)  # for good: a hook cannot be removed

    def reset(self, folder: str, at: int, code: int = 0, *, stays: bool = False) -> None:
        self.folder, self.at, self.code, self.stays = folder, at, code, stays
        self.count = 0
        self.failed: list[Path] = []

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.folder or event not in CALLS or not isinstance(arguments[0], str | os.PathLike):
            return
        path = os.path.abspath(arguments[0])  # noqa: PTH100  # resolves nothing
        if path.startswith(self.folder):
            self.count += 1
            if self.count == self.at or (self.stays and 0 < self.at < self.count):
                self.failed.append(Path(path))
                raise OSError(self.code, os.strerror(self.code), path)

    @contextmanager
    def during(self, folder: Path, at: int, code: int, *, stays: bool) -> Iterator[None]:
        self.reset(f"{folder}/", at, code, stays=stays)
        try:
            yield
        finally:
            self.folder = ""


FAILING = Failing()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store, a configuration, and files to read and to replace."""
    folder = tmp_path_factory.mktemp("prepared")
    console = Console(folder / "store").fill(account("anna"), account("berg"))
    for command in ("disable", "enable", "disable"):
        console.done(command, "anna@north.example")
    for name, content in {
        "config.toml": 'theme = "kconsole-light"\n',
        "users.csv": "Name;FullName\nnew;New One\n;Without a name\n",
        "logins.csv": "address;time\nberg@north.example;2026-08-05T12:03:00Z\n",
        "license.key": LICENSE,
        "id": "12345-ABCDE-98765\n",
        "out": "old",
        "faults": "old",
        "dump.json": console.done("dump").out,
    }.items():
        (folder / name).write_text(content)
        (folder / name).chmod(0o600)
    return folder


@pytest.mark.parametrize(("command", "fault"), each_with_some(COMMANDS, FAULTS, (), of=2))
def test_what_cannot_be_opened_is_said_in_words(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, fault: str
) -> None:
    code, stays = FAULTS[fault]
    usual = 0
    for at in range(MOST):
        folder = tmp_path / str(at)
        shutil.copytree(prepared, folder)
        monkeypatch.setenv("KCONSOLE_CONFIG", str(folder / "config.toml"))
        monkeypatch.setenv("KCONSOLE_STATE", str(folder))
        console = Console(folder / "store")
        with FAILING.during(folder, at, code, stays=stays):
            said = console(*command.format(*[folder] * 2).split())
        if at == 0:
            usual = said.code
            assert usual == ("--faults" in command), said
            continue
        if not FAILING.failed:
            assert said.code == usual, said
            return
        place = FAILING.failed[0].relative_to(folder)
        assert "Traceback" not in said.err, place
        assert "Unexpected" not in said.err, place
        assert "cannot be used" not in said.err, place  # the last resort
        assert not IS_CODE.search(said.err), said
        if said.code != usual:
            assert os.strerror(code) in said.err, place
            is_of_store = place.parts[0] in ("store", "new") or "new init" in command
            is_only_read = place.name == "journal.jsonl" and said.code == 4  # it could be opened, but not to be changed
            assert is_only_read or said.code == (7 if is_of_store else 2) or (stays and said.code == 7), (place, said)
        store: SeatStore = opened(console.folder)
        assert same_as_disk(store)
        store.abandon()
        shutil.rmtree(folder)
    pytest.fail(f"more than {MOST} calls")
