"""A real Active Directory for tests: a domain controller of Samba on an address of the loopback interface of its own.

Provisioning it takes seconds, so there is one for all tests of a run, whichever process they run in. It runs as long
as any of them holds the other end of its standard input, so it never outlives them.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from filelock import FileLock

from kconsole.core.directory import Directory
from tests.directory_server.certificates import Certificate, make_certificate
from tests.directory_server.people import Attributes, from_ldif, to_ldif
from tests.directory_server.samba_people import BASE, DOMAIN, PASSWORD, everyone, expired_password
from tests.limits import PATIENCE, POLL

READER: Final = f"reader@{DOMAIN}"
PARTNER_ALLOWED: Final = "local_oid:1.3.6.1.4.1.7165.4.3.23:0"
"""Lets an account be one of a trust, as the domain controller itself does it."""

_LAST_SET_ALLOWED: Final = "local_oid:1.3.6.1.4.1.7165.4.3.12:0"
_PROGRAMS: Final = ("samba", "samba-tool", "ldbadd", "ldbmodify", "ldbdel", "ldbsearch", "openssl")
_PLACES: Final = "/usr/sbin:/usr/local/samba/sbin:/usr/local/samba/bin:/usr/bin"
_PORTS: Final = (389, 636, 3268, 3269)


class DomainController:
    """A domain controller; the changes that a test makes are undone by the test."""

    def __init__(self, folder: Path, host: str) -> None:
        self.folder, self.host = folder, host
        self.certificate = Certificate(folder / "tls/dc.pem", folder / "tls/dc.key", folder / "tls/dc-ca.pem")

    def directory(self, bind_as: str = READER, **changed: Any) -> Directory:
        """The settings that it is read with; each can be another."""
        settings: dict[str, Any] = {
            "url": f"ldaps://{self.host}",
            "base": BASE,
            "kind": "active_directory",
            "bind_as": bind_as,
            "fingerprint": self.certificate.fingerprint,
        }
        return Directory(**settings | changed)

    def search(self, condition: str, attribute: str = "sAMAccountName", base: str = BASE) -> list[str]:
        """The values of an attribute of all entries that meet a condition, as the domain controller's own tool says."""
        return sorted(value for _, value in self._found(condition, attribute, base))

    def add(self, ldif: str, *controls: str) -> None:
        self._change("ldbadd", ldif, controls)

    def modify(self, name: str, change: str, *controls: str) -> None:
        """Change an entry; `change` is as in `replace: mail`, a line feed, `mail: a@b`."""
        self._change("ldbmodify", f"dn: {name}\nchangetype: modify\n{change}\n", controls)

    def delete(self, name: str) -> None:
        _run("ldbdel", "-H", str(self._database), name)

    @contextlib.contextmanager
    def hidden_account_restrictions(self) -> Iterator[None]:
        """Take the right to read userAccountControl from ordinary readers, as in a hardened Active Directory."""
        group = f"CN=Pre-Windows 2000 Compatible Access,CN=Builtin,{BASE}"
        member = f"member: CN=S-1-5-11,CN=ForeignSecurityPrincipals,{BASE}"
        self.modify(group, f"delete: member\n{member}")
        try:
            yield
        finally:
            self.modify(group, f"add: member\n{member}")

    @contextlib.contextmanager
    def denied(self, base: str, guid: str) -> Iterator[None]:
        """Forbid everyone to read an attribute, by its GUID in the schema, of all users below a base."""
        before = list(self._found("(objectClass=user)", "nTSecurityDescriptor", base))
        after = [(name, rights.replace("(", f"(OD;;RP;{guid};;WD)(", 1)) for name, rights in before]
        self._change("ldbmodify", _with_rights(after), ())
        try:
            yield
        finally:
            self._change("ldbmodify", _with_rights(before), ())

    def install(self) -> None:
        """Make the domain with everyone in it, in a folder that it keeps to."""
        make_certificate(self.folder / "tls", "dc", self.host)
        provision = ("domain", "provision", "--use-rfc2307", "--server-role=dc", "--dns-backend=NONE")
        domain = (f"--realm={DOMAIN.upper()}", "--domain=NORTHWIND", "--host-name=dc1", f"--host-ip={self.host}")
        ours = (f"--adminpass={PASSWORD}", f"--targetdir={self.folder}", f"--option=interfaces={self.host}/8")
        _run("samba-tool", *provision, *domain, *ours, "--option=bind interfaces only=yes")
        (self.folder / "run.conf").write_text(self._configuration())
        self.add(everyone())
        self.add(f"dn: CN=PARTNER$,CN=Users,{BASE}\n{_TRUST}", PARTNER_ALLOWED)
        self.modify(*expired_password(), _LAST_SET_ALLOWED)
        self.modify(BASE, "replace: lockoutThreshold\nlockoutThreshold: 3")

    def start(self) -> None:
        """Start it, and wait until it listens; it ends with the last process that holds its standard input."""
        stdin = os.open(self._life, os.O_RDONLY | os.O_NONBLOCK)
        with (self.folder / "samba.log").open("ab") as log:
            process = subprocess.Popen(  # -i, as it minds the end of its standard input only then
                [_place("samba"), f"--configfile={self.folder}/run.conf", "-i", "--debuglevel=1", "--model=single"],
                stdin=stdin,
                stdout=log,
                stderr=log,
                start_new_session=True,  # at the end it sends a signal to its group
            )
        os.close(stdin)
        until = time.monotonic() + PATIENCE
        while not self.listens:
            assert process.poll() is None, (self.folder / "samba.log").read_text(errors="replace")
            assert time.monotonic() < until, (self.folder / "samba.log").read_text(errors="replace")
            time.sleep(POLL)
        process.returncode = 0  # it is not waited for: others may need it longer than this process lives

    def hold(self) -> int:
        """Open the other end of its standard input."""
        if not self._life.exists():
            os.mkfifo(self._life)
        return os.open(self._life, os.O_RDWR)

    @property
    def listens(self) -> bool:
        """Whether it can be reached."""
        with contextlib.suppress(OSError):
            for port in _PORTS[:2]:
                socket.create_connection((self.host, port), PATIENCE).close()
            return True
        return False

    @property
    def _life(self) -> Path:
        return self.folder / "life"

    @property
    def _database(self) -> Path:
        return self.folder / "private/sam.ldb"

    def _found(self, condition: str, attribute: str, base: str) -> Iterator[tuple[str, str]]:
        """The names of entries and each of their values of an attribute."""
        text = _run("ldbsearch", "-H", str(self._database), "-b", base, condition, attribute)
        entries = (block for block in text.replace("\n ", "").split("\n\n") if "\ndn:" in f"\n{block}")
        for name, values in from_ldif("\n\n".join(entries)):
            for value in values.get(attribute, []):
                yield name, value.decode() if isinstance(value, bytes) else value

    def _change(self, tool: str, ldif: str, controls: Sequence[str]) -> None:
        _run(tool, "-H", str(self._database), *(f"--controls={control}" for control in controls), ldif=ldif)

    def _configuration(self) -> str:
        folders = {
            "private dir": "private",
            "state directory": "state",
            "cache directory": "cache",
            "lock directory": "",
            "pid directory": "",
            "ncalrpc dir": "ncalrpc",
            "log file": "log.%m",
            "tls certfile": "tls/dc.pem",
            "tls keyfile": "tls/dc.key",
            "tls cafile": "tls/dc-ca.pem",
        }
        places = "".join(f"{name} = {self.folder / place}\n" for name, place in folders.items())
        return (
            f"[global]\nrealm = {DOMAIN.upper()}\nworkgroup = NORTHWIND\nnetbios name = DC1\n"
            "server role = active directory domain controller\nserver services = ldap\n"
            f"interfaces = {self.host}/8\nbind interfaces only = yes\nidmap_ldb:use rfc2307 = yes\n{places}"
        )


_TRUST: Final = "objectClass: user\nsAMAccountName: PARTNER$\nuserAccountControl: 2080\n"


def _with_rights(entries: Sequence[tuple[str, str]]) -> str:
    change: Attributes = {"changetype": ["modify"], "replace": ["nTSecurityDescriptor"]}
    return to_ldif((name, {**change, "nTSecurityDescriptor": [rights]}) for name, rights in entries)


@contextlib.contextmanager
def shared_controller(common: Path) -> Iterator[DomainController]:
    """The domain controller of all processes of a test run; `common` is a folder that they share."""
    _need_samba()
    folder = common / "samba"
    with FileLock(common / "samba.lock"):
        folder.mkdir(exist_ok=True)
        host = folder / "host"
        if not host.exists():
            host.write_text(_free_host())
        controller = DomainController(folder, host.read_text())
        if not (folder / "installed").exists():
            try:
                controller.install()
            except AssertionError as error:
                (folder / "installed").write_text(str(error))
            else:
                (folder / "installed").touch()
        if problem := (folder / "installed").read_text():
            pytest.skip(f"no domain controller can be installed here: {problem}")
        held = controller.hold()
        if not controller.listens:
            controller.start()
    try:
        yield controller
    finally:
        os.close(held)


def _need_samba() -> None:
    for name in _PROGRAMS:
        _place(name)
    if os.geteuid() != 0:
        pytest.skip("a domain controller can be installed by root only")


def _place(name: str) -> str:
    place = shutil.which(name) or shutil.which(name, path=_PLACES)
    if place is None:
        pytest.skip(f"{name} is not installed")
    return place


def _free_host() -> str:
    """An address of the loopback interface where the ports of a directory are free: Samba has no others."""
    start = os.getpid()
    for number in range(start, start + 200):
        host = f"127.{77 + number // 250 % 100}.{number % 250}.1"
        with contextlib.suppress(OSError), contextlib.ExitStack() as bound:
            for port in _PORTS:
                bound.enter_context(socket.create_server((host, port)))
            return host
    raise AssertionError("no address is free")


def _run(name: str, *words: str, ldif: str | None = None) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment["PATH"] = f"{environment.get('PATH', '')}:{_PLACES}"
    done = subprocess.run(
        [_place(name), *words],
        input=ldif,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        env=environment,
    )
    assert done.returncode == 0, f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout
