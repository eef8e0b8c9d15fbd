"""What those do who have no link: many connections, slow ones, and requests that are none.

The server is in this process, as that is fast.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from kconsole.web.connections import MOST_WAITING
from kconsole.web.gate import Gate, Rules
from kconsole.web.server import Limits, WebServer
from tests.limits import PATIENCE


class Here:
    """A server in this process."""

    server: WebServer

    def __init__(self, origin: str = "") -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.place: tuple[str, int] = self.listening.getsockname()
        self.origin = origin or "http://{}:{}".format(*self.place)
        self.host = self.origin.partition("//")[2]
        self.gate = Gate(Rules((self.origin,)), lambda _: True)
        self.said: list[Any] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self, *lines: str, body: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which these lines were sent."""
        reader, writer = await asyncio.open_connection(*self.place)
        self.writers.append(writer)
        writer.write(("".join(f"{line}\r\n" for line in lines) + body).encode("latin-1"))
        return reader, writer

    async def ask(self, *lines: str, body: str = "") -> str:
        """The first answer to a request."""
        reader, _ = await self.connect(*lines, "", body=body)
        return (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)).decode("latin-1")

    def waiting(self) -> int:
        """How many connections without a console it has."""
        return len(self.server._connections.waiting)

    async def log_in(self, token: bytes | str) -> str:
        body = token if isinstance(token, str) else token.decode("latin-1")
        length = f"Content-Length: {len(body)}"
        return await self.ask("POST /login HTTP/1.1", f"Host: {self.host}", f"Origin: {self.origin}", length, body=body)


@asynccontextmanager
async def here(origin: str = "", request: float = PATIENCE) -> AsyncIterator[Here]:
    """A server whose requests have so many seconds."""
    made = Here(origin)
    made.server = server = WebServer(
        made.gate, lambda _: [], lambda _: {}, Limits(1, PATIENCE, request), made.said.append
    )
    ready = asyncio.Event()
    serving = asyncio.ensure_future(server.serve(made.listening, ready.set))
    await asyncio.wait_for(ready.wait(), PATIENCE)
    try:
        yield made
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        made.listening.close()
        for writer in made.writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def ended(reader: asyncio.StreamReader) -> int:
    """Wait until the server has ended a connection; how much it sent before."""
    with suppress(ConnectionError):
        return len(await asyncio.wait_for(reader.read(), PATIENCE))
    return 0


async def test_connections_without_a_request_keep_no_one_out() -> None:
    async with here() as server:
        idle = [await server.connect() for _ in range(MOST_WAITING + 3)]
        assert "401" in await server.ask("GET / HTTP/1.1", f"Host: {server.host}"), server.said
        assert [await ended(reader) for reader, _ in idle[:3]] == [0, 0, 0]
        assert not idle[-1][0].at_eof()


async def test_slow_requests_and_answers_end() -> None:
    async with here(request=0.3) as server:
        post = ("POST /login HTTP/1.1", f"Host: {server.host}", f"Origin: {server.origin}", "Content-Length: 99")
        for lines, body in (((), ""), (("GET / HTTP/1.1", "A: b"), "C"), ((*post, ""), "some")):
            reader, _ = await server.connect(*lines, body=body)
            assert await ended(reader) == 0
        # One that asks for much and reads nothing.
        request = f"GET /static/textual.js HTTP/1.1\r\nHost: {server.host}\r\n\r\n"
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(deaf, server.place)
            await loop.sock_sendall(deaf, request.encode() * 50)
            while not server.waiting():
                await asyncio.sleep(0.01)
            await asyncio.wait_for(none_left(server), PATIENCE)
        assert not server.said


async def none_left(server: Here) -> None:
    while server.waiting():
        await asyncio.sleep(0.02)


async def test_more_connections_than_files_can_be_open_are_one_line_and_no_traceback() -> None:
    async with here() as server:
        for _ in range(9):
            asyncio.get_running_loop().call_exception_handler(
                {"message": "socket.accept() out of system resource", "exception": OSError(24, "Too many open files")}
            )
        assert [each.code for each in server.said] == ["web-failed"]


async def test_of_two_that_use_a_link_at_once_one_comes_in() -> None:
    async with here() as server:
        token = server.gate.links(["anna"])["anna"].partition("#")[2]
        other = ("POST /login HTTP/1.1", f"Host: {server.host}", f"Content-Length: {len(token)}")
        assert "403" in await server.ask(*other, body=token)  # another page's form would not say so either
        answers = await asyncio.gather(*(server.log_in(token) for _ in range(4)))
        assert sorted(answer.split()[1] for answer in answers) == ["204", "403", "403", "403"]


async def test_behind_tls_the_cookie_is_for_this_host_only() -> None:
    async with here("https://seats.example") as server:
        answer = await server.log_in(server.gate.links(["anna"])["anna"].partition("#")[2])
        assert "Set-Cookie: __Host-kconsole-https=" in answer
        cookie = answer.partition("Set-Cookie: ")[2].partition("\r\n")[0]
        assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


@pytest.mark.parametrize("token", [b"\xff\xfe", b"\0", b"", "\u202e".encode()])
async def test_what_is_no_token_is_refused_and_reported_to_no_one(token: bytes) -> None:
    async with here() as server:
        assert "403" in await server.log_in(token)
        assert not server.said


UPGRADE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x")


@pytest.mark.parametrize(
    ("status", "line", "more"),
    [
        ("400", "GET http://evil.example/ HTTP/1.1", ()),
        ("400", "GET http://HOST/ HTTP/1.1", ()),
        ("400", "CONNECT HOST HTTP/1.1", ()),
        ("400", "OPTIONS * HTTP/1.1", ()),
        ("405", "TRACE / HTTP/1.1", ("Origin: ORIGIN",)),
        ("400", "GET / HTTP/1.1", ("Content-Length: 1", "Transfer-Encoding: chunked")),
        ("400", "GET / HTTP/1.1", ("X-Remote-User: an", " na")),
        ("400", "GET / HTTP/1.1", ("A: b",) * 100),
        ("400", "GET / HTTP/1.1", (f"A: {'b' * 9000}",)),
        ("400", "GET / HTTP/1.1", ("Host: HOST",)),
        ("403", "GET /%77s HTTP/1.1", UPGRADE),
        ("404", "GET /x/../ws HTTP/1.1", UPGRADE),
        ("404", "GET //ws HTTP/1.1", UPGRADE),
        ("401", "GET / HTTP/1.1", ("Cookie: \xff=\xfe; =;;; $x",)),
    ],
)
async def test_odd_requests_get_nothing(status: str, line: str, more: tuple[str, ...]) -> None:
    async with here() as server:
        lines = (line, "Host: HOST", *more)
        said = await server.ask(*(each.replace("HOST", server.host).replace("ORIGIN", server.origin) for each in lines))
        assert said.split()[1] == status
        assert not server.said
