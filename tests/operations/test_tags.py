"""Tags: given and removed, undone, and untouched by what files and the server say."""

from pathlib import Path

import pytest

from kconsole.core.errors import BadInput
from kconsole.importers.dump_documents import read_dump
from kconsole.operations.catalog import is_undoable, runs_on
from kconsole.operations.dumps import dump_of
from kconsole.operations.importing.kerio_export import ImportAccounts
from kconsole.operations.session import Session
from kconsole.operations.tags import LONGEST_TAG, MOST_TAGS, TagAccounts
from tests.operations.sessions import DOMAIN, account, alias, another, export, results, session_of

ANNA, BERG, INFO = f"anna@{DOMAIN}", f"berg@{DOMAIN}", f"info@{DOMAIN}"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return session_of(tmp_path, account("anna"), account("berg"), alias("info", "anna"))


def tags(session: Session, address: str = ANNA) -> tuple[str, ...]:
    return session.state.find(address).tags


def test_tags_are_given_removed_and_undone(session: Session) -> None:
    done = session.do(TagAccounts((ANNA, INFO, "x@y.example"), ("VIP", "service"), reason="audit"))
    assert results(done) == [("anna", "done"), ("info", "done"), ("x", "not-found")]
    assert tags(session) == tags(session, INFO) == ("service", "vip")
    assert done.before == done.after
    session.do(TagAccounts((ANNA,), remove=("Vip",)))
    assert tags(session) == tags(another(session)) == ("service",)
    session.undo()
    assert tags(session) == ("service", "vip")
    assert results(session.do(TagAccounts((ANNA,), ("vip",), ("other",)))) == [("anna", "unchanged")]


def test_tags_are_the_stores_own() -> None:
    assert runs_on("tag") == "store"
    assert is_undoable("tag")


@pytest.mark.parametrize("tag", ["", "two words", "a@b", "-", "-a", "a:b", "(a)", "a" * (LONGEST_TAG + 1), "a\x1b"])
def test_a_tag_is_one_word(session: Session, tag: str) -> None:
    with pytest.raises(BadInput) as caught:
        session.do(TagAccounts((ANNA,), (tag,)))
    assert caught.value.code == "not-a-tag"


def test_an_entry_has_a_few_tags(session: Session) -> None:
    session.do(TagAccounts((ANNA,), tuple(f"t{number}" for number in range(MOST_TAGS))))
    (outcome,) = session.do(TagAccounts((ANNA,), ("more",))).outcomes
    assert (outcome.result, outcome.code) == ("refused", "too-many-tags")
    assert results(session.do(TagAccounts((ANNA,), ("more",), ("t0",)))) == [("anna", "done")]


def test_an_import_changes_no_tags_and_a_dump_holds_them(session: Session) -> None:
    session.do(TagAccounts((ANNA, INFO), ("service",)))
    session.do(ImportAccounts(export("anna;Anna Novak;Board;info"), DOMAIN))
    assert session.state.find(ANNA).full_name == "Anna Novak"
    assert tags(session) == tags(session, INFO) == ("service",)
    dumped = {entry.address: entry.tags for entry in read_dump(dump_of(session), "dump").entries}
    assert dumped == {ANNA: ("service",), BERG: (), INFO: ("service",)}
