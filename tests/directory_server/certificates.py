"""Certificates for tests, made by the openssl command: it is there wherever slapd is, and no more to install."""

import hashlib
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOST: Final = "localhost"
"""The one name that certificates are made for; 127.0.0.1 is another."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's certificate, its key, and who signed it."""

    file: Path
    key: Path
    ca: Path

    @property
    def fingerprint(self) -> str:
        """SHA-256, as kconsole shows it."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.file.read_text())).digest().hex(":").upper()


def make_certificate(folder: Path, name: str = "server", host: str = HOST) -> Certificate:
    """A CA and a certificate that it signs."""
    folder.mkdir(parents=True, exist_ok=True)
    ca, ca_key = folder / f"{name}-ca.pem", folder / f"{name}-ca.key"
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key", ca)
    _openssl(
        *("req", "-x509", "-subj", f"/CN=CA of {name}", "-out", ca, "-keyout", ca_key),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
    )
    _openssl(
        *("req", "-x509", "-subj", f"/CN={host}", "-out", made.file, "-keyout", made.key),
        *("-CA", ca, "-CAkey", ca_key, "-addext", f"subjectAltName=DNS:{host}"),
        *("-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature"),
        *("-addext", "extendedKeyUsage=serverAuth"),
    )
    return made


def _openssl(*words: str | Path) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30")
    done = subprocess.run(["openssl", *words, *key], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
