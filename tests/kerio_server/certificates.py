"""The usual certificate of such servers: signed by no one but itself."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.directory_server.certificates import HOST, Certificate

NOT_THERE: Final = "openssl is not installed"


def openssl_is_there() -> bool:
    """Whether certificates can be made."""
    return shutil.which("openssl") is not None


def self_signed(folder: Path, host: str = HOST) -> Certificate:
    """A certificate for a host and for 127.0.0.1, which is its own CA file."""
    folder.mkdir(parents=True, exist_ok=True)
    file, key = folder / "server.pem", folder / "server.key"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-days", "30", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host},IP:127.0.0.1"]
    words += ["-out", str(file), "-keyout", str(key)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Certificate(file, key, file)
