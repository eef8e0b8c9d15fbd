"""Certificates: which are trusted, and how a problem is explained."""

import socket
import subprocess
from pathlib import Path

import pytest

from kconsole.core.codes import message
from kconsole.core.directory import Directory
from kconsole.core.errors import SourceAway
from kconsole.net.settings import Certificate as Shown
from kconsole.net.tls import NotTrusted, Trust, certificate_of, distrust
from tests.directory_server.certificates import Certificate, make_certificate
from tests.directory_server.listener import recording


def self_signed(folder: Path, days: int = 30) -> Certificate:
    made = Certificate(folder / "own.pem", folder / "own.key", folder / "own.pem")
    request = folder / "own.csr"
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", made.key)
    for words in (
        ("req", "-new", *key, "-subj", "/CN=localhost", "-out", request),
        ("x509", "-req", "-in", request, "-signkey", made.key, "-days", str(days), "-out", made.file),
    ):
        subprocess.run(["openssl", *words], capture_output=True, check=True)
    return made


def shown_to(certificate: Certificate, trust: Trust, host: str = "localhost") -> Shown:
    with (
        recording(certificate) as server,
        socket.create_connection(("localhost", server.port), 30) as plain,
        trust.encrypted(plain, host) as wrapped,
    ):
        return certificate_of(wrapped)


def test_a_trusted_certificate_names_itself(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    shown = shown_to(certificate, Trust(str(certificate.ca)))
    assert shown[:2] == (certificate.fingerprint, ("localhost",))
    assert shown.expires is not None


def test_each_problem_has_its_code(tmp_path: Path) -> None:
    certificate, own = make_certificate(tmp_path), self_signed(tmp_path)
    (tmp_path / "old").mkdir()
    old = self_signed(tmp_path / "old", days=0)  # newer OpenSSL makes none that ends before it begins
    for server, trust, host, code in [
        (certificate, Trust(), "localhost", "certificate-unknown-issuer"),
        (certificate, Trust(str(certificate.ca)), "mail.example", "certificate-wrong-host"),
        (own, Trust(), "localhost", "certificate-self-signed"),
        (old, Trust(str(old.file)), "localhost", "certificate-expired"),
        (own, Trust(fingerprint="ab" * 32), "localhost", "certificate-not-pinned"),
    ]:
        with pytest.raises(NotTrusted) as caught:
            shown_to(server, trust, host)
        assert caught.value.code == code


def test_a_problem_is_explained_with_the_fingerprint_if_the_server_still_answers() -> None:
    settings = Directory(url="ldaps://x", base="")

    def away(_: Trust) -> Shown:
        raise OSError

    wrong_host = NotTrusted("certificate-wrong-host")
    error = distrust(settings, "ldaps://x", "x", wrong_host, lambda _: Shown("AB", ("y", "z")))
    assert error.details == (
        message("certificate-names", names="y, z"),
        message("certificate-fingerprint", fingerprint="AB"),
    )
    assert (error.code, error.effect) == ("certificate-wrong-host", message("nothing-sent"))
    assert error.hints == (message("connect-by-certificate-name"),)
    error = distrust(settings, "ldaps://x", "x", NotTrusted("certificate-expired"), away)
    assert isinstance(error, SourceAway)
    assert (error.details, error.hints) == ((), (message("renew-the-certificate"),))
