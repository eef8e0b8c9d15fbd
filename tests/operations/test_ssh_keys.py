"""The SSH key of a session: fingerprints as `ssh-keygen -l` shows them, and files that are not to be trusted."""

import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from kconsole.operations.ssh_keys import fingerprint, session_key
from kconsole.operations.system import system_operator

PLAIN: Final = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII0sQ3M2ZtBJAC9yyYoMoQ+WxyaQ/kYh4qyq08bUTjhL"
ITS: Final = "SHA256:tQ5+x6pTiW2PTyTrZJXgHBOWxM8V4JSoCQl9Uv7NGa0"
FIELDS: Final = {
    "ssh-rsa": 2,
    "ssh-ed25519": 1,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519": 2,
    "sk-ecdsa-sha2-nistp256": 3,
}


def packed(*fields: bytes) -> bytes:
    return b"".join(len(field).to_bytes(4) + field for field in fields)


def key_of(kind: str, *rest: bytes) -> str:
    return f"{kind} {b64encode(packed(kind.encode()) + b''.join(rest)).decode()}"


def certificate_of(kind: str, key: bytes, key_id: str) -> str:
    """A certificate as PROTOCOL.certkeys describes it: a nonce, the key, a serial number and a type, the id."""
    numbers = (7).to_bytes(8) + (1).to_bytes(4)
    named = packed(b"anna") + (0).to_bytes(8) + (2**64 - 1).to_bytes(8)
    return key_of(f"{kind}-cert-v01@openssh.com", packed(b"nonce"), key, numbers, packed(key_id.encode()), named)


def test_a_fingerprint_is_that_of_ssh_keygen() -> None:
    assert fingerprint(PLAIN) == fingerprint(f"{PLAIN} a comment") == ITS


def test_a_certificate_has_the_fingerprint_of_its_key_and_its_id() -> None:
    key = b64decode(PLAIN.split()[1])[4 + len("ssh-ed25519") :]
    assert fingerprint(certificate_of("ssh-ed25519", key, "anna's laptop")) == f"{ITS} anna's laptop"
    assert fingerprint(certificate_of("ssh-ed25519", key, "")) == ITS
    assert fingerprint(certificate_of("ssh-ed25519", key, "\x1b[2J")) == ITS


@pytest.mark.parametrize("kind", FIELDS)
def test_the_key_in_a_certificate_is_found_whatever_its_type(kind: str) -> None:
    key = packed(*(b"\1" * number for number in range(1, 1 + FIELDS[kind])))
    plain = key_of(f"{kind}@openssh.com" if kind.startswith("sk-") else kind, key)
    assert fingerprint(certificate_of(kind, key, "id")) == f"{fingerprint(plain)} id"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 %%%%",
        "ssh-ed25519 AAAA",
        PLAIN.replace("ssh-ed25519", "ssh-rsa"),
        key_of("new-cert-v01@openssh.com", packed(b"n", b"k")),
        key_of("ssh-rsa-cert-v01@openssh.com", packed(b"n")),
    ],
)
def test_what_is_no_key_has_no_fingerprint(key: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # whatever is wrong with it
        fingerprint(key)
    (tmp_path / "auth").write_text(f"publickey {key}\n")
    assert session_key(str(tmp_path / "auth")) == ""


def test_the_first_key_of_a_session_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "auth"
    path.write_text(f"keyboard-interactive/pam\npublickey {PLAIN}\npublickey ssh-rsa AAAA\n")
    monkeypatch.setenv("SSH_USER_AUTH", str(path))
    assert system_operator().key == ITS
    path.write_text("password\n")
    assert system_operator().key == ""
    monkeypatch.setenv("SSH_USER_AUTH", "")
    assert system_operator().key == ""


def _link(path: Path) -> None:
    path.with_name("file").write_text(f"publickey {PLAIN}\n")
    path.symlink_to(path.with_name("file"))


def _nothing(_: Path) -> None:
    pass


def _large(path: Path) -> None:
    path.write_text(f"publickey {PLAIN}\n" + "x" * 100_000)


@pytest.mark.parametrize("make", [_link, _large, os.mkfifo, Path.mkdir, _nothing])
def test_a_file_that_is_not_as_sshd_makes_it_is_ignored(make: Callable[[Path], object], tmp_path: Path) -> None:
    make(tmp_path / "auth")
    assert session_key(str(tmp_path / "auth")) == ""


def test_a_file_of_another_user_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "auth"
    path.write_text(f"publickey {PLAIN}\n")
    assert session_key(str(path)) == ITS
    monkeypatch.setattr(os, "getuid", lambda: 12_345)
    assert session_key(str(path)) == ("" if path.stat().st_uid else ITS)  # root's are trusted
    status = os.stat_result((0o100600, 1, 1, 1, 54_321, 0, 100, 0, 0, 0))
    monkeypatch.setattr(os, "fstat", lambda _: status)
    assert session_key(str(path)) == ""


def test_the_ids_are_those_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    operator = system_operator("chen")
    assert (operator.uid, operator.claimed, operator.name) == (os.getuid(), "chen", "")
    for text, uid in (("1003", 1003), ("0", 0), ("4294967295", None), ("", None), ("-1", None)):
        monkeypatch.setattr(Path, "read_text", lambda _, text=text: text)
        assert system_operator().login_uid == uid
