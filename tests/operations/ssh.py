"""SSH keys to sign with, made by the real ssh-keygen."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.limits import PATIENCE


def need_ssh_keygen() -> None:
    """Pass over a test where nothing can be signed."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed (on Debian: apt install openssh-client)")


def made_key(path: Path, passphrase: str = "") -> Path:
    """A private key; the public one is beside it."""
    keygen("-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", str(path))
    return path


def public(key: Path) -> str:
    return " ".join(key.with_suffix(".pub").read_text().split()[:2])


def keygen(*arguments: str, text: bytes = b"") -> bytes:
    done = subprocess.run(["ssh-keygen", *arguments], input=text, capture_output=True, check=True, timeout=PATIENCE)
    return done.stdout
