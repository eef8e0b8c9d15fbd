"""Addresses as administrators type them."""

import pytest

from kconsole.core.errors import BadInput
from kconsole.net.settings import Address, AddressForm, parse_address

FORM = AddressForm({"https": 4040, "ldap": 389}, "address-form-kerio", page="admin")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://mail.example", Address("https", "mail.example", 4040)),
        ("ldap://Mail.example:17/", Address("ldap", "mail.example", 17)),
        ("https://[::1]/admin/login#x", Address("https", "::1", 4040)),
    ],
)
def test_scheme_host_and_port(url: str, address: Address) -> None:
    assert parse_address(url, FORM) == address


def test_an_origin_has_the_port_and_brackets() -> None:
    assert parse_address("https://[2001:db8::1]/admin", FORM).origin == "https://[2001:db8::1]:4040"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mail.example", "address-scheme"),
        ("http://mail.example", "address-scheme"),
        ("https://", "address-invalid"),
        ("https://two words", "address-invalid"),
        ("https://blank.example ", "address-invalid"),
        ("https://x:70000", "address-invalid"),
        ("https://x:0", "address-invalid"),
        ("https://999.1.1.1", "address-invalid"),
        ("https://1.2.3", "address-invalid"),
        ("https://[1:2]", "address-invalid"),
        ("https://xn--a.example", "address-invalid"),
        ("https://mail.XN--.example", "address-invalid"),
        ("https://xn--zckzah1.example", "address-invalid"),
        ("https://x/webmail", "address-has-path"),
        ("https://x/?a=b", "address-has-path"),
        ("https://me:hunter2@x", "address-has-password"),
    ],
)
def test_other_addresses_are_refused(url: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_address(url, FORM)
    assert caught.value.code == code
    assert "hunter2" not in f"{caught.value!r} {caught.value}"


def test_without_a_page_of_its_own_a_fragment_is_refused() -> None:
    with pytest.raises(BadInput, match="address-has-path"):
        parse_address("ldap://x#y", AddressForm({"ldap": 389}, "address-form-ldap"))
