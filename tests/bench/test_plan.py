"""The benchmark of planning still runs."""

import pytest

from tests.bench import plan


@pytest.mark.thorough
def test_it_makes_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "RUNS", 1)
    rows = plan.report([50], lines=20).splitlines()
    assert len(rows) == 3
    assert rows[2].startswith("| 50 | ")
