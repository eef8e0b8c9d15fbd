"""The part `roles` of the bench measures what it says, here with few changes."""

import pytest

from tests.bench import roles


@pytest.mark.thorough
def test_each_role_has_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "CHANGES", 4)
    monkeypatch.setattr(roles, "ACCOUNTS", 20)
    rows = [line for line in roles.report().splitlines() if " µs |" in line]
    assert len(rows) == len(roles.OPERATORS)
