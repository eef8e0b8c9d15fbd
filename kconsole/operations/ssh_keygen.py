"""Runs ssh-keygen of OpenSSH: without a shell, with a time limit, and with what it says kept as text from outside."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from kconsole.core.codes import Message, message, short
from kconsole.core.errors import ConsoleError, reason_of

PROGRAM: Final = "ssh-keygen"

_MOST_LINES: Final = 3


class Answer(NamedTuple):
    """What ssh-keygen answered."""

    succeeded: bool
    output: bytes
    errors: str

    @property
    def words(self) -> list[Message]:
        """Its last lines of errors, for the details of ours."""
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()]
        return [message("program-says", program=PROGRAM, text=short(line)) for line in lines[-_MOST_LINES:]]


def ssh_keygen(arguments: Sequence[str], text: bytes, seconds: float, signature: bytes | None = None) -> Answer:
    """Run it on a text, with a signature in a file if there is one. It asks for a passphrase on the terminal itself.

    Raises:
        ConsoleError: it is not installed, cannot be run, or takes too long.
    """
    import subprocess  # here, as most commands on the log need neither
    from tempfile import TemporaryDirectory

    program = shutil.which(PROGRAM)
    if program is None:
        raise ConsoleError("program-missing", "install-openssh", program=PROGRAM)
    try:
        with TemporaryDirectory(prefix="kconsole-") as folder:
            more: tuple[str, ...] = ()
            if signature is not None:
                path = Path(folder) / "signature"
                path.write_bytes(signature)
                more = ("-s", str(path))
            done = subprocess.run(  # noqa: S603  # its arguments are paths, names and options of ours
                [program, *arguments, *more],
                input=text,
                capture_output=True,
                timeout=seconds,
                check=False,
                env={**os.environ, "LC_ALL": "C"},
            )
    except subprocess.TimeoutExpired:
        raise ConsoleError("program-too-slow", program=PROGRAM, seconds=seconds) from None
    except (OSError, ValueError) as error:  # a zero byte in an argument
        raise ConsoleError("program-not-run", program=PROGRAM, reason=reason_of(error)) from None
    return Answer(done.returncode == 0, done.stdout, done.stderr.decode("utf-8", "replace"))
