"""Answers of directories that no slapd can be brought to give: other makers' and broken ones'."""

import pytest

from kconsole.core.directory import Directory
from kconsole.core.errors import SourceAway
from kconsole.directories.reading import Secret, probe, read_directory
from kconsole.text.messages import error_words, hint_words
from tests.directory_server.answers import (
    BIND,
    BIND_ANSWER,
    DONE,
    EXTENDED,
    EXTENDED_ANSWER,
    SEARCH,
    cookie,
    entry,
    result,
    speaking,
)

LET_IN = {EXTENDED: [result(EXTENDED_ANSWER, 2)], BIND: [result(BIND_ANSWER, 0)]}
"""No encryption, and everybody may come in."""

AD_SAID = "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data {}, v3839"


def asked(url: str, bind_as: str = "") -> Directory:
    return Directory(url=url, base="dc=x", insecure=True, bind_as=bind_as)


@pytest.mark.parametrize(
    ("code", "said", "bind_as", "told"),
    [
        (49, AD_SAID.format("52e"), "jo@x.example", "did not let in jo@x.example: the name or the password is wrong"),
        (49, AD_SAID.format("533"), "jo@x.example", "did not let in jo@x.example: the account is disabled"),
        (49, AD_SAID.format("775"), "jo@x.example", "did not let in jo@x.example: the account is locked"),
        (49, AD_SAID.format("fff"), "jo@x.example", "did not let in jo@x.example: the name or the password is wrong"),
        (8, "", "jo", "wants a safer connection"),
        (13, "confidentiality required", "", "wants a safer connection"),
        (34, "invalid DN", "jo", "takes jo for no name"),
        (48, "anonymous bind disallowed", "", "lets in nobody without a name"),
        (51, "busy", "jo", "did not let in jo."),
    ],
)
def test_binds_that_are_refused(code: int, said: str, bind_as: str, told: str) -> None:
    with speaking({**LET_IN, BIND: [result(BIND_ANSWER, code, said)]}) as server:
        with pytest.raises(SourceAway) as caught:
            read_directory(asked(server.url, bind_as), Secret("hunter2"))
        assert told in error_words(caught.value)
        assert hint_words(caught.value)
        assert (said or f"result {code}") in caught.value.details[0]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (1, "does not let who asks without a name read below dc=x"),
        (50, "does not let who asks without a name read below dc=x"),
        (3, "a limit of the server"),
        (11, "a limit of the server"),
        (32, "has no dc=x, or does not show it"),
        (10, "is on another server"),
        (52, "cannot answer at present"),
        (80, "did not answer the search"),
    ],
)
def test_searches_that_fail(code: int, told: str) -> None:
    """Even when somebody was found before that."""
    found = entry("uid=a,dc=x", uid="a", entryUUID="1")
    with speaking({**LET_IN, SEARCH: [found, result(DONE, code, "x" * 5000)]}) as server:
        with pytest.raises(SourceAway) as caught:
            read_directory(asked(server.url), None)
        assert told in error_words(caught.value)
        assert len(caught.value.details[0]) < 400


def test_pages_without_an_end() -> None:
    endless = pytest.raises(SourceAway, match=r"finds no end of its users\. Nothing was taken")
    with speaking({**LET_IN, SEARCH: [result(DONE, 0) + cookie(b"again")]}) as server, endless:
        read_directory(asked(server.url), None)


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
        (user,) = read_directory(asked(server.url), None).users
    assert (user.full_name, user.enabled) == ("\ufffd\ufffd Jo \0", True)


@pytest.mark.parametrize(
    ("root", "product"),
    [
        ({"vendorName": "389 Project", "vendorVersion": "389-Directory/2.3.1"}, "389 Project 389-Directory/2.3.1"),
        ({"supportedCapabilities": "1.2.840.113556.1.4.800"}, "Active Directory"),
        ({"objectClass": "top"}, ""),
    ],
)
def test_servers_that_say_what_they_are(root: dict[str, str], product: str) -> None:
    with speaking({**LET_IN, SEARCH: [entry("", **root), result(DONE, 0)]}) as server:
        assert probe(asked(server.url), None).server == product


def test_an_end_that_never_comes() -> None:
    late = pytest.raises(SourceAway, match=r"did not answer in time\. Nothing was taken")
    with speaking({**LET_IN, SEARCH: [entry("uid=a,dc=x", uid="a")]}) as server, late:
        read_directory(asked(server.url), None, answer_timeout=0.3)
