"""Settings of a directory that make no sense, told before anybody is asked anything."""

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.directory import Directory
from kconsole.core.errors import BadInput
from kconsole.directories.reading import Secret, check_settings, read_directory
from kconsole.text.messages import error_words, hint_words

GOOD: dict[str, Any] = {"url": "ldaps://directory.example", "base": "ou=people,dc=planetexpress,dc=com"}


def settings(**changed: Any) -> Directory:
    return Directory(**(GOOD | changed))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"url": "LDAPS://directory.example:3269/"},
        {"url": "ldap://[2001:db8::1]:389"},
        {"url": "ldap://10.0.0.1"},
        {"kind": "active_directory", "base": "DC=planetexpress,DC=com", "bind_as": "reader@planetexpress.com"},
        {"kind": "custom", "attributes": (("login", "mailNickname"), ("id", "1.2.840.113556.1.4.2"))},
        {"attributes": (("full_name", "cn;lang-de"), ("disabled", "nsAccountLock"), ("last_logon", "x-seen"))},
        {"fingerprint": "AB:" * 31 + "CD"},
        {"fingerprint": "ab" * 32},
        {"fingerprint": "SHA256 Fingerprint=" + "AB:" * 31 + "CD"},
        {"filter": "mail=*"},
        {"filter": "(&(mail=*)(!(employeeType=guest)))"},
        {"filter": "(|(cn=Łucja*)(cn=*\\2a*)(uidNumber>=1000)(cn~=x)(memberOf:1.2.840.113556.1.4.1941:=cn=a,dc=b))"},
        {"filter": r"(cn=a\28b\29)"},
        {"insecure": True},
    ],
)  # fmt: skip
def test_good_ones(changed: dict[str, Any]) -> None:
    check_settings(settings(**changed))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"url": "directory.example"}, "begins with neither"),
        ({"url": "https://directory.example"}, "begins with neither"),
        ({"url": "ldaps://"}, "host or port"),
        ({"url": "ldaps://directory.example:0"}, "host or port"),
        ({"url": "ldaps://directory.example:70000"}, "host or port"),
        ({"url": "ldaps://directory.example:port"}, "host or port"),
        ({"url": "ldaps://[2001:db8::1"}, "host or port"),
        ({"url": "ldaps://two words"}, "host or port"),
        ({"url": "ldaps://directory.example/dc=x?uid"}, "more than a host"),
        ({"base": ""}, "no base"),
        ({"base": "people"}, "no distinguished name"),
        ({"base": "ou=people,,dc=x"}, "no distinguished name"),
        ({"base": "ou=a\0b,dc=x"}, "no distinguished name"),
        ({"kind": "novell"}, "no kind"),
        ({"kind": "custom"}, "login and id"),
        ({"kind": "custom", "attributes": (("login", "mail"),)}, "needs the attribute for id"),
        ({"attributes": (("nickname", "mail"),)}, "nothing an attribute is read for"),
        ({"attributes": (("login", "mail)(uid=*"),)}, "no name of an attribute"),
        ({"attributes": (("login", ""),)}, "no name of an attribute"),
        ({"attributes": (("login", "mail"), ("login", "uid"))}, "named twice"),
        ({"fingerprint": "ab" * 31}, "64 hexadecimal digits"),
        ({"fingerprint": "xy" * 32}, "64 hexadecimal digits"),
        ({"fingerprint": "ab" * 32, "insecure": True}, "a fingerprint"),
        ({"ca_file": "ca.pem", "insecure": True}, "a CA file"),
        ({"ca_file": "/nowhere/ca.pem"}, "cannot be read"),
        ({"bind_as": "cn=a\0b"}, "zero byte"),
        ({"filter": "(mail=*"}, "ends too early, at character 8"),
        ({"filter": "(mail=*))"}, "goes on after its end, at character 9"),
        ({"filter": "mail=*)(uid=root"}, "goes on after its end, at character 8"),
        ({"filter": "(mail=*)(uid=root)"}, "goes on after its end, at character 9"),
        ({"filter": "(&)"}, "no condition after &"),
        ({"filter": "(!(a=b)(c=d))"}, "2 conditions after !"),
        ({"filter": "(mail)"}, "compares nothing, at character 2"),
        ({"filter": "(cn=a\\zz)"}, "must be written as"),
        ({"filter": "(cn=a\0)"}, "must be written as"),
        ({"filter": "(!" * 3000 + "(a=b)" + ")" * 3000}, "nested deeper"),
    ],
)  # fmt: skip
def test_bad_ones_are_told(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_settings(settings(**changed))
    assert told in error_words(caught.value)
    assert hint_words(caught.value)
    assert len(caught.value.message) < 500


def test_a_file_without_certificates_is_no_ca_file(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"not a certificate \xff\n")
    with pytest.raises(BadInput, match="no certificate in it"):
        check_settings(settings(ca_file=str(tmp_path / "notes.txt")))


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadInput) as caught:
        check_settings(settings(url="ldaps://reader:hunter2@directory.example"))
    assert "hunter2" not in error_words(caught.value) + hint_words(caught.value)


@given(st.text(alphabet=st.sampled_from("()&|!=*\\~<>:;a1 é\0"), max_size=40))
def test_whatever_is_taken_for_a_filter_stays_within_its_brackets(text: str) -> None:
    """No filter closes the bracket that it is put into: those of the kind hold in any case."""
    try:
        check_settings(settings(filter=text))
    except BadInput:
        return
    depth = 0
    for place, sign in enumerate(text.strip()):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        assert depth >= 0
        assert depth > 0 or place in (0, len(text.strip()) - 1) or not text.strip().startswith("(")
    assert depth == 0


@pytest.mark.parametrize("secret", [None, Secret("")])
def test_a_name_without_a_password_is_refused(secret: Secret | None) -> None:
    """Many servers take it for nobody, and say that all is well."""
    with pytest.raises(BadInput, match="no password for cn=reader"):
        read_directory(settings(url="ldaps://localhost:1", bind_as="cn=reader,dc=x"), secret)


def test_a_secret_is_shown_and_copied_by_nobody() -> None:
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="password"):
            copied(secret)
