"""The real command, with the real system calls failing underneath it, by strace."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from kconsole.core.records import Entry
from tests.faults.test_openings import IS_CODE
from tests.limits import EXHAUSTIVE
from tests.store.stores import account, add, new_store, opened, same_as_disk

STRACE = shutil.which("strace")

pytestmark = pytest.mark.skipif(
    STRACE is None and not os.environ.get("CI"), reason="strace is not installed (on Debian: apt install strace)"
)

ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}

CALLS = ("write", "fdatasync", "fsync", "rename,renameat,renameat2", "link,linkat", "ftruncate", "flock")
MOST = 12


def may_be_traced() -> bool:
    """Some containers have strace and do not let it trace."""
    return STRACE is not None and subprocess.run([STRACE, "-o", os.devnull, "true"], check=False).returncode == 0


def run(folder: Path, fault: str, log: Path) -> subprocess.CompletedProcess[str]:
    strace = [STRACE or "strace", "-f", "--seccomp-bpf", "-o", str(log), "-e", f"trace={fault.partition(':')[0]}"]
    kconsole = [sys.executable, "-m", "kconsole", "--store", str(folder), "disable", f"{account('anna').address}"]
    return subprocess.run(
        [*strace, "-e", f"inject={fault}", *kconsole], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


def anna_in(folder: Path) -> tuple[Entry | None, list[str]]:
    store = opened(folder)
    assert same_as_disk(store)
    anna = store.state.entry_at(account("anna").address)
    operations = [commit.operation for commit in store.journal.history()]
    add(store, "later")
    assert same_as_disk(store)
    store.close()
    return anna, operations


@pytest.mark.parametrize("when", ["{}", "{}+"], ids=["once", "from-then-on"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("calls", CALLS)
def test_a_command_disables_or_says_that_it_could_not(tmp_path: Path, calls: str, error: str, when: str) -> None:
    if not may_be_traced():
        pytest.skip("strace may not trace here")
    for number in range(1, MOST):
        folder, log = tmp_path / str(number), tmp_path / f"{number}.log"
        new_store(folder, account("anna"), account("berg")).close()
        said = run(folder, f"{calls}:error={error}:when={when.format(number)}", log)
        was_injected = "(INJECTED)" in log.read_text()
        anna, operations = anna_in(folder)
        assert anna is not None
        assert operations == ["init"] + ["disable"] * (not anna.enabled)
        if said.returncode == 0:
            assert not anna.enabled
        elif said.returncode == 7:
            assert anna.enabled or "disk did not confirm" in said.stderr
            assert "journal.jsonl" in said.stderr or "lock" in said.stderr or calls == "write"
        assert "Traceback" not in said.stderr
        if not was_injected:
            assert said.returncode == 0, said.stderr
            return
    if "+" not in when:
        pytest.fail(f"more than {MOST} calls of {calls}")


OF_PYTHON: Final = re.compile("_datetime|_blake2|_hashlib|_md5|_sha")
"""Without these, Python itself ends with a segmentation fault, or `hashlib` shows a traceback while it is imported."""


@pytest.mark.parametrize("when", ["{}", "{}+"], ids=["once", "from-then-on"])
@pytest.mark.parametrize("error", ["EMFILE", "EIO"])
def test_no_file_can_be_opened_any_more(tmp_path: Path, error: str, when: str) -> None:
    """Not even those of the program itself."""
    if not may_be_traced():
        pytest.skip("strace may not trace here")
    folder, log = tmp_path / "usual", tmp_path / "log"
    new_store(folder, account("anna")).close()
    assert run(folder, f"openat:error={error}:when=60000", log).returncode == 0
    opened_files = log.read_text().splitlines()
    first = max(number for number, line in enumerate(opened_files, 1) if "__main__." in line)
    for number in range(first + 1, len(opened_files), len(opened_files) // (20 if EXHAUSTIVE else 8)):
        if OF_PYTHON.search(opened_files[number - 1]):
            continue
        folder = tmp_path / str(number)
        new_store(folder, account("anna")).close()
        said = run(folder, f"openat:error={error}:when={when.format(number)}", log)
        assert said.returncode in (0, 1, 7), said
        assert "Traceback" not in said.stderr
        assert "Unexpected" not in said.stderr
        assert not IS_CODE.search(said.stderr), said
        assert said.returncode == 0 or "kconsole: " in said.stderr
        anna, operations = anna_in(folder)
        assert anna is not None
        assert operations == ["init"] + ["disable"] * (not anna.enabled)
