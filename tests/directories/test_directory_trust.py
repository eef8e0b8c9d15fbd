"""No password is sent to a server before it is known who it is, and none comes out in an error."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from kconsole.core.codes import message
from kconsole.core.errors import ConsoleError, SourceAway
from kconsole.directories.reading import probe, read_directory
from kconsole.net.secrets import Secret
from kconsole.text.messages import Voice, hint_words
from tests.directory_server.answers import BIND, BIND_ANSWER, result, speaking
from tests.directory_server.certificates import make_certificate
from tests.directory_server.listener import Listener, recording, relay
from tests.directory_server.server import DirectoryServer, need_slapd
from tests.limits import PATIENCE

DOORS = ("ldaps", "starttls")
OTHER_FINGERPRINT = "AB:" * 31 + "CD"


def door(server: DirectoryServer, name: str) -> str:
    return server.ldaps_url if name == "ldaps" else server.url


def refused(server: DirectoryServer, password: str | None = None, **changed: Any) -> SourceAway:
    """What is reported when the directory cannot be read; the password is nowhere in it."""
    secret = server.password if password is None else password
    with pytest.raises(SourceAway) as caught:
        read_directory(server.directory(**changed), Secret(secret), connect_timeout=PATIENCE, answer_timeout=PATIENCE)
    assert caught.value.exit_code == 8
    assert secret not in everything(caught.value)
    return caught.value


def everything(error: ConsoleError) -> str:
    """All that a log, a crash report or a person could see of an error, with the variables of our functions."""
    shown = [str(error), repr(error), hint_words(error), repr(error.details), repr(vars(error))]
    link: BaseException | None = error
    while link is not None:
        shown += traceback.TracebackException.from_exception(link).format()
        for frame in frames(link):
            shown += [repr(value) for value in frame.f_locals.values()]
            shown += [repr(vars(value)) for value in frame.f_locals.values() if hasattr(value, "__dict__")]
        link = link.__cause__ or link.__context__
    return "\n".join(shown)


def frames(error: BaseException) -> Iterator[FrameType]:
    """Those of kconsole, and of what it called; not those of this test, which knows the password."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if not frame.f_code.co_filename.startswith(str(Path(__file__).parents[1])):
            yield frame


def test_frames_of_kconsole_are_looked_at(directory_server: DirectoryServer) -> None:
    """That is: the tests above and below would see a password."""
    with pytest.raises(SourceAway) as caught:
        read_directory(directory_server.directory(), Secret("wrong"))
    places = {Path(frame.f_code.co_filename).name for frame in frames(caught.value)}
    assert {"reading.py", "client.py"} <= places
    assert "ldap3" not in {Path(frame.f_code.co_filename).parts[-3] for frame in frames(caught.value)}
    assert caught.value.__context__ is None


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("by", ["ca file", "fingerprint", "unchecked"])
def test_ways_to_trust_a_server(directory_server: DirectoryServer, name: str, by: str) -> None:
    ways: dict[str, dict[str, Any]] = {
        "ca file": {},
        "fingerprint": {"fingerprint": directory_server.fingerprint.replace(":", "").lower()},
        "unchecked": {"insecure": True},
    }
    found = probe(
        directory_server.directory(url=door(directory_server, name), **ways[by]), Secret(directory_server.password)
    )
    assert found.verified_by == by
    assert found.certificate is not None
    assert found.certificate.fingerprint == directory_server.fingerprint
    assert found.users == 7


@pytest.mark.parametrize("name", DOORS)
def test_a_ca_that_the_system_does_not_know(directory_server: DirectoryServer, name: str) -> None:
    error = refused(directory_server, url=door(directory_server, name), ca_file="")
    assert error.code == "certificate-unknown-issuer"
    assert error.effect == message("nothing-sent")
    assert error.details == (message("certificate-fingerprint", fingerprint=directory_server.fingerprint),)
    assert all(option in hint_words(error) for option in ("--ca", "--fingerprint", "--insecure"))
    assert "--" not in hint_words(error, Voice({}))


@pytest.mark.parametrize("name", DOORS)
def test_a_ca_that_is_another(directory_server: DirectoryServer, tmp_path: Path, name: str) -> None:
    other = make_certificate(tmp_path, "other")
    error = refused(directory_server, url=door(directory_server, name), ca_file=str(other.ca))
    assert error.code in ("certificate-unknown-issuer", "certificate-rejected")


@pytest.mark.parametrize("name", DOORS)
def test_a_name_that_is_not_the_hosts(directory_server: DirectoryServer, name: str) -> None:
    url = door(directory_server, name).replace("localhost", "127.0.0.1")
    error = refused(directory_server, url=url)
    assert (error.code, error.params["host"]) == ("certificate-wrong-host", "127.0.0.1")
    assert error.details[0] == message("certificate-names", names="localhost")
    pinned = directory_server.directory(url=url, fingerprint=directory_server.fingerprint)
    assert probe(pinned, Secret(directory_server.password)).users == 7


@pytest.mark.parametrize("name", DOORS)
def test_a_certificate_that_is_not_the_pinned_one(directory_server: DirectoryServer, name: str) -> None:
    error = refused(directory_server, url=door(directory_server, name), fingerprint=OTHER_FINGERPRINT)
    assert error.code == "certificate-not-pinned"
    assert error.details == (message("certificate-fingerprint", fingerprint=directory_server.fingerprint),)


def overheard(listener: Listener, server: DirectoryServer, url: str, **changed: Any) -> bytes:
    """All that the other side reads when it is asked to be a directory."""
    with listener, pytest.raises(SourceAway):
        read_directory(server.directory(url=url, **changed), Secret(server.password))
    return bytes(listener.received)


@pytest.mark.parametrize(
    "changed", [{"fingerprint": OTHER_FINGERPRINT}, {"ca_file": ""}, {}], ids=["pinned", "system", "other CA"]
)
def test_who_is_not_trusted_is_sent_nothing(
    directory_server: DirectoryServer, tmp_path: Path, changed: dict[str, Any]
) -> None:
    listener = recording(make_certificate(tmp_path, "stranger"))
    assert overheard(listener, directory_server, listener.ldaps_url, **changed) == b""
    assert listener.visits == 2  # the second only looks at the certificate


def test_who_is_trusted_is_sent_the_password(directory_server: DirectoryServer, tmp_path: Path) -> None:
    """So the test above would notice."""
    stranger = make_certificate(tmp_path, "stranger")
    listener = recording(stranger)
    heard = overheard(listener, directory_server, listener.ldaps_url, fingerprint=stranger.fingerprint)
    assert directory_server.password.encode() in heard


def test_the_directory_itself_saw_no_bind(directory_server: DirectoryServer) -> None:
    before = directory_server.log.count("BIND dn=")
    refused(directory_server, fingerprint=OTHER_FINGERPRINT)
    refused(directory_server, url=directory_server.url, ca_file="")
    assert directory_server.log.count("BIND dn=") == before
    probe(directory_server.directory(), Secret(directory_server.password))
    assert directory_server.log.count("BIND dn=") > before


@pytest.mark.parametrize("insecure", [False, True])
def test_starttls_hides_the_password_from_the_way(directory_server: DirectoryServer, insecure: bool) -> None:
    with relay(directory_server.port) as way:
        directory = directory_server.directory(url=way.url, insecure=insecure)
        assert probe(directory, Secret(directory_server.password)).certificate is not None
        assert b"1.3.6.1.4.1.1466.20037" in way.received
        assert directory_server.password.encode() not in way.received
        assert directory_server.bind_dn.encode() not in way.received


@pytest.fixture
def plain_directory(tmp_path: Path) -> Iterator[DirectoryServer]:
    """A directory that knows no encryption."""
    need_slapd()
    server = DirectoryServer(tmp_path / "plain", tls=False)
    try:
        yield server.start()
    finally:
        server.close()


@pytest.mark.parametrize("pinned", [False, True])
def test_without_encryption_only_if_that_is_said(plain_directory: DirectoryServer, pinned: bool) -> None:
    with relay(plain_directory.port) as way:
        fingerprint = OTHER_FINGERPRINT if pinned else ""
        error = refused(plain_directory, url=way.url, fingerprint=fingerprint)
        assert error.code == "no-encryption"
        assert plain_directory.password.encode() not in way.received
        found = probe(plain_directory.directory(url=way.url, insecure=True), Secret(plain_directory.password))
        assert (found.verified_by, found.certificate, found.users) == ("unchecked", None, 7)
        assert plain_directory.password.encode() in way.received


@pytest.mark.parametrize("name", DOORS)
def test_a_wrong_password(directory_server: DirectoryServer, name: str) -> None:
    error = refused(directory_server, "not hers", url=door(directory_server, name))
    assert error.code == "login-refused"


@pytest.mark.parametrize("bind_as", ["cn=missing,dc=planetexpress,dc=com", "reader", "cn=reader,dc=elsewhere"])
def test_a_wrong_name(directory_server: DirectoryServer, bind_as: str) -> None:
    assert refused(directory_server, bind_as=bind_as).params["name"] == bind_as


def test_a_base_that_is_not_there(directory_server: DirectoryServer) -> None:
    assert refused(directory_server, base=f"ou=moon,{directory_server.base}").code == "search-base-missing"


def test_a_server_that_repeats_the_password_is_not_quoted(directory_server: DirectoryServer, tmp_path: Path) -> None:
    """Some odd proxy may: `invalid credentials: hunter2`."""
    mirror = make_certificate(tmp_path, "mirror")
    answer = result(BIND_ANSWER, 49, f"no one has {directory_server.password}")
    with speaking({BIND: [answer]}, mirror) as other:
        error = refused(directory_server, url=other.ldaps_url, fingerprint=mirror.fingerprint)
    assert error.code == "login-refused"
    assert error.details == (message("directory-said-nothing", said="", result=49),)
