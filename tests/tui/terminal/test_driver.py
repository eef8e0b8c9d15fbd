"""The driver knows a terminal that goes away, also in the moment in which the system still calls it one."""

import errno
import os
import select
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from kconsole.tui.terminal.driver import TerminalDriver


def test_a_terminal_that_cannot_be_read_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(select, "select", lambda *_: ([0], [], []))
    monkeypatch.setattr(os, "read", broken)
    monkeypatch.setattr(os, "isatty", lambda _: True)
    driver: Any = TerminalDriver.__new__(TerminalDriver)
    driver.exit_event, driver.fileno, driver._writer, driver._mouse = Event(), 0, None, False
    driver._profile, driver._is_unreadable = SimpleNamespace(encoding="utf-8"), False
    assert not driver.is_gone
    driver.run_input_thread()
    assert driver.is_gone
