"""Answers of directories that no slapd can be brought to give: other makers' and broken ones'."""

import pytest

from kconsole.core.directory import Directory, DirectoryKind
from kconsole.core.errors import SourceAway
from kconsole.directories.client import LARGEST_ANSWER
from kconsole.directories.entries import LONGEST_VALUE
from kconsole.directories.reading import probe, read_directory
from kconsole.net.secrets import Secret
from kconsole.text.messages import whole, words_of
from tests.directory_server.answers import (
    BIND,
    BIND_ANSWER,
    COMPARE,
    COMPARE_ANSWER,
    DONE,
    EXTENDED,
    EXTENDED_ANSWER,
    SEARCH,
    ber,
    cookie,
    entry,
    result,
    speaking,
)

LET_IN = {EXTENDED: [result(EXTENDED_ANSWER, 2)], BIND: [result(BIND_ANSWER, 0)]}
"""No encryption, and everybody may come in."""

AD_SAID = "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data {}, v3839"


def asked(url: str, bind_as: str = "", kind: DirectoryKind = "openldap") -> Directory:
    return Directory(url=url, base="dc=x", insecure=True, bind_as=bind_as, kind=kind)


@pytest.mark.parametrize(
    ("result_code", "said", "bind_as", "code"),
    [
        (49, "", "jo", "login-refused"),
        (49, AD_SAID.format("52e"), "jo@x.example", "login-refused"),
        (49, AD_SAID.format("525"), "jo@x.example", "login-unknown"),
        (49, AD_SAID.format("530"), "jo@x.example", "login-at-this-time"),
        (49, AD_SAID.format("531"), "jo@x.example", "login-from-here"),
        (49, AD_SAID.format("532"), "jo@x.example", "password-expired"),
        (49, AD_SAID.format("533"), "jo@x.example", "login-disabled"),
        (49, AD_SAID.format("701"), "jo@x.example", "login-expired"),
        (49, AD_SAID.format("773"), "jo@x.example", "password-must-change"),
        (49, AD_SAID.format("775"), "jo@x.example", "login-locked"),
        (49, AD_SAID.format("fff"), "jo@x.example", "login-not-allowed"),
        (53, "Account inactivated. Contact system administrator.", "jo", "login-not-allowed"),
        (19, "Exceed password retry limit. Please try later.", "jo", "login-not-allowed"),
        (8, "", "jo", "bind-needs-encryption"),
        (13, "confidentiality required", "", "bind-needs-encryption"),
        (34, "invalid DN", "jo", "bind-name-invalid"),
        (48, "anonymous bind disallowed", "", "anonymous-bind-refused"),
        (51, "busy", "jo", "bind-failed"),
    ],
)
def test_binds_that_are_refused(result_code: int, said: str, bind_as: str, code: str) -> None:
    with speaking({**LET_IN, BIND: [result(BIND_ANSWER, result_code, said)]}) as server:
        with pytest.raises(SourceAway) as caught:
            read_directory(asked(server.url, bind_as), Secret("hunter2"))
        assert (caught.value.code, caught.value.params["name"]) == (code, bind_as)
        assert caught.value.details[0].params == {"said": said, "result": result_code}
        is_doubted = caught.value.hints[0].code == "check-name-and-password"
        assert is_doubted == (code in ("login-refused", "login-unknown"))
        may_be_locked = any(hint.code == "perhaps-locked" for hint in caught.value.hints)
        assert may_be_locked == (is_doubted and not said)  # only Active Directory says that it is not
        assert whole(caught.value)


@pytest.mark.parametrize(
    ("result_code", "code"),
    [
        (1, "search-not-allowed"),
        (50, "search-not-allowed"),
        (3, "search-limit-reached"),
        (11, "search-limit-reached"),
        (32, "search-base-missing"),
        (10, "search-base-elsewhere"),
        (52, "directory-busy"),
        (80, "search-failed"),
    ],
)
def test_searches_that_fail(result_code: int, code: str) -> None:
    """Even when someone was found before that."""
    found = entry("uid=a,dc=x", uid="a", entryUUID="1")
    with speaking({**LET_IN, SEARCH: [found, result(DONE, result_code, "x" * 5000)]}) as server:
        with pytest.raises(SourceAway) as caught:
            read_directory(asked(server.url), None)
        assert caught.value.code == code
        assert len(caught.value.details[0].params["said"]) < 400
        assert whole(caught.value)


def test_pages_without_an_end() -> None:
    endless = pytest.raises(SourceAway, match="users-without-end")
    with speaking({**LET_IN, SEARCH: [result(DONE, 0) + cookie(b"again")]}) as server, endless:
        read_directory(asked(server.url), None)


def test_pages_that_repeat_themselves_have_no_end() -> None:
    again = [entry("uid=a,dc=x", uid="a", entryUUID="1"), result(DONE, 0) + cookie(b"again")]
    with speaking({**LET_IN, SEARCH: again}) as server, pytest.raises(SourceAway, match="users-without-end"):
        read_directory(asked(server.url), None)


@pytest.mark.parametrize(
    ("controls", "code"),
    [
        ("1.2.840.113556.1.4.319", "search-limit-reached"),
        ("1.3.6.1.4.1.4203.1.9.1.1", "search-limit-no-pages"),
    ],
)
def test_a_server_that_knows_no_pages_is_named(controls: str, code: str) -> None:
    """What it sent before its limit is no complete list."""
    found = entry("uid=a,dc=x", uid="a", entryUUID="1", supportedControl=controls)
    with speaking({**LET_IN, SEARCH: [found, result(DONE, 4)]}) as server:
        with pytest.raises(SourceAway, match=code) as caught:
            read_directory(asked(server.url), None)
        assert whole(caught.value)


class _Turns(dict[int, list[bytes]]):
    """Answers to the first search of users, and to all after it."""

    def __init__(self, first: list[bytes], then: list[bytes]) -> None:
        super().__init__({**LET_IN, COMPARE: [result(COMPARE_ANSWER, 5)]})
        self._searches = iter(([result(DONE, 0)], first))  # the first asks what server it is
        self._then = then

    def __getitem__(self, kind: int) -> list[bytes]:
        return next(self._searches, self._then) if kind == SEARCH else super().__getitem__(kind)


@pytest.mark.parametrize("has_more", [True, False])
def test_a_round_number_without_pages_is_looked_behind(has_more: bool) -> None:
    """A limit that the server keeps to itself is no end of the list."""
    people = [entry(f"uid=a{number},dc=x", uid=f"a{number}", entryUUID=f"{number}") for number in range(160)]
    rest = people[50:150] if has_more else people[50:100]
    with speaking(_Turns([*people[:100], result(DONE, 0)], [*rest, result(DONE, 0)]), absent=False) as server:
        if has_more:
            with pytest.raises(SourceAway, match="search-cut-short") as caught:
                read_directory(asked(server.url), None)
            assert (caught.value.params["number"], bool(whole(caught.value))) == (100, True)
        else:
            assert len(read_directory(asked(server.url), None).users) == 100


def test_an_entry_that_is_too_large_is_no_wrong_port() -> None:
    large = entry("uid=a,dc=x", uid="a", entryUUID="1", description="x" * (LARGEST_ANSWER + 1))
    with speaking({**LET_IN, SEARCH: [large, result(DONE, 0)]}) as server:
        with pytest.raises(SourceAway, match="search-too-large") as caught:
            read_directory(asked(server.url), None)
        assert whole(caught.value)


@pytest.mark.parametrize(
    ("reason", "code"),
    [(0, "password-expired"), (1, "login-locked"), (2, "password-must-change"), (6, "login-refused")],
)
def test_a_password_policy_says_why(reason: int, code: str) -> None:
    """As OpenLDAP and 389 Directory Server do. Source: draft-behera-ldap-password-policy, section 6.2."""
    answer = ber(0x30, ber(0x04, b"1.3.6.1.4.1.42.2.27.8.5.1"), ber(0x04, ber(0x30, ber(0x81, bytes([reason])))))
    with speaking({**LET_IN, BIND: [result(BIND_ANSWER, 49) + ber(0xA0, answer)]}) as server:
        with pytest.raises(SourceAway) as caught:
            read_directory(asked(server.url, "jo"), Secret("hunter2"))
        assert caught.value.code == code


HOSTILE = "\x1b]0;pwned\x07\u202e[red]" + "x" * 100_000


def test_names_of_any_length_and_kind_are_shortened() -> None:
    names = [f"uid=a{HOSTILE},dc=x", f"uid=b{HOSTILE},dc=x"]
    found = [
        entry(names[0], uid=HOSTILE, entryUUID="1"),
        entry(names[1], uid="b", entryUUID="2", displayName=HOSTILE, description=HOSTILE),
    ]
    with speaking({**LET_IN, SEARCH: [*found, result(DONE, 0)]}) as server:
        listing = read_directory(asked(server.url), None)
    (user,), (fault,) = listing.users, listing.faults
    assert (len(user.full_name), len(user.description)) == (LONGEST_VALUE, LONGEST_VALUE)
    assert len(words_of(fault)) < 500


def test_who_comes_twice_is_one() -> None:
    """An entry that is written to while it is read may be on two pages; the later one is as it is now."""
    twice = [entry("uid=a,dc=x", uid="a", entryUUID="1", cn=name) for name in ("Before", "After")]
    with speaking({**LET_IN, SEARCH: [*twice, result(DONE, 0)]}) as server:
        listing = read_directory(asked(server.url), None)
    assert [(user.login, user.full_name) for user in listing.users] == [("a", "After")]
    assert listing.faults == ()


def test_values_that_are_no_text() -> None:
    found = entry("uid=a,dc=x", uid="a", entryUUID="1", displayName=b"\xff\xfe Jo \0", pwdAccountLockedTime=b"\xff")
    with speaking({**LET_IN, SEARCH: [found, result(DONE, 0)]}) as server:
        listing = read_directory(asked(server.url), None)
    (user,) = listing.users
    assert (user.full_name, user.enabled, user.unknown) == ("\ufffd\ufffd Jo \0", True, ("full_name",))
    assert [note.code for note in listing.notes] == ["values-not-text"]


@pytest.mark.parametrize(
    ("root", "product"),
    [
        ({"vendorName": "389 Project", "vendorVersion": "389-Directory/2.3.1"}, "389 Project 389-Directory/2.3.1"),
        ({"objectClass": "top"}, ""),
    ],
)
def test_servers_that_say_what_they_are(root: dict[str, str], product: str) -> None:
    answer = entry("", uid="a", entryUUID="1", **root)
    with speaking({**LET_IN, SEARCH: [answer, result(DONE, 0)]}) as server:
        assert probe(asked(server.url), None).server == product


def test_an_end_that_never_comes() -> None:
    late = pytest.raises(SourceAway, match="answer-late")
    with speaking({**LET_IN, SEARCH: [entry("uid=a,dc=x", uid="a")]}) as server, late:
        read_directory(asked(server.url), None, answer_timeout=0.3)
