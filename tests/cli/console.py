"""The command line, run in this process or in one of its own, with what it said."""

import hashlib
import io
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from kconsole.cli.context import CliContext
from kconsole.cli.main import run
from kconsole.core.encoding import inventory_document
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory, LastLogin
from kconsole.core.times import Clock
from tests.cli.forked import run_forked
from tests.limits import PATIENCE


@dataclass(frozen=True)
class Said:
    """What a command line ended with and said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def talk(self) -> list[str]:
        return self.err.splitlines()

    def is_harmless(self) -> bool:
        """Whether no byte of it can do more to a terminal than end a line."""
        shown = set(self.out + self.err) - {"\n"}
        return not {
            character for character in shown if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        }


class Console:
    """A command line at one store."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.folder = folder
        self.clock = clock
        self.place: CliContext | None = None
        """Where it begins from, for what else is injected."""

    def __call__(self, *arguments: str, encoding: str = "utf-8") -> Said:
        """Run in this process."""
        place = self.place or CliContext(clock=self.clock)
        return in_process(["--store", str(self.folder), "--wait", "0", *arguments], place, encoding)

    def done(self, *arguments: str) -> Said:
        """Run in this process, and see that it succeeds."""
        said = self(*arguments)
        assert said.code == 0, said
        return said

    def fill(
        self, *entries: Entry, seats: int | None = 10, domains: Sequence[Domain] = (Domain(name="north.example"),)
    ) -> "Console":
        """Let the store hold this."""
        inventory = Inventory(license=License(seats=seats), domains=tuple(domains), entries=entries)
        return self.restore(inventory_document(inventory))

    def restore(self, document: object) -> "Console":
        """Let the store hold what a dump holds."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        file = self.folder.parent / "given.json"
        file.write_text(json.dumps(document))
        self.done("restore", str(file))
        return self

    @property
    def dump(self) -> Any:
        return self.done("dump").json

    def accounts(self, *arguments: str) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self.done("accounts", "--json", *arguments).json
        return answer

    def forked(self, *arguments: str, text: str = "", code: str = "", **environment: str) -> Said:
        """Run in a process of its own, forked from one that has loaded the program, after this code."""
        variables = {**os.environ, "KCONSOLE_STORE": str(self.folder), **environment}
        ended = run_forked(arguments, variables, stdin=subprocess.PIPE, text=text.encode(), code=code)
        return Said(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def process(self, *arguments: str | bytes, text: str = "", encoding: str = "utf-8", **environment: str) -> Said:
        """Run in a process of its own, from its start: where Python's own start matters."""
        ended = subprocess.run(
            [sys.executable, "-m", "kconsole", *arguments],
            input=text.encode(),
            capture_output=True,
            env={**os.environ, "KCONSOLE_STORE": str(self.folder), **environment},
            timeout=PATIENCE,
            check=False,
        )
        return Said(ended.returncode, ended.stdout.decode(encoding), ended.stderr.decode(encoding))


def in_process(arguments: Sequence[str], place: CliContext, encoding: str = "utf-8") -> Said:
    """Run a command line in this process, whose variables stay as they are, whatever the command changes."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2))
    with patch.dict(os.environ), redirect_stdout(out), redirect_stderr(err):
        code = run([*arguments], place)
    return Said(code, _content(out, encoding), _content(err, encoding))


def _content(stream: io.TextIOWrapper, encoding: str) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode(encoding)


def logins(answer: list[dict[str, Any]]) -> list[str]:
    return [document["login"] for document in answer]


def hashes(folder: Path) -> dict[str, str]:
    """The content of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def account(login: str, **fields: Any) -> Entry:
    return Entry(address=login if "@" in login else f"{login}@north.example", **fields)


def days_ago(days: float, protocol: str = "IMAP") -> LastLogin:
    return LastLogin((datetime.now(UTC) - timedelta(days=days)).replace(microsecond=0), protocol)
