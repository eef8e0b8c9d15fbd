"""The roles file: who an operator is, which file is trusted, and what a change of it does while a store is open."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from kconsole.core.errors import BadInput, ConsoleError, NotPermitted, Refused
from kconsole.core.roles import FULL
from kconsole.operations import roles
from kconsole.operations.accounts import DisableAccounts
from kconsole.operations.roles import Person, Roles, person_here, read_roles, warnings_of
from kconsole.operations.session import Session
from kconsole.text import messages
from tests.operations.sessions import account, session_of

OWNER: Final = os.getuid()
TEXT: Final = """
[operator.anna]
role = "helpdesk"
domains = ["Retail.Example", "bücher.example"]
account = "Anna@north.example"
uid = 1003
[operator.berg]
role = "account-admin"
account = "berg@north.example"
[operator.root-of-mail]
role = "full-admin"
uid = 1004
"""
ANNA: Final = Person(1003, None, 990)


def written(folder: Path, text: str = TEXT, mode: int = 0o644) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "roles.toml"
    file.write_text(text)
    file.chmod(mode)
    return file


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The roles file of this machine, as it were."""
    monkeypatch.setattr(roles, "ROLES_FILE", tmp_path / "etc" / "roles.toml")
    return written(tmp_path / "etc")


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(ConsoleError) as error:
        call()
    return error.value.code


# Who it is


@pytest.mark.parametrize(
    ("person", "how", "operator", "role"),
    [
        (Person(990, None, OWNER, "anna"), "forced-command", "anna", "helpdesk"),
        (Person(OWNER, 1003, OWNER, "anna"), "forced-command", "anna", "helpdesk"),
        (Person(OWNER, 7, OWNER, "berg"), "forced-command", "berg", "account-admin"),
        (Person(0, None, OWNER, "anna"), "forced-command", "anna", "helpdesk"),
        (Person(1003, None, OWNER), "uid", "anna", "helpdesk"),
        (Person(1004, None, OWNER), "uid", "root-of-mail", "full-admin"),
        (Person(990, 1003, 990), "sudo", "anna", "helpdesk"),
        (Person(0, None, OWNER), "root", "", "full-admin"),
        (Person(0, 1003, OWNER), "root", "", "full-admin"),
        (Person(990, None, 990), "owner", "", "full-admin"),
        (Person(990, 0, 990), "owner", "", "full-admin"),
        (Person(990, 990, 990), "owner", "", "full-admin"),
    ],
)
def test_who_is_who(file: Path, person: Person, how: str, operator: str, role: str) -> None:
    os.chown(file, person.owner, -1) if os.getuid() == 0 else None
    known = Roles(person if os.getuid() == 0 else person._replace(owner=OWNER))
    authority = known.authority()
    assert (known.how, known.operator, authority.role) == (how, operator, role)
    assert authority.ranks == {"anna@north.example": "helpdesk", "berg@north.example": "account-admin"}
    if operator == "anna":
        assert authority.domains == {"retail.example", "xn--bcher-kva.example"}
        assert authority.account == "anna@north.example"


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (Person(OWNER, None, OWNER, "eve"), "operator-unknown"),
        (Person(OWNER, 1005, OWNER, "anna"), "operator-is-another"),
        (Person(1005, None, OWNER), "not-in-roles"),
        (Person(4000, 1005, 4000), "not-in-roles"),
    ],
)
def test_who_is_not_named_is_refused(file: Path, person: Person, code: str) -> None:
    if person.owner != OWNER and os.getuid() != 0:
        pytest.skip("gives a file to another user: needs root")
    os.chown(file, person.owner, -1)
    with pytest.raises(Refused, match=code):
        Roles(person)


def test_an_operator_who_may_look_is_an_auditor_unless_the_file_says_more(file: Path) -> None:
    def role(name: str) -> tuple[str, str]:
        authority = Roles(Person(OWNER, None, OWNER, name, may_look=True)).authority()
        return authority.role, authority.operator

    assert (role("anna"), role("eve")) == (("helpdesk", "anna"), ("auditor", "eve"))
    file.unlink()
    assert role("anna") == ("auditor", "anna")


def test_without_a_file_everyone_is_a_full_admin(file: Path) -> None:
    file.unlink()
    known = Roles(Person(1005, None, OWNER))
    assert (known.authority(), known.how, known.operator) == (FULL, "no-roles", "")
    assert code_of(lambda: Roles(Person(OWNER, None, OWNER, "anna"))) == "operator-without-roles"


def test_only_the_owner_chooses_the_file(tmp_path: Path) -> None:
    mine = written(tmp_path / "mine")
    assert Roles(Person(OWNER, None, OWNER), mine).authority().role == "full-admin"
    assert Roles(Person(OWNER, None, OWNER, "anna"), mine).authority().role == "helpdesk"
    for person in (Person(1003, None, OWNER), Person(1003, 1004, 1003)):
        assert code_of(lambda each=person: Roles(each, mine)) == "roles-option-for-owner"  # type: ignore[misc]
    assert code_of(lambda: Roles(Person(OWNER, None, OWNER), tmp_path / "none")) == "roles-file-gone"


def test_what_the_environment_says_of_sudo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for text, uid in (("1003", 1003), ("", None), ("-1", None), ("x", None), ("١", None)):
        monkeypatch.setenv("SUDO_UID", text)
        assert person_here(tmp_path, "anna") == Person(OWNER, uid, OWNER, "anna")
    assert person_here(tmp_path / "not" / "there").owner == OWNER


# Which file is trusted


def to_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda file: file.chmod(0o664), "roles-writable-by-others"),
        (lambda file: file.chmod(0o646), "roles-writable-by-others"),
        (lambda file: file.parent.chmod(0o775), "roles-writable-by-others"),
        (lambda file: file.parent.parent.chmod(0o757), "roles-writable-by-others"),
        (lambda file: (file.rename(file.parent / "other"), file.symlink_to("other")), "roles-file-is-a-link"),
        (to_pipe, "roles-file-is-no-file"),
        (lambda file: (file.unlink(), file.mkdir()), "roles-file-unreadable"),
        (lambda file: file.write_text("#" * 2_000_000), "roles-file-too-large"),
        (lambda file: file.unlink(), "roles-file-gone"),
    ],
)
def test_a_file_that_others_could_have_written_is_refused(
    tmp_path: Path, break_it: Callable[[Path], object], code: str
) -> None:
    file = written(tmp_path / "above" / "etc")
    read_roles(file, OWNER)
    break_it(file)
    with pytest.raises(Refused) as refused:
        read_roles(file, OWNER)
    assert (refused.value.code, refused.value.exit_code) == (code, 4)
    assert refused.value.hints


@pytest.mark.skipif(os.getuid() != 0, reason="gives files to other users: needs root")
@pytest.mark.parametrize("which", ["file", "folder"])
def test_a_file_of_another_user_is_refused(tmp_path: Path, which: str) -> None:
    file = written(tmp_path / "etc")
    path = file if which == "file" else file.parent
    os.chown(path, 4711, -1)
    assert code_of(lambda: read_roles(file, 990)) == "roles-of-another-user"
    os.chown(path, 990, -1)
    assert read_roles(file, 990)


def test_a_folder_reached_by_a_link_is_checked_where_it_is(tmp_path: Path) -> None:
    file = written(tmp_path / "real" / "etc")
    (tmp_path / "link").symlink_to(file.parent)
    assert read_roles(tmp_path / "link" / file.name, OWNER)
    (tmp_path / "real").chmod(0o777)
    assert code_of(lambda: read_roles(tmp_path / "link" / file.name, OWNER)) == "roles-writable-by-others"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("[operator.a]\nrole = 'boss'\n", ["roles-key-invalid"]),
        ("[operator.a]\n", ["roles-key-missing"]),
        ("[operator.a]\nrole = 'auditor'\nrols = 1\n", ["roles-key-unknown"]),
        ("operators = {}\n", ["roles-key-unknown"]),
        ("operator = 3\n", ["roles-key-invalid"]),
        ("[operator.a]\nrole = 'auditor'\ndomains = []\n", ["roles-key-invalid"]),
        ("[operator.a]\nrole = 'auditor'\ndomains = ['no one']\n", ["roles-key-invalid"]),
        ("[operator.a]\nrole = 'auditor'\naccount = 'anna'\n", ["roles-key-invalid"]),
        ("[operator.a]\nrole = 'auditor'\nuid = '3'\n", ["roles-key-invalid"]),
        ("[operator.a]\nrole = 'auditor'\nuid = -1\n", ["roles-key-invalid"]),
        ("[operator.a]\nrole = 'full-admin'\ndomains = ['a.example']\n", ["roles-full-admin-bound"]),
        ("[operator.'a b']\nrole = 'auditor'\n", ["roles-name-invalid"]),
        ("[operator.a]\nrole = 'auditor'\nuid = 3\n[operator.b]\nrole = 'auditor'\nuid = 3\n", ["roles-uid-twice"]),
        ("[operator.a]\nrole = 1\nuid = 'x'\n", ["roles-key-invalid"] * 2),
    ],
)
def test_wrong_content_is_named(tmp_path: Path, text: str, codes: list[str]) -> None:
    with pytest.raises(BadInput) as error:
        read_roles(written(tmp_path / "etc", text), OWNER)
    assert (error.value.code, error.value.exit_code) == ("roles-invalid", 2)
    assert [detail.code for detail in error.value.details] == codes


@pytest.mark.parametrize("content", [b"[operator.a\n", b"[operator.\xff]\n", b"[operator.a]\n[operator.a]\n", b"\0"])
def test_what_is_no_toml_is_bad_input(tmp_path: Path, content: bytes) -> None:
    file = written(tmp_path / "etc")
    file.write_bytes(content)
    assert code_of(lambda: read_roles(file, OWNER)) == "roles-not-toml"


def test_what_is_odd_is_named(tmp_path: Path) -> None:
    operators = read_roles(written(tmp_path / "etc"), OWNER)
    session = session_of(tmp_path, account("anna"))
    codes = {name: [each.code for each in warnings_of(entry, 1004, session.state)] for name, entry in operators.items()}
    assert codes["anna"][-2:] == ["role-domain-unknown"] * 2
    assert codes["berg"] == ["role-account-unknown"]
    assert codes["root-of-mail"] == ["uid-is-full-admin"]


# While a store is open


@pytest.fixture
def opened(tmp_path: Path, file: Path) -> Session:
    """A store, opened by Anna, who may disable."""
    session_of(tmp_path, account("x@retail.example"), account("y@retail.example")).close()
    known = Roles(Person(1003, None, OWNER))
    assert file.exists()
    return Session.open(tmp_path / "store", patience=0, authority=known.authority)


def disable(session: Session, login: str) -> bool:
    return bool(session.do(DisableAccounts((f"{login}@retail.example",))).changed)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda file: written(file.parent, TEXT.replace("helpdesk", "auditor")), "not-permitted"),
        (
            lambda file: written(file.parent, TEXT.replace("1003", "1")),
            "not-in-roles",
        ),
        (lambda file: file.unlink(), "roles-file-gone"),
        (lambda file: file.chmod(0o666), "roles-writable-by-others"),
        (lambda file: file.write_text("x"), "roles-not-toml"),
        (lambda file: file.write_text("x = 1"), "roles-invalid"),
    ],
)
def test_a_change_of_the_file_holds_at_once(
    opened: Session, file: Path, change: Callable[[Path], object], code: str
) -> None:
    assert disable(opened, "x")
    change(file)
    assert not opened.may("disable")
    with pytest.raises(NotPermitted) as refused:
        disable(opened, "y")
    assert (refused.value.code, refused.value.exit_code) == (code, 4)
    assert len(opened.state.live_entries()) == 2
    written(file.parent)
    assert disable(opened, "y")


def test_a_file_that_comes_holds_at_once(opened: Session, file: Path) -> None:
    opened.close()
    file.unlink()
    known = Roles(Person(1003, None, OWNER))
    assert known.authority() == FULL
    written(file.parent)
    assert known.authority().role == "helpdesk"
    file.unlink()
    refused = known.authority().refused
    assert refused is not None
    assert refused.code == "roles-file-gone"


def test_every_refusal_has_words(tmp_path: Path, file: Path) -> None:
    """A hint with parameters gets them."""
    errors = []
    for mode in (0o666, 0):
        file.chmod(mode) if mode else file.unlink()
        with pytest.raises(ConsoleError) as error:
            read_roles(file, OWNER)
        errors.append(error.value)
    with pytest.raises(ConsoleError) as error:
        Roles(Person(OWNER, None, OWNER, "anna"))
    for each in [*errors, error.value]:
        assert "{" not in messages.whole(each)
    if os.getuid() == 0:
        os.chown(written(tmp_path / "etc"), 4711, -1)
        with pytest.raises(ConsoleError) as error:
            read_roles(file, 990)
        assert "chown" in messages.whole(error.value)
