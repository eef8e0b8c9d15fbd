"""The server's own files: read as a stream, with suspicion, and with no eye for passwords."""

import gc
import io
import tracemalloc
from collections.abc import Iterator

import pytest

from kconsole.core.errors import BadInput
from kconsole.importers import kerio_xml
from kconsole.importers.kerio_config import WANTED, ConfigReader, KerioConfig
from kconsole.importers.kerio_xml import LONGEST_STRETCH, LONGEST_VALUE, MOST_NAMES, Item, read_items
from kconsole.text.messages import whole
from tests.importers.kerio_writer import SECRET, document, listed, user, users_file, variables

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE config [
 <!ENTITY a "ha">
 <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
 <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<config>&c;</config>"""


def read(content: bytes) -> KerioConfig:
    reader = ConfigReader()
    reader.read(io.BytesIO(content), "/srv/users.cfg", "users.cfg")
    return reader.finish()


def facts_of(config: KerioConfig) -> list[tuple[str, bool | None, str | None]]:
    return [(entry.address, entry.enabled, entry.role) for entry in config.entries]


def test_users_are_read_with_state_and_rights() -> None:
    config = read(
        users_file(
            user("anna", FullName="Anna Berg", Description="Sales & <more>"),
            user("berg", Account_enabled="0", Rights="3"),
            user("chen", Rights="1"),
            {"Name": "dora", "Domain": "south.example"},
        )
    )
    assert facts_of(config) == [
        ("anna@north.example", True, "user"),
        ("berg@north.example", False, "full_admin"),
        ("chen@north.example", True, "auditor"),
        ("dora@south.example", None, None),
    ]
    anna, *_, dora = config.entries
    assert (anna.full_name, anna.description) == ("Anna Berg", "Sales & <more>")
    assert (dora.full_name, dora.description, dora.line) == (None, None, 30)
    assert (config.faults, config.notes, config.kinds) == ([], [], {"user"})


def test_everything_else_with_an_address_is_read() -> None:
    config = read(
        document(
            listed("Domain", [{"Domain": "north.example", "Type": "0"}, {"Domain": "south.example", "Type": "1"}]),
            listed("Alias", [{"Domain": "north.example", "Lhs": "info", "Rhs": "anna, berg@south.example;#public/x"}]),
            listed("Alias", [{"Domain": "north.example", "Lhs": "sales"}]),
            listed("MailingList", [{"Domain": "north.example", "Name": "all", "Description": "Everybody"}]),
            listed("Resource", [{"Domain": "north.example", "Name": "room", "Type": "1"}]),
            f'<table name="Administration">{variables({"BuiltInAdminEnabled": "0", "BuiltInAdminPassword": SECRET})}'
            "</table>",
            listed("Group", [{"Domain": "north.example", "MailAddress": "team"}]),
        )
    )
    assert [(entry.kind, entry.address) for entry in config.entries] == [
        ("alias", "info@north.example"),
        ("alias", "sales@north.example"),
        ("mailing_list", "all@north.example"),
        ("resource", "room@north.example"),
        ("builtin_admin", "Admin"),
    ]
    assert [(domain.name, domain.primary) for domain in config.domains] == [
        ("north.example", True),
        ("south.example", False),
    ]
    info, sales, *_, admin = config.entries
    assert (info.delivers_to, sales.delivers_to) == (("anna@north.example", "berg@south.example"), None)
    assert (admin.enabled, config.lists_domains) == (False, True)
    assert config.kinds == {"alias", "mailing_list", "resource", "builtin_admin"}


def test_names_are_compared_without_case_and_what_is_unknown_is_passed_over() -> None:
    content = document(
        "<LIST NAME='x' name='USER'><!-- old --><listitem><list name='Devices'><listitem>",
        variables({"Name": "phone"}),
        "</listitem></list>",
        variables({"NAME": " anna ", "domain": "north.example", "Name": "berg", "Colour": "red"}),
        "</listitem></LIST><other>text</other><variable name='Name'>lost</variable>",
    )
    assert facts_of(read(content)) == [("anna@north.example", None, None)]


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "ISO-8859-2", "windows-1250"])
def test_files_are_read_in_the_encoding_that_they_name(encoding: str) -> None:
    config = read(users_file(user("dvorak", FullName="Dvořák"), encoding=encoding))
    assert [entry.full_name for entry in config.entries] == ["Dvořák"]


def test_blanks_before_the_first_letter_are_let_pass_and_lines_counted_with_them() -> None:
    assert read(b"\r\n\n  " + users_file(user("anna"))).entries[0].line == 6
    with pytest.raises(BadInput, match="mismatched tag") as refused:
        read(b"\n\n<config>\n</list>")
    assert refused.value.params["line"] == 4


def test_faulty_users_are_reported_and_anything_else_is_noted() -> None:
    users = [
        user(""),
        user("a b"),
        user("anna", domain=""),
        user("chen", Account_enabled="2"),
        user("dora"),
        user("DORA"),
    ]
    config = read(
        document(
            listed("Alias", [{"Lhs": "x"}, {"Lhs": "*", "Domain": "north.example"}]),
            listed("Alias", [{"Lhs": "dora", "Domain": "north.example"}]),
            listed("User", [*users, user("egon", Rights="7"), user("fay", Description="d" * 1025)]),
            listed("Domain", [{"Type": "0"}, {"Domain": "a.example"}, {"Domain": "A.example"}]),
        )
    )
    assert [(fault.code, fault.params) for fault in config.faults] == [
        ("name-empty", {}),
        ("bad-name", {"problem": "space"}),
        ("domain-empty", {}),
        ("bad-switch", {}),
        ("address-twice", {"place": "users.cfg line 51"}),
        ("value-too-long", {"column": "description", "longest": 1024}),
    ]
    assert {fault.file for fault in config.faults} == {"users.cfg"}
    assert [entry.login for entry in config.entries] == ["dora", "egon"]
    assert len(config.notes) == 6
    assert SECRET not in repr(config.notes)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", 1, "config-empty"),
        (b" \n ", 2, "config-empty"),
        (b"[General]\nName=x\n", 1, "syntax error"),
        (b"<html>\n</html>", 1, "config-other-root"),
        (b"<config>\n<list name='User'>\n", 3, "no element found"),
        (b"<config>\n</config>\n<config/>", 3, "junk after document element"),
        (b"<config>\n<a b=1/></config>", 2, "not well-formed"),
        (b"<config>\n\x00</config>", 2, "not well-formed"),
        (b"<config>\n\xff\xfe</config>", 2, "not well-formed"),
        (b"<config>\n&auml;</config>", 2, "undefined entity"),
        (b"<?xml version='1.0' encoding='klingon'?><config/>", 1, "config-(encoding|malformed)"),
        (b"<?xml version='1.0' encoding='shift_jis'?><config/>", 1, "encoding"),
        (users_file(user("anna")).replace(b">anna<", b">an<b/>na<"), 5, "config-nested-value"),
    ],
)
def test_a_malformed_file_is_refused_with_line_and_reason(content: bytes, line: int, reason: str) -> None:
    with pytest.raises(BadInput, match=reason) as caught:
        read(content)
    assert (caught.value.params["file"], caught.value.params["line"]) == ("/srv/users.cfg", line)
    assert whole(caught.value).startswith(f"/srv/users.cfg, line {line}: ")
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        b"<!DOCTYPE config>\n<config/>",
        b"<!DOCTYPE config SYSTEM 'http://north.example/x.dtd'><config/>",
        b"<!DOCTYPE config [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><config>&x;</config>",
        b"<!DOCTYPE config [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]><config/>",
        BOMB.decode().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("UTF-16"),
    ],
)
def test_a_document_type_is_refused_and_with_it_every_entity(content: bytes) -> None:
    with pytest.raises(BadInput, match="config-document-type"):
        read(content)


def _endless(piece: bytes, times: int, begin: bytes = b"<config>") -> bytes:
    return begin + piece * times


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (_endless(b"<a>", 1_000_000), "config-too-deep"),
        (_endless(b"x", LONGEST_STRETCH * 3, b"<config><!--"), "config-long-stretch"),
        (_endless(b"x", LONGEST_STRETCH * 3, b"<config><a b='"), "config-long-stretch"),
        (_endless(b"x", LONGEST_STRETCH * 3, b"<config><variable name='Password'>"), "config-long-stretch"),
        (_endless(b" a='1'", LONGEST_STRETCH, b"<config><a"), "config-long-stretch"),
        (users_file(user("anna", FullName="x" * (LONGEST_VALUE + 1))), "config-long-value"),
        (document(*(f"<e{number}/>" for number in range(MOST_NAMES + 1))), "config-too-many-names"),
        (document(*(f"<e a{number}='1'/>" for number in range(MOST_NAMES + 1))), "config-too-many-names"),
    ],
    ids=["depth", "comment", "attribute", "unread", "attributes", "value", "elements", "attribute-names"],
)
def test_what_would_fill_the_memory_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        read(content)


def test_too_many_items_and_too_large_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = users_file(*(user(f"user{number}") for number in range(5)))
    monkeypatch.setattr(kerio_xml, "MOST_ITEMS", 4)
    with pytest.raises(BadInput, match="config-too-many-items"):
        read(content)
    monkeypatch.setattr(kerio_xml, "LARGEST", 100)
    with pytest.raises(BadInput, match="config-too-large"):
        read(content)


def test_no_password_is_asked_for_and_none_is_made_a_string_of(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [name for names in WANTED.values() for name in names if "password" in name]
    texts: list[str] = []
    monkeypatch.setattr(kerio_xml._Walk, "_read_text", lambda _, content: texts.append(content))
    list(read_items(io.BytesIO(users_file(user("anna"))), "users.cfg", WANTED, set()))
    assert texts == ["anna", "north.example", "1", "0"]


class _Stream(io.RawIOBase):
    """A file of many users that is written while it is read."""

    def __init__(self, users: int) -> None:
        super().__init__()
        self._pieces = self._written(users)
        self._rest = b""

    @staticmethod
    def _written(users: int) -> Iterator[bytes]:
        head, _, tail = users_file(user("LOGIN", Signature="s" * 500)).partition(b"<listitem>")
        item, _, tail = tail.partition(b"</listitem>")
        yield head
        for number in range(users):
            yield b"<listitem>" + item.replace(b"LOGIN", b"user%d" % number) + b"</listitem>\n"
        yield tail

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        read, self._rest = self._rest[:size], self._rest[size:]
        return read


def _count(items: Iterator[Item]) -> int:
    return sum(1 for _ in items)


@pytest.mark.thorough
def test_any_number_of_users_is_a_stream() -> None:
    """What is read is let go of before the next is: memory is one piece of the file, and its items."""
    list(read_items(_Stream(10), "users.cfg", WANTED, set()))  # type: ignore[arg-type]
    gc.collect()
    tracemalloc.start()
    try:
        count = _count(read_items(_Stream(20_000), "users.cfg", WANTED, set()))  # type: ignore[arg-type]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 20_000
    assert peak < 2 * 1024**2
