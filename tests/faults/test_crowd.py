"""Many processes at one store, all of them at its seat limit."""

import os
import subprocess
import sys
from pathlib import Path

from kconsole.operations.history import LogQuery
from kconsole.operations.session import Session
from tests.limits import PATIENCE
from tests.store.stores import inventory_of, opened, same_as_disk

PROCESSES = 8
CHANGES = int(os.environ.get("KCONSOLE_CROWD", "25"))
SEATS = 6


def test_a_crowd_at_the_limit_loses_nothing_and_never_passes_it(tmp_path: Path) -> None:
    Session.create(tmp_path / "s", inventory_of(seats=SEATS)).close()
    module = [sys.executable, "-m", "tests.faults.crowd_member", str(tmp_path / "s")]
    running = [
        subprocess.Popen(
            [*module, f"p{number}", str(CHANGES)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for number in range(PROCESSES)
    ]
    answers = [process.communicate(timeout=PATIENCE + CHANGES) for process in running]
    assert [(process.returncode, answer[1]) for process, answer in zip(running, answers, strict=True)] == [
        (0, "")
    ] * PROCESSES

    reported = {f"p{number}": [int(line) for line in out.split()] for number, (out, _) in enumerate(answers)}
    all_reported = sorted(number for numbers in reported.values() for number in numbers)
    assert len(all_reported) == len(set(all_reported)) == PROCESSES * CHANGES

    session = Session.open(tmp_path / "s")
    commits = list(session.history.log(LogQuery()))
    assert [commit.sequence for commit in commits] == list(range(1, len(commits) + 1))
    changed = {commit.sequence: commit.operator.user for commit in commits[1:] if commit.changes}
    assert changed == {number: name for name, numbers in reported.items() for number in numbers}
    used = 0
    for commit in commits[1:]:
        assert commit.seats is not None
        before, after = commit.seats
        assert before == used, commit
        assert after <= SEATS, commit
        used = after
    assert session.seats.report().used == used
    assert any(commit.refused for commit in commits), "no one came to the limit"
    session.close()
    assert same_as_disk(opened(tmp_path / "s"))
