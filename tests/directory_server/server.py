"""Starting and stopping slapd, and changing what is in it.

It runs in the foreground as a child of the tests, as whoever runs them, on two ports of the loopback interface that
stay its own while it is away.
On machines where AppArmor confines slapd to its own folders it cannot read those of a test, and does not start: there
`aa-complain slapd` lets it.
"""

import base64
import hashlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Self

import pytest

from kconsole.core.directory import Directory, DirectoryKind
from tests.directory_server.certificates import HOST, Certificate, make_certificate
from tests.directory_server.people import SUFFIX, Attributes, from_ldif, people, to_ldif
from tests.limits import PATIENCE
from tests.ports import kept_port, number_of

FILES: Final = Path(__file__).parent
CREW: Final = f"ou=people,{SUFFIX}"
READER: Final = f"cn=reader,{SUFFIX}"
NARROW: Final = f"cn=narrow,{SUFFIX}"
"""Someone that the server gives ten entries and no more."""

HIDDEN: Final = (
    "pwdAccountLockedTime",
    "nsAccountLock",
    "uid",
    "entryUUID",
    "objectClass",
    "description",
    "displayName",
)
"""Attributes that a user, `without(attribute)`, may not read."""

_ADMIN: Final = f"cn=admin,{SUFFIX}"
_ADMIN_PASSWORD: Final = "admin of the tests"
_PROGRAMS: Final = ("slapd", "slapadd")
_PLACES: Final = "/usr/sbin:/usr/local/sbin:/usr/libexec:/usr/lib/openldap:/usr/bin"
_SCHEMAS: Final = ("/etc/ldap/schema", "/etc/openldap/schema", "/usr/local/etc/openldap/schema")
_MODULES: Final = ("/usr/lib/ldap", "/usr/lib/openldap", "/usr/lib64/openldap", "/usr/local/libexec/openldap")


def without(attribute: str) -> str:
    """The name to bind as to be shown everything but this attribute."""
    return f"cn=without {attribute},{SUFFIX}"


class DirectoryServer:
    """A directory of Planet Express and its staff, with a certificate for `localhost` that a CA of its own signed.

    Without `tls` it is a server that knows no encryption at all.
    """

    base: Final = SUFFIX
    people: Final = CREW
    bind_dn: Final = READER
    password: Final = "reader's pass phrase, ünique 7c1f"

    def __init__(self, folder: Path, staff: int = 0, *, tls: bool = True) -> None:
        self.folder = folder
        self.certificate: Certificate = make_certificate(folder / "tls")
        self.port = self.tls_port = 0
        self._staff = staff
        self._tls = tls
        self._kept: list[socket.socket] = []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where StartTLS is."""
        return f"ldap://{HOST}:{self.port}"

    @property
    def ldaps_url(self) -> str:
        """Where TLS is spoken at once."""
        return f"ldaps://{HOST}:{self.tls_port}"

    @property
    def ca_file(self) -> str:
        """Who signed its certificate."""
        return str(self.certificate.ca)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its certificate."""
        return self.certificate.fingerprint

    @property
    def log(self) -> str:
        """What slapd says of connections and operations: `BIND dn="..."` for each bind."""
        return (self.folder / "slapd.log").read_text(errors="replace")

    def directory(self, kind: DirectoryKind = "openldap", **changed: Any) -> Directory:
        """The settings that it is read with; each can be another."""
        settings: dict[str, Any] = {
            "url": self.ldaps_url,
            "base": self.base,
            "bind_as": self.bind_dn,
            "ca_file": "" if changed.get("fingerprint") or changed.get("insecure") else self.ca_file,
        }
        return Directory(kind=kind, **(settings | changed))

    def start(self) -> Self:
        """Fill it, if it was not, and start it on ports that are free, or on those that it had."""
        if not (self.folder / "db").exists():
            self._fill()
        if not self._kept:
            self._kept = [kept_port(), kept_port()]
            self.port, self.tls_port = map(number_of, self._kept)
        self._come_up()
        return self

    def stop(self) -> None:
        """End it, and wait until it has ended: whoever connects is refused.

        What is in it stays, and it can be started again. So do its ports, until it is closed.
        """
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        for kept in self._kept:
            kept.close()
        self._kept.clear()

    def add(self, ldif: str) -> None:
        """Put entries in."""
        with self._administered() as connection:
            for name, attributes in from_ldif(ldif):
                _done(connection, connection.add(name, attributes=attributes))

    def add_entry(self, name: str, attributes: Mapping[str, Iterable[str | bytes]]) -> None:
        """Put one entry in, whatever characters are in it."""
        self.add(to_ldif([(name, {key: list(values) for key, values in attributes.items()})]))

    def modify(self, name: str, **values: list[str] | list[bytes]) -> None:
        """Replace values of an entry; an empty list takes them away. `_` in the name of an attribute is `-`."""
        with self._administered() as connection:
            changes = {key.replace("_", "-"): [("MODIFY_REPLACE", new)] for key, new in values.items()}
            _done(connection, connection.modify(name, changes))

    def delete(self, name: str) -> None:
        """Take an entry out."""
        with self._administered() as connection:
            _done(connection, connection.delete(name))

    def rename(self, name: str, rdn: str) -> str:
        """Give an entry another first part of its name, and return the whole of the new one."""
        with self._administered() as connection:
            _done(connection, connection.modify_dn(name, rdn))
        return f"{rdn},{name.partition(',')[2]}"

    def _administered(self) -> Any:
        from kconsole.directories.client import ldap3  # here, as tests that need no directory need no ldap3

        return ldap3.Connection(
            ldap3.Server(HOST, port=self.port, get_info=ldap3.NONE),
            user=_ADMIN,
            password=_ADMIN_PASSWORD,
            check_names=False,
        )

    def _fill(self) -> None:
        (self.folder / "db").mkdir()
        (self.folder / "slapd.conf").write_text(self._configuration())
        entries: list[tuple[str, Attributes]] = [
            (SUFFIX, {"objectClass": ["dcObject", "organization"], "dc": ["planetexpress"], "o": ["Planet Express"]}),
            *((dn, _service(self.password)) for dn in (READER, NARROW, *map(without, HIDDEN))),
            *from_ldif((FILES / "planetexpress.ldif").read_text()),
            (f"ou=staff,{SUFFIX}", {"objectClass": ["organizationalUnit"], "ou": ["staff"]}),
            *((person.name, person.attributes) for person in people(self._staff)),
        ]
        (self.folder / "all.ldif").write_text(to_ldif(entries))
        words = ["-q", "-f", str(self.folder / "slapd.conf"), "-l", str(self.folder / "all.ldif")]
        done = subprocess.run([program("slapadd"), *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def _configuration(self) -> str:
        schema = next(place for place in _SCHEMAS if Path(place).is_dir())
        modules = next((place for place in _MODULES if list(Path(place).glob("back_mdb*"))), "")
        load = f"modulepath {modules}\nmoduleload back_mdb\nmoduleload ppolicy\n" if modules else ""
        hidden = "".join(f'access to attrs={each} by dn.exact="{without(each)}" none by * break\n' for each in HIDDEN)
        includes = "".join(f"include {schema}/{name}.schema\n" for name in ("core", "cosine", "nis", "inetorgperson"))
        return (
            f"{includes}include {FILES}/other.schema\n{load}"
            f'pidfile "{self.folder}/slapd.pid"\n'
            f"{self._encryption()}"
            f'loglevel stats\ndatabase mdb\nsuffix "{SUFFIX}"\nrootdn "{_ADMIN}"\nrootpw "{_ADMIN_PASSWORD}"\n'
            f'directory "{self.folder}/db"\nmaxsize 1073741824\ndbnosync\nlastbind on\nindex objectClass eq\n'
            f'limits dn.exact="{READER}" size=unlimited\nlimits dn.exact="{NARROW}" size=10\n'
            f"access to attrs=userPassword by anonymous auth by * none\n{hidden}"
            f"access to * by users read by anonymous read\noverlay ppolicy\n"
        )

    def _encryption(self) -> str:
        if not self._tls:
            return ""
        return (
            f'TLSCACertificateFile "{self.certificate.ca}"\nTLSCertificateFile "{self.certificate.file}"\n'
            f'TLSCertificateKeyFile "{self.certificate.key}"\n'
        )

    def _come_up(self) -> None:
        """Start slapd, and wait until it listens."""
        listen = f"ldap://127.0.0.1:{self.port}/"
        listen += f" ldaps://127.0.0.1:{self.tls_port}/" if self._tls else ""
        with (self.folder / "slapd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("slapd"), "-d", "stats", "-f", self.folder / "slapd.conf", "-h", listen],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + PATIENCE
        while True:
            assert self._process.poll() is None, self.log
            assert time.monotonic() < until, self.log
            try:
                socket.create_connection(("127.0.0.1", self.tls_port if self._tls else self.port), PATIENCE).close()
            except OSError:
                time.sleep(0.02)
            else:
                return


def program(name: str) -> str:
    """Where slapd or a program of its is; a test that needs it is passed over where it is not."""
    place = shutil.which(name) or shutil.which(name, path=_PLACES)
    if place is None:
        pytest.skip(f"{name} is not installed")
    return place


def need_slapd() -> None:
    """Pass over a test where no directory can be started."""
    for name in _PROGRAMS:
        program(name)
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")


def _service(password: str) -> Attributes:
    """Who may bind and is no one's mailbox."""
    salt = b"kconsole"
    digest = base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()
    return {"objectClass": ["organizationalRole", "simpleSecurityObject"], "userPassword": [f"{{SSHA}}{digest}"]}


def _done(connection: Any, good: bool) -> None:
    assert good, connection.result
