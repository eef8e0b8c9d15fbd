"""A database that is reached over a network: it has to prove who it is, with a real certificate."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kconsole.store.engine import StorageAway
from kconsole.store.postgresql.engine import PostgresEngine
from kconsole.store.seatstore import SeatStore
from tests.clocks import noon
from tests.directory_server.certificates import Certificate, make_certificate
from tests.ports import kept_port, number_of
from tests.postgresql.server import DatabaseServer
from tests.store.stores import account, add, inventory_of

HOST = "db.north.example"

pytestmark = pytest.mark.thorough


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return make_certificate(tmp_path / "certificates", host=HOST)


@pytest.fixture
def server(tmp_path: Path, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabaseServer]:
    """A server that is asked over TCP, with a certificate."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))  # where libpq looks for the certificates that it trusts
    server = DatabaseServer()
    for name, source in (("tls.crt", certificate.file), ("tls.key", certificate.key)):
        target = server.folder / name
        shutil.copy(source, target)
        owner = server.folder.stat()
        os.chown(target, owner.st_uid, owner.st_gid)
        target.chmod(0o600)
    with kept_port() as kept:
        monkeypatch.setenv("PGPORT", str(number_of(kept)))
        server.stop()
        server.start(*options(server, number_of(kept)))
        yield server
        server.close()


def options(server: DatabaseServer, port: int, tls: str = "on") -> list[str]:
    said = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "ssl": tls,
        "ssl_cert_file": server.folder / "tls.crt",
        "ssl_key_file": server.folder / "tls.key",
    }
    return [word for name, value in said.items() for word in ("-c", f"{name}={value}")]


def address(database: str, host: str = HOST, more: str = "") -> str:
    return f"postgresql://boss@{host}/{database}?hostaddr=127.0.0.1{more}"


def trust(certificate: Certificate, tmp_path: Path) -> None:
    (tmp_path / ".postgresql").mkdir()
    shutil.copy(certificate.ca, tmp_path / ".postgresql" / "root.crt")


def open_and_close(place: str) -> None:
    with closing(PostgresEngine(place)) as engine:
        engine.open()


def why_away(place: str) -> str:
    with pytest.raises(StorageAway) as caught:
        open_and_close(place)
    assert caught.value.exit_code == 8
    return str(caught.value.params["error"])


def test_a_server_that_proves_who_it_is_is_written_to(
    server: DatabaseServer, certificate: Certificate, tmp_path: Path
) -> None:
    trust(certificate, tmp_path)
    database = server.database()
    store = SeatStore.create(address(database.name), inventory_of(account("anna")), noon(), "anna")
    add(store, "chen")
    ((encrypted,),) = database.execute("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
        " WHERE usename = 'boss'")  # fmt: skip
    assert encrypted
    store.close()


def test_one_that_cannot_is_not(server: DatabaseServer, certificate: Certificate, tmp_path: Path) -> None:
    name = server.database().name
    assert "root certificate" in why_away(address(name))  # there is nothing to judge it by
    trust(make_certificate(tmp_path / "others", host=HOST), tmp_path)
    assert "certificate verify failed" in why_away(address(name))
    shutil.copy(certificate.ca, tmp_path / ".postgresql" / "root.crt")
    assert "does not match host name" in why_away(address(name, "db.south.example"))
    open_and_close(address(name))


def test_one_without_tls_is_not_unless_the_address_says_so(
    server: DatabaseServer, certificate: Certificate, tmp_path: Path
) -> None:
    trust(certificate, tmp_path)
    name, port = server.database().name, int(os.environ["PGPORT"])
    server.stop()
    server.start(*options(server, port, "off"))
    assert "does not support SSL" in why_away(address(name))
    open_and_close(address(name, more="&sslmode=disable"))
