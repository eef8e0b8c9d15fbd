"""Starting and stopping PostgreSQL, in a temporary folder and as a user without rights.

It listens on a socket in that folder alone. Every test has a database of its own, copied from one that is prepared.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psycopg
import pytest

from kconsole.store.postgresql.schema import schema
from tests.limits import PATIENCE

ADMIN: Final = "postgres"
_PREPARED: Final = "prepared"
_ROLES: Final = {
    "boss": "kconsole_full_admin",
    "dirk": "kconsole_full_admin",
    "carol": "kconsole_account_admin",
    "cora": "kconsole_account_admin",
    "hana": "kconsole_helpdesk",
    "hans": "kconsole_helpdesk",
    "audra": "kconsole_auditor",
}
"""Logins of the server, and their roles."""

_numbers = count(1)


def programs() -> Path:
    """Where PostgreSQL's programs are; the test is skipped if they are missing."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip("postgresql is not installed")
    return found[-1].parent


def unprivileged() -> dict[str, Any]:
    """How a program is started as a user without rights: root must not run the server."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    pytest.skip("no user without rights is installed")


class DatabaseServer:
    """A server, until it is closed."""

    def __init__(self, primary: "DatabaseServer | None" = None) -> None:
        self.programs, self._how = programs(), unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="kconsole-pg-"))
        if self._how:
            os.chown(self.folder, self._how["user"], self._how["group"])
        self._process: subprocess.Popen[bytes] | None = None
        if primary is not None:
            how = ["-h", str(primary.folder), "-U", ADMIN, "-D", "data", "--write-recovery-conf", "--checkpoint=fast"]
            self._run("pg_basebackup", *how)
            self.start()
            return
        self._run(
            "initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", ADMIN, "-D", "data"
        )
        self.start()
        self.execute("postgres", f"CREATE DATABASE {_PREPARED}")
        self.execute(_PREPARED, schema())
        for login, role in _ROLES.items():
            self.execute("postgres", f"CREATE ROLE {login} LOGIN IN ROLE {role}")
        self.execute("postgres", "CREATE ROLE stranger LOGIN")

    @classmethod
    def standby_of(cls, primary: "DatabaseServer") -> "DatabaseServer":
        """A server that follows another one."""
        return cls(primary)

    @property
    def quoted(self) -> str:
        """Its folder as the host of an address."""
        return quote(str(self.folder), safe="")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *arguments], cwd=self.folder, capture_output=True, text=True, **self._how
        )
        assert done.returncode == 0, done.stderr

    def start(self, *options: str) -> None:
        """Start it, and wait until it answers."""
        how = ["-D", "data", "-k", str(self.folder), "-c", "listen_addresses=", "-c", "shared_buffers=16MB"]
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [str(self.programs / "postgres"), *how, *options],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                **self._how,
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.execute("postgres", "SELECT 1")
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError((self.folder / "log").read_text()) from None
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: at once, with its clients. SIGQUIT stops it as a crash does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def freeze(self, how: signal.Signals = signal.SIGSTOP) -> None:
        """Let it hang, or with SIGCONT, go on."""
        assert self._process is not None
        own = {self._process.pid}
        for status in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                text = status.read_text().rpartition(")")[2].split()
                if int(text[1]) == self._process.pid:
                    own.add(int(status.parent.name))
        for process in own:
            with suppress(ProcessLookupError):
                os.kill(process, how)

    def close(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, database: str, login: str = ADMIN) -> "psycopg.Connection[Any]":
        return psycopg.connect(host=str(self.folder), dbname=database, user=login, autocommit=True)

    def execute(self, database: str, sql: str, *values: object, login: str = ADMIN) -> list[Any]:
        with self.connect(database, login) as connection:
            answer = connection.execute(sql, values or None)
            return answer.fetchall() if answer.description else []

    def database(self) -> "Database":
        """A new one, prepared."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self.execute("postgres", f"CREATE DATABASE {name} TEMPLATE {_PREPARED}")
        return Database(self, name)


class Database:
    """A database of a server."""

    def __init__(self, server: DatabaseServer, name: str) -> None:
        self.server, self.name = server, name

    def address(self, login: str = "boss") -> str:
        """Its address, for a login."""
        return f"postgresql://{login}@{self.server.quoted}/{self.name}"

    def execute(self, sql: str, *values: object, login: str = ADMIN) -> list[Any]:
        return self.server.execute(self.name, sql, *values, login=login)

    def end_sessions(self, login: str = "boss") -> None:
        """End the sessions of a login, as an administrator or a crash does."""
        self.execute("SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE usename = %s", login)

    def drop(self) -> None:
        self.server.execute("postgres", f"DROP DATABASE {self.name} WITH (FORCE)")
