"""Who the server is, is settled before anything is sent to it; and what settings make sense."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.codes import Message, hints_of, message
from kconsole.core.errors import BadInput, SourceAway
from kconsole.core.server import ServerAccess
from kconsole.net.secrets import Secret
from kconsole.providers.kerio.settings import check_settings, server_address
from tests.directory_server.certificates import Certificate, make_certificate
from tests.providers.kerio.kerio_https import PASSWORD, Raw, TinyServer, give
from tests.providers.kerio.sessions import connected


def let_in(server: ServerAccess) -> str:
    with connected(server, Secret(PASSWORD)) as line:
        return line.verified_by


def test_a_certificate_of_an_own_ca_is_trusted(kerio: ServerAccess) -> None:
    assert let_in(kerio) == "ca file"


def test_a_pinned_certificate_is_trusted_whatever_its_name(tiny: TinyServer) -> None:
    pinned = ServerAccess(url=tiny.url, user="Admin", fingerprint=tiny.certificate.fingerprint.lower())
    assert let_in(pinned) == "fingerprint"


def test_insecure_lets_in_anybody_and_says_so(tiny: TinyServer) -> None:
    assert let_in(ServerAccess(url=tiny.url, user="Admin", insecure=True)) == "unchecked"


def test_a_self_signed_certificate_is_not_trusted_by_default(tiny: TinyServer) -> None:
    with pytest.raises(SourceAway, match="certificate-") as caught:
        let_in(ServerAccess(url=tiny.url, user="Admin"))
    assert caught.value.details == (message("certificate-fingerprint", fingerprint=tiny.certificate.fingerprint),)
    assert (caught.value.hints, caught.value.effect) == (hints_of("trust-the-certificate"), Message("nothing-sent"))
    assert tiny.calls == []


def test_another_ca_is_not_trusted(tiny: TinyServer, kerio: ServerAccess, tmp_path: Path) -> None:
    other = make_certificate(tmp_path, "other")
    with pytest.raises(SourceAway, match=r"certificate-unknown-issuer|certificate-rejected|certificate-self-signed"):
        let_in(replace(kerio, ca_file=str(other.ca)))
    assert tiny.calls == []


def test_another_certificate_than_the_pinned_one_gets_no_password(tiny: TinyServer, tmp_path: Path) -> None:
    other = make_certificate(tmp_path, "other")
    with pytest.raises(SourceAway, match="certificate-not-pinned") as caught:
        let_in(ServerAccess(url=tiny.url, user="Admin", fingerprint=other.fingerprint))
    assert tiny.certificate.fingerprint in str(caught.value.details)
    assert tiny.calls == []


def test_a_certificate_for_another_host_is_not_trusted(tmp_path: Path) -> None:
    certificate: Certificate = make_certificate(tmp_path, host="mail.example")
    server = TinyServer(certificate)
    try:
        with pytest.raises(SourceAway, match="certificate-wrong-host") as caught:
            let_in(ServerAccess(url=server.url, user="Admin", ca_file=str(certificate.ca)))
    finally:
        server.close()
    assert caught.value.details[0] == message("certificate-names", names="mail.example")
    assert server.calls == []


def test_each_connection_is_checked_and_not_the_first_one_only(tiny: TinyServer, tmp_path: Path) -> None:
    """A server that is replaced while a session lasts gets neither its token nor the password."""
    pinned = ServerAccess(url=tiny.url, user="Admin", fingerprint=tiny.certificate.fingerprint)
    tiny.answers["Users.get"] = give(Raw(b"{}", cut=1))
    with connected(pinned, Secret(PASSWORD)) as line:
        with pytest.raises(SourceAway, match="connection-cut"):
            line.call("Users.get")
        tiny.stop()
        impostor = TinyServer(make_certificate(tmp_path, "impostor"), server_address(tiny.url).port)
        try:
            with pytest.raises(SourceAway, match="certificate-not-pinned"):
                line.call("Users.get")
        finally:
            impostor.close()
    assert impostor.calls == []


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://mail.example", "mail.example", 4040),
        ("https://mail.example:4041/", "mail.example", 4041),
        ("https://mail.example:4040/admin/", "mail.example", 4040),
        ("https://mail.example/admin/login#x", "mail.example", 4040),
        ("https://[::1]:4040", "::1", 4040),
        ("https://192.0.2.7", "192.0.2.7", 4040),
    ],
)
def test_the_address_of_the_administration_is_taken_as_people_write_it(url: str, host: str, port: int) -> None:
    assert server_address(url) == ("https", host, port)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://mail.example", "address-scheme"),
        ("mail.example", "address-scheme"),
        ("https://", "address-(invalid|scheme)"),
        ("https://mail.example:99999", "address-(invalid|scheme)"),
        ("https://mail example", "address-(invalid|scheme)"),
        ("https://mail.example/webmail", "address-has-path"),
        ("https://admin:geheim@mail.example", "address-has-password"),
        ("https://mail.example:0", "address-(invalid|scheme)"),
    ],
)
def test_a_url_that_leads_nowhere_is_reported(url: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason) as caught:
        check_settings(ServerAccess(url=url, user="Admin"))
    assert "geheim" not in str(caught.value)


def test_settings_that_contradict_each_other_are_reported(tmp_path: Path) -> None:
    sound = ServerAccess(url="https://mail.example", user="Admin")
    check_settings(sound)
    for odd, reason in [
        (replace(sound, user=" "), "administrator-missing"),
        (replace(sound, fingerprint="abc"), "fingerprint-invalid"),
        (replace(sound, fingerprint="ab" * 32, insecure=True), "insecure-with-fingerprint"),
        (replace(sound, ca_file=str(tmp_path / "none.pem")), "ca-file-unreadable"),
    ]:
        with pytest.raises(BadInput, match=reason):
            check_settings(odd)
