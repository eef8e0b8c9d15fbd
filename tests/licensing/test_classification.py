"""The rule table of the license: every kind, origin, role and state has exactly one verdict."""

from datetime import UTC, datetime
from itertools import product
from typing import get_args

import pytest
from msgspec.structs import replace

from kconsole.core.records import Entry, Kind, Origin, Role
from kconsole.licensing.policy import KERIO
from kconsole.text.details import reason_word, rule_sentence

RULES: list[tuple[Kind, Origin, bool, str, bool]] = [
    # kind, origin, enabled -> verdict, seat
    ("builtin_admin", "local", True, "builtin-admin", False),
    ("builtin_admin", "local", False, "builtin-admin", False),
    ("builtin_admin", "directory", True, "builtin-admin", False),
    ("builtin_admin", "directory", False, "builtin-admin", False),
    ("builtin_admin", "imported", True, "builtin-admin", False),
    ("builtin_admin", "imported", False, "builtin-admin", False),
    ("mailing_list", "local", True, "mailing-list", False),
    ("mailing_list", "local", False, "mailing-list", False),
    ("mailing_list", "directory", True, "mailing-list", False),
    ("mailing_list", "directory", False, "mailing-list", False),
    ("mailing_list", "imported", True, "mailing-list", False),
    ("mailing_list", "imported", False, "mailing-list", False),
    ("resource", "local", True, "resource", False),
    ("resource", "local", False, "resource", False),
    ("resource", "directory", True, "resource", False),
    ("resource", "directory", False, "resource", False),
    ("resource", "imported", True, "resource", False),
    ("resource", "imported", False, "resource", False),
    ("alias", "local", True, "alias", False),
    ("alias", "local", False, "alias", False),
    ("alias", "directory", True, "alias", False),
    ("alias", "directory", False, "alias", False),
    ("alias", "imported", True, "alias", False),
    ("alias", "imported", False, "alias", False),
    ("user", "local", False, "disabled", False),
    ("user", "directory", False, "disabled", False),
    ("user", "imported", False, "disabled", False),
    ("user", "directory", True, "directory-mapped", True),
    ("user", "imported", True, "imported", True),
    ("user", "local", True, "local", True),
    ("builtin_admin", "other_server", True, "builtin-admin", False),
    ("builtin_admin", "other_server", False, "builtin-admin", False),
    ("mailing_list", "other_server", True, "mailing-list", False),
    ("mailing_list", "other_server", False, "mailing-list", False),
    ("resource", "other_server", True, "resource", False),
    ("resource", "other_server", False, "resource", False),
    ("alias", "other_server", True, "alias", False),
    ("alias", "other_server", False, "alias", False),
    ("user", "other_server", True, "other-server", False),
    ("user", "other_server", False, "other-server", False),
]


@pytest.mark.parametrize("role", get_args(Role))
@pytest.mark.parametrize(("kind", "origin", "enabled", "code", "seat"), RULES)
def test_rule(kind: Kind, origin: Origin, enabled: bool, code: str, seat: bool, role: Role) -> None:
    entry = Entry(address="anna@northwind.example", kind=kind, origin=origin, enabled=enabled, role=role)
    for mailbox in (True, False):
        classification = KERIO.classify(replace(entry, mailbox=mailbox))
        assert (classification.code, classification.seat) == (code, seat)


def test_the_table_above_is_complete() -> None:
    assert {rule[:3] for rule in RULES} == set(product(get_args(Kind), get_args(Origin), (True, False)))
    assert len(RULES) == 40
    assert {code for *_, code, _ in RULES} == {classification.code for classification in KERIO.classifications}


def test_a_deleted_entry_is_judged_as_if_it_were_there() -> None:
    entry = Entry(address="anna@northwind.example", deleted_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert KERIO.classify(entry).code == "local"
    assert KERIO.classify(replace(entry, enabled=False)).code == "disabled"


def test_every_classification_names_its_source_and_has_words() -> None:
    assert len({each.code for each in KERIO.classifications}) == len(KERIO.classifications)
    for each in (*KERIO.classifications, KERIO.held):
        assert each is not None
        assert "GFI support" in each.source or each.code == "other-server"
        assert rule_sentence(each).endswith(".")
        assert reason_word(each)
