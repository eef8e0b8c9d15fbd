"""Sentences about connections to any server: addresses, certificates, passwords, network errors."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Both, Template


def _address_scheme(params: Mapping[str, Any]) -> str:
    return f"{{url}} is not a valid address: it must start with {' or '.join(params['schemes'])}."


TEMPLATES: Final[Mapping[str, Template]] = {
    # Addresses
    "address-invalid": "{url} is not a valid address: check its host and port.",
    "address-scheme": _address_scheme,
    "address-has-password": "The address contains a user name or a password.",
    "give-password-apart": "Remove it from the address. Name and password are separate settings.",
    "address-has-path": "{url} has more in it than a host and a port.",
    "address-form-ldap": (
        "Write it as ldaps://directory.example, or ldap://directory.example:389 for StartTLS. Base and filter are"
        " separate settings."
    ),
    # Which certificate is trusted
    "fingerprint-invalid": "{text} is not a SHA-256 fingerprint of a certificate, which has 64 hexadecimal digits.",
    "how-to-get-fingerprint": "On the server, run 'openssl x509 -in certificate.pem -noout -fingerprint -sha256'.",
    "insecure-with-fingerprint": "A fingerprint and an insecure connection exclude each other.",
    "insecure-with-ca-file": "A CA file and an insecure connection exclude each other.",
    "choose-one-check": Both(
        "Leave out --insecure to have the certificate checked.",
        "Set Security to 'its certificate is checked', or empty the other field.",
    ),
    "ca-file-without-certificate": "{path} contains no certificate that can be read.",
    "use-pem-file": "Use a file of certificates in PEM format.",
    "ca-file-unreadable": "Cannot read the CA file {path}: {reason}.",
    "check-file-name": "Check the file name.",
    # A certificate that is not trusted
    "certificate-expired": "{url} is not trusted: its certificate has expired.",
    "certificate-not-yet-valid": "{url} is not trusted: its certificate is not valid yet. Check the clocks.",
    "certificate-self-signed": "{url} is not trusted: its certificate is self-signed.",
    "certificate-unknown-issuer": "{url} is not trusted: its certificate is signed by an unknown CA.",
    "certificate-wrong-host": "{url} is not trusted: its certificate is for another host than {host}.",
    "certificate-not-pinned": "{url} is not trusted: its certificate is not the pinned one.",
    "certificate-rejected": "{url} is not trusted: its certificate cannot be verified ({reason}).",
    "nothing-sent": "Nothing was sent to it.",
    "certificate-names": "It is for: {names}",
    "certificate-fingerprint": "Its fingerprint (SHA-256) is {fingerprint}",
    "pinned-certificate-changed": "If it was renewed, ask the server's administrator for the new fingerprint.",
    "renew-the-certificate": Both(
        "Renew the certificate on the server; or compare its fingerprint with the one on the server, and pin it with"
        " --fingerprint.",
        "Renew the certificate on the server; or compare its fingerprint with the one on the server, and enter it in"
        " the settings.",
    ),
    "connect-by-certificate-name": Both(
        "Use a host name from the certificate, or pin the certificate with --fingerprint.",
        "Use a host name from the certificate, or enter its fingerprint in the settings.",
    ),
    "trust-the-certificate": Both(
        "Name the CA that signed it with --ca FILE; or compare the fingerprint with the one on the server, and pin it"
        " with --fingerprint; or skip the check with --insecure.",
        "In the settings, enter the file of the CA that signed it; or compare the fingerprint with the one on the"
        " server, and enter it there; or set Security to INSECURE, which skips the check.",
    ),
    # Passwords
    "password-prompt-impossible": "A password is needed, and there is no terminal to ask for it.",
    "give-password-file-or-variable": "Name a file of mode 0600 with --password-file, or put it in {variable}.",
    "password-file-open-to-others": "Other users can read {path}.",
    "make-password-file-private": "Run 'chmod 600 {path}', and change the password.",
    "password-file-unreadable": "Cannot read {path}: {reason}.",
    "name-a-password-file": "Name a file that contains the password.",
    "password-file-empty": "{path} contains no password.",
    "password-file-not-text": "{path} is not text in UTF-8, or its first line is more than a password.",
    "password-file-too-large": "{path} has more than {longest:,} bytes: it is not a password file.",
    "password-on-first-line": "The first line must be the password, in UTF-8.",
    # The network
    "host-unknown": "Cannot find {url}: the host name {host} is unknown.",
    "check-host-name": "Check the host name.",
    "connection-refused": "Cannot connect to {url}: nothing answers on port {port}.",
    "check-port-and-service": "Check host and port, and that the server is running and accepts this host.",
    "answer-late": "{url} did not answer in time.",
    "connection-cut": "{url} closed the connection before it had answered.",
    "try-again-check-network": "Try again. Check the server and the network.",
    "tls-failed": "{url} did not agree on encryption: {reason}.",
    "check-tls": "Check that the port speaks TLS, and that the server supports TLS 1.2 or newer.",
    "host-unreachable": "Cannot connect to {url}: {reason}.",
    "check-address-and-network": "Check host, port and network.",
    "answer-unreadable": "{url} sent an answer that cannot be read.",
    "internal-error": "{name}",
}
