"""A directory that goes away, hangs, or is none: reported as what it is, and nothing is taken from it."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from kconsole.core.codes import message
from kconsole.core.directory import Directory
from kconsole.core.errors import SourceAway
from kconsole.directories.reading import probe, read_directory
from kconsole.net.deadlines import WaitCancelled
from kconsole.net.secrets import Secret
from kconsole.text.messages import whole
from tests.directory_server.listener import Listener, answering, flooding, relay, silent, trickling
from tests.directory_server.server import DirectoryServer, need_slapd
from tests.limits import PATIENCE
from tests.ports import kept_port, number_of

SEQUENCE = b"\x30\x84\x7f\xff\xff\xff"
"""The beginning of an LDAP message of 2 GB."""


def away(url: str, connect_timeout: float = 30, answer_timeout: float = 20) -> SourceAway:
    """What is reported of a server before it has to be trusted."""
    directory = Directory(url=url, base="dc=planetexpress,dc=com", insecure=True)
    with pytest.raises(SourceAway) as caught:
        read_directory(directory, None, connect_timeout=connect_timeout, answer_timeout=answer_timeout)
    assert whole(caught.value)
    assert caught.value.exit_code == 8
    assert caught.value.effect == message("nothing-taken")
    return caught.value


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_no_one_listens(scheme: str) -> None:
    with kept_port() as kept:
        port = number_of(kept)
        error = away(f"{scheme}://localhost:{port}")
    assert (error.code, error.params["port"]) == ("connection-refused", port)


def test_no_such_host() -> None:
    error = away("ldaps://nowhere.invalid")
    assert (error.code, error.params["host"]) == ("host-unknown", "nowhere.invalid")


def test_no_way_there() -> None:
    """No program can connect to all at once."""
    error = away("ldap://255.255.255.255")
    assert error.code == "host-unreachable"
    assert re.fullmatch(r"[A-Z][a-z ]+", error.params["reason"])


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"220 mail.example ESMTP\r\n", b"\0\0\0\0"])
def test_a_server_that_is_no_directory(answer: bytes) -> None:
    with answering(answer) as other:
        assert away(other.url).params["problem"] == message("not-ldap")


def test_a_server_that_is_no_directory_over_tls() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as other:
        assert away(other.ldaps_url).code == "tls-failed"


@pytest.mark.parametrize(
    "answer",
    [
        b"\x30\x03\x02\x01\x01",  # a message without an operation
        b"\x30\x05\x02\x01\x01\x7f\x00",  # with one that there is not
        b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x05",  # with a text that ends beyond its end
        b"\x30\x00\x00",
        b"\x30\x80\x00\x00",
        b"\x30\x0c\x02\x01\x63\x78\x07\x0a\x01\x00\x04\x00\x04\x00",  # to a question that no one asked
        b"\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00",  # unasked, of a kind that is not known
        b"\x30\x24\x02\x01\x00\x78\x1f\x0a\x01\x34\x04\x00\x04\x00\x8a\x161.3.6.1.4.1.1466.20036",  # good bye
    ],
)
def test_answers_that_are_broken(answer: bytes) -> None:
    with answering(answer) as other:
        assert away(other.url).code in ("answer-unreadable", "connection-cut")


def test_a_server_that_hangs_up() -> None:
    with answering(b"") as other:
        assert away(other.url).code == "connection-cut"


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_a_server_that_never_answers(scheme: str) -> None:
    with silent() as other:
        url = other.url if scheme == "ldap" else other.ldaps_url
        assert away(url, connect_timeout=0.3, answer_timeout=0.3).code == "answer-late"


def test_an_answer_that_trickles_is_late_as_well() -> None:
    """Each byte is in time, and the whole never comes."""
    with trickling(SEQUENCE, 0.05) as other:
        assert away(other.url, answer_timeout=0.5).code == "answer-late"


def test_a_wait_for_an_answer_can_be_cancelled() -> None:
    with silent() as other:
        cancel = SimpleNamespace(is_set=lambda: other.visits > 0)
        with pytest.raises(WaitCancelled):
            probe(Directory(url=other.url, base="dc=x", insecure=True), None, cancel)
        assert not other.left.is_set()


@pytest.mark.thorough
def test_an_answer_without_an_end_is_not_kept() -> None:
    with flooding(SEQUENCE) as other:
        assert away(other.url).params["problem"] == message("answer-too-large", megabytes=16)


def read(server: DirectoryServer, way: Listener | None, heard: list[int], answer_timeout: float = 20) -> SourceAway:
    url = server.ldaps_url if way is None else way.ldaps_url
    with pytest.raises(SourceAway) as caught:
        read_directory(server.directory(url=url), Secret(server.password), heard.append, answer_timeout=answer_timeout)
    return caught.value


@pytest.mark.thorough
def test_cut_off_in_the_middle_of_the_pages(large_directory: DirectoryServer) -> None:
    heard: list[int] = []
    with relay(large_directory.tls_port, cut_after=400_000) as way:
        error = read(large_directory, way, heard)
    assert error.code == "connection-cut"
    assert heard
    assert heard[-1] < 5000


@pytest.mark.thorough
def test_stalled_in_the_middle_of_the_pages(large_directory: DirectoryServer) -> None:
    heard: list[int] = []
    with relay(large_directory.tls_port, stall_after=400_000) as way:
        error = read(large_directory, way, heard, answer_timeout=2)
    assert error.code == "answer-late"
    assert heard


@pytest.mark.thorough
def test_the_whole_passes_through_a_relay(large_directory: DirectoryServer) -> None:
    """So the two tests above fail for what they say."""
    with relay(large_directory.tls_port) as way:
        directory = large_directory.directory(url=way.ldaps_url)
        assert len(read_directory(directory, Secret(large_directory.password)).users) > 4900


def test_the_server_ends_between_two_pages(tmp_path: Path) -> None:
    need_slapd()
    server = DirectoryServer(tmp_path / "directory", 1200).start()
    heard: list[int] = []

    def end(number: int) -> None:
        heard.append(number)
        server.stop()

    try:
        with pytest.raises(SourceAway) as caught:
            read_directory(server.directory(), Secret(server.password), end)
    finally:
        server.close()
    assert caught.value.effect == message("nothing-taken")
    assert heard == [500]


@pytest.mark.thorough
def test_who_stops_it_stops_it(large_directory: DirectoryServer) -> None:
    """Ctrl+C, or a screen that is closed: the connection is let go, and that is no error of the directory's."""

    def stop(number: int) -> None:
        raise KeyboardInterrupt(number)

    with relay(large_directory.tls_port) as way:
        directory = large_directory.directory(url=way.ldaps_url)
        with pytest.raises(KeyboardInterrupt):
            read_directory(directory, Secret(large_directory.password), stop)
        assert way.gone.wait(PATIENCE)


def test_the_other_scheme_of_a_port_is_named(directory_server: DirectoryServer) -> None:
    plain, tls = directory_server.port, directory_server.tls_port
    for url, code, other in (
        (f"ldaps://localhost:{plain}", "port-speaks-plain", f"ldap://localhost:{plain}"),
        (f"ldap://localhost:{tls}", "port-speaks-tls", f"ldaps://localhost:{tls}"),
    ):
        error = away(url)
        assert (error.code, error.hints[0].params) == (code, {"other": other})
