"""Settings of a directory that make no sense, reported before anybody is asked anything."""

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.directory import Directory
from kconsole.core.errors import BadInput
from kconsole.directories.reading import check_settings, read_directory
from kconsole.directories.settings import server_address
from kconsole.net.secrets import Secret
from kconsole.text.messages import whole

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
    ("changed", "code"),
    [
        ({"url": "directory.example"}, "address-scheme"),
        ({"url": "https://directory.example"}, "address-scheme"),
        ({"url": "ldaps://"}, "address-invalid"),
        ({"url": "ldaps://directory.example:0"}, "address-invalid"),
        ({"url": "ldaps://directory.example:70000"}, "address-invalid"),
        ({"url": "ldaps://directory.example:port"}, "address-invalid"),
        ({"url": "ldaps://[2001:db8::1"}, "address-invalid"),
        ({"url": "ldaps://two words"}, "address-invalid"),
        ({"url": "ldaps://a..b"}, "address-invalid"),
        ({"url": "ldaps://.example"}, "address-invalid"),
        ({"url": f"ldaps://{'x' * 64}.example"}, "address-invalid"),
        ({"url": "ldaps://" + "x." * 127 + "example"}, "address-invalid"),
        ({"url": "ldaps://\u0300a.example"}, "address-invalid"),
        ({"url": "ldaps://directory.example/dc=x?uid"}, "address-has-path"),
        ({"base": ""}, "base-missing"),
        ({"base": "people"}, "base-invalid"),
        ({"base": "ou=people,,dc=x"}, "base-invalid"),
        ({"base": "ou=a\0b,dc=x"}, "base-invalid"),
        ({"kind": "novell"}, "directory-kind-unknown"),
        ({"kind": "custom"}, "custom-directory-incomplete"),
        ({"kind": "custom", "attributes": (("login", "mail"),)}, "custom-directory-incomplete"),
        ({"attributes": (("nickname", "mail"),)}, "attribute-field-unknown"),
        ({"attributes": (("login", "mail)(uid=*"),)}, "attribute-name-invalid"),
        ({"attributes": (("login", ""),)}, "attribute-name-invalid"),
        ({"attributes": (("login", "mail"), ("login", "uid"))}, "attribute-field-twice"),
        ({"fingerprint": "ab" * 31}, "fingerprint-invalid"),
        ({"fingerprint": "xy" * 32}, "fingerprint-invalid"),
        ({"fingerprint": "ab" * 32, "insecure": True}, "insecure-with-fingerprint"),
        ({"ca_file": "ca.pem", "insecure": True}, "insecure-with-ca-file"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca-file-unreadable"),
        ({"bind_as": "cn=a\0b"}, "bind-name-has-zero-byte"),
        ({"filter": "(mail=*"}, "filter-ends-early 8"),
        ({"filter": "(mail=*))"}, "filter-goes-on 9"),
        ({"filter": "mail=*)(uid=root"}, "filter-goes-on 8"),
        ({"filter": "(mail=*)(uid=root)"}, "filter-goes-on 9"),
        ({"filter": "(&)"}, "filter-no-condition 3"),
        ({"filter": "(!(a=b)(c=d))"}, "filter-conditions 13"),
        ({"filter": "(mail)"}, "filter-compares-nothing 2"),
        ({"filter": "(cn=a\\zz)"}, "filter-sign-unescaped 6"),
        ({"filter": "(cn=a\0)"}, "filter-sign-unescaped 6"),
        ({"filter": "(!" * 3000 + "(a=b)" + ")" * 3000}, "filter-too-deep 103"),
    ],
)  # fmt: skip
def test_bad_ones_are_reported(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_settings(settings(**changed))
    error = caught.value
    assert code == (
        f"{error.params['problem'].code} {error.params['character']}" if "problem" in error.params else error.code
    )
    assert len(whole(error)) < 600


def test_a_file_without_certificates_is_no_ca_file(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"not a certificate \xff\n")
    with pytest.raises(BadInput, match="ca-file-without-certificate"):
        check_settings(settings(ca_file=str(tmp_path / "notes.txt")))


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("straße.example", "xn--strae-oqa.example"),
        ("bücher.example.", "xn--bcher-kva.example"),
        ("DC1.example", "dc1.example"),
        ("[fe80::1%25eth0]", "fe80::1%25eth0"),
    ],
)
def test_the_host_that_is_asked_is_the_one_that_is_named(host: str, asked: str) -> None:
    """Python's own codec would ask strasse.example, which may be another company's."""
    assert server_address(f"ldaps://{host}").host == asked


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadInput) as caught:
        check_settings(settings(url="ldaps://reader:hunter2@directory.example"))
    assert caught.value.code == "address-has-password"
    assert "hunter2" not in f"{caught.value!r} {caught.value}"


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
    """Many servers take it for no one, and say that all is well."""
    with pytest.raises(BadInput, match="bind-password-missing"):
        read_directory(settings(url="ldaps://localhost:1", bind_as="cn=reader,dc=x"), secret)


def test_a_secret_is_shown_and_copied_by_no_one() -> None:
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="password"):
            copied(secret)
