"""The part `journal` of the bench measures what it says, here on a short log."""

import pytest

from tests.bench import journal


@pytest.mark.thorough
def test_each_log_has_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "RUNS", 1)
    monkeypatch.setattr(journal, "TAIL", 20_000)
    rows = [line for line in journal.report([300]).splitlines() if line.startswith("| 300 |")]
    assert len(rows) == 4
    assert not any("0.00 ms" in row for row in rows)
