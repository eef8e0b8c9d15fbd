"""Whatever a server answers, it is read or refused in words; nothing of it is taken by half."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kconsole.core.directory import DirectoryKind
from kconsole.core.errors import ConsoleError
from kconsole.directories.entries import LONGEST_VALUE
from kconsole.directories.reading import DirectoryListing, read_directory
from kconsole.text.messages import whole, words_of
from kconsole.text.safe_text import safe_text
from tests.directories.test_directory_answers import LET_IN, asked
from tests.directory_server.answers import COMPARE, COMPARE_ANSWER, DONE, SEARCH, cookie, entry, result, speaking
from tests.limits import EXAMPLES

pytestmark = pytest.mark.thorough

NAMES: Final = (
    "uid", "entryUUID", "displayName", "cn", "description", "pwdAccountLockedTime", "nsAccountLock", "authTimestamp",
    "sAMAccountName", "objectGUID", "userAccountControl", "objectClass", "objectCategory", "objectSid",
    "sAMAccountType", "lastLogonTimestamp", "authAuthority", "apple-generateduid", "supportedCapabilities",
)  # fmt: skip
ODD: Final = (b"512", b"-1", b"9" * 40, b"TRUE", b"user", b"805306368", b"99999999999999Z", b"", b" ", b"\xef\xbb\xbfx")
VALUES: Final = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(ODD),
    st.text(max_size=20).map(lambda text: text.encode(errors="surrogatepass")),
)
ENTRIES: Final = st.lists(
    st.tuples(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        st.dictionaries(st.sampled_from(NAMES), VALUES),
    ),
    max_size=6,
)


def read_or_refused(url: str, kind: DirectoryKind = "openldap") -> DirectoryListing | ConsoleError:
    try:
        return read_directory(asked(url, kind=kind), None, answer_timeout=0.2)
    except ConsoleError as error:
        return error


@given(
    kind=st.sampled_from(["openldap", "active_directory", "apple", "kerio"]),
    entries=ENTRIES,
    code=st.sampled_from([0, 0, 0, 0, 1, 4, 10, 53]),
    compared=st.sampled_from([5, 16, 17, 50, 80]),
    paged=st.booleans(),
)
@hypothesis_settings(max_examples=EXAMPLES * 10)
def test_any_entries(
    kind: DirectoryKind, entries: list[tuple[str, dict[str, bytes]]], code: int, compared: int, paged: bool
) -> None:
    found = [entry(name, **values) for name, values in entries]
    end = result(DONE, code) + (cookie(b"") if paged else b"")
    with speaking({**LET_IN, SEARCH: [*found, end], COMPARE: [result(COMPARE_ANSWER, compared)]}) as server:
        listing = read_or_refused(server.url, kind)
    if isinstance(listing, ConsoleError):
        assert listing.code != "answer-unreadable"
        assert whole(listing)
        return
    for user in listing.users:
        assert 0 < len(user.login) <= LONGEST_VALUE
        assert 0 < len(user.id) <= LONGEST_VALUE
    assert len({user.id for user in listing.users}) == len(listing.users)
    for message in (*listing.faults, *listing.notes):
        assert safe_text(words_of(message))


GOOD: Final = (entry("uid=a,dc=x", uid="a", entryUUID="1", displayName="A", description="B"), result(DONE, 0))


@given(part=st.integers(0, 1), at=st.integers(0, 80), byte=st.integers(0, 255), cut=st.booleans())
@hypothesis_settings(max_examples=EXAMPLES)
def test_any_bytes(part: int, at: int, byte: int, cut: bool) -> None:
    parts = list(GOOD)
    parts[part] = parts[part][:at] + (b"" if cut else bytes([byte]) + parts[part][at + 1 :])
    with speaking({**LET_IN, SEARCH: parts}) as server:
        read = read_or_refused(server.url)
    assert not isinstance(read, ConsoleError) or whole(read)
