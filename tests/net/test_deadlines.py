"""The time for one answer, and cancelling."""

import threading
import time

import pytest

from kconsole.net.deadlines import POLL, Deadline, WaitCancelled


def test_the_time_runs_from_the_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    deadline = Deadline(3)
    now = 200.0
    assert deadline.left() == 3
    now = 202.5
    assert deadline.left() == 0.5
    now = 203.0
    with pytest.raises(TimeoutError):
        deadline.left()


def test_who_can_cancel_is_not_kept_waiting() -> None:
    cancel = threading.Event()
    deadline = Deadline(600, cancel)
    assert deadline.left() == POLL
    cancel.set()
    with pytest.raises(WaitCancelled):
        deadline.left()
