"""The SSH key that opened this session, by the file in which sshd names it (`ExposeAuthInfo yes`)."""

import binascii
import os
import stat
from base64 import b64decode, b64encode
from contextlib import suppress
from hashlib import sha256
from typing import Final

from kconsole.core.history import KEY_START

_LARGEST: Final = 64 * 1024
"""Bytes of such a file; a certificate with many principals has some thousand."""

_LONGEST_ID: Final = 100
"""Characters of a certificate's id that are kept."""

_METHOD: Final = "publickey "

_CERTIFICATE: Final = "-cert-v01@openssh.com"
_FIELDS: Final = {
    "ssh-rsa": 2,
    "ssh-ed25519": 1,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}
"""How many fields of a certificate are its public key, by the type of that (PROTOCOL.certkeys of OpenSSH)."""


def session_key(path: str) -> str:
    """The fingerprint of the first public key in such a file; empty if there is none, or the file is not to be trusted.

    sshd writes it as the user. A file of someone else, who is not root, says nothing; nor does what is no small file.
    """
    with suppress(OSError, ValueError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            is_theirs = status.st_uid in (0, os.getuid())
            if not stat.S_ISREG(status.st_mode) or not is_theirs or status.st_size > _LARGEST:
                return ""
            lines = file.read(_LARGEST).decode("ascii", "replace").splitlines()
        for line in lines:
            if line.startswith(_METHOD):
                return fingerprint(line.removeprefix(_METHOD))
    return ""


def fingerprint(key: str) -> str:
    """The fingerprint of a public key `TYPE BASE64`, computed from the key itself: SHA256:...

    That of a certificate is the one of its key, as for `ssh-keygen -l`, followed by the id that its authority signed.

    Raises:
        ValueError: it is no public key.
    """
    kind, blob = key.split()[:2]
    try:
        content = b64decode(blob, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if not content.startswith(_field(kind.encode())):
        raise ValueError("the type is not that of the key")
    return blob_fingerprint(content)


def blob_fingerprint(content: bytes) -> str:
    """The same of the bytes of a public key, as they stand in a signature too."""
    fields = fields_in(content)
    kind = fields[0].decode("ascii", "replace")
    if not kind.endswith(_CERTIFICATE):
        return _digest(content)
    plain = kind.removesuffix(_CERTIFICATE)
    plain += "@openssh.com" if plain.startswith("sk-") else ""
    if plain not in _FIELDS:
        raise ValueError("a certificate of an unknown type")
    end = 2 + _FIELDS[plain]
    rest = content[sum(4 + len(field) for field in fields[:end]) :]
    key_id = fields_in(rest[12:])[0].decode("utf-8", "replace")  # after the serial number and the type of certificate
    said = key_id[:_LONGEST_ID] if key_id.isprintable() else ""
    return f"{_digest(b''.join(map(_field, (plain.encode(), *fields[2:end]))))} {said}".rstrip()


def _digest(content: bytes) -> str:
    return KEY_START + b64encode(sha256(content).digest()).decode().rstrip("=")


def fields_in(content: bytes) -> list[bytes]:
    """The fields at the beginning, each with its length before it, up to the first bytes that are none."""
    fields, at = [], 0
    while at + 4 <= len(content):
        begin = at + 4
        at = begin + int.from_bytes(content[at:begin])
        if at > len(content):
            break
        fields.append(content[begin:at])
    if not fields:
        raise ValueError("no field")
    return fields


def _field(content: bytes) -> bytes:
    return len(content).to_bytes(4) + content
