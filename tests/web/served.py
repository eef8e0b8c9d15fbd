"""`kconsole serve`, started as users start it; and what asks it, in the place of a browser."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import aiohttp

from tests.cli.console import Console
from tests.limits import PATIENCE

STRANGE = {"COLUMNS": "7", "TEXTUAL_DRIVER": "x:Y", "SSH_CONNECTION": "192.0.2.1 1 x 2", "PGPASSWORD": "secret"}
"""Variables that no console may get."""


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    text: str


class Served:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[str], path: Path | None, said: Path) -> None:
        self.process, self.path, self._said = process, path, said
        self.links: list[str] = []
        self.origin = "https://seats.example"

    @property
    def host(self) -> str:
        return self.origin.partition("//")[2]

    @property
    def said(self) -> str:
        """What it printed on standard error."""
        return self._said.read_text()

    def ask(self, path: str = "/", method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        """Send one request. Headers have `_` for `-`; without others, they are those of the page itself."""
        host, _, port = self.host.rpartition(":")
        connection = http.client.HTTPConnection(host or "x", int(port) if host else 80, timeout=PATIENCE)
        if self.path is not None:
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(str(self.path))
        sent = {"Host": self.host} | {name.replace("_", "-"): text for name, text in headers.items()}
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, text in sent.items():
            connection.putheader(name, text)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(None if body is None else body.encode())
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return Answer(answer.status, answer.headers, text)

    def log_in(self, link: str) -> str:
        """The cookie for a link."""
        answer = self.ask("/login", "POST", link.partition("#")[2], Origin=self.origin)
        assert answer.status == 204, answer
        return answer.headers["Set-Cookie"].partition(";")[0]

    @asynccontextmanager
    async def socket(self, **headers: str) -> AsyncIterator["BrowserSocket"]:
        """The socket of a page."""
        sent = {"Host": self.host, "Origin": self.origin} | {
            name.replace("_", "-"): text for name, text in headers.items() if text
        }
        if headers.get("Origin") == "":
            del sent["Origin"]
        connector = None if self.path is None else aiohttp.UnixConnector(str(self.path))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.ws_connect(f"http://{self.host}/ws?width=80&height=24", headers=sent, max_msg_size=0) as opened,
        ):
            yield BrowserSocket(opened)

    def consoles(self) -> list[int]:
        """The processes of consoles."""
        found: list[int] = []
        for file in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, file.read_text().split())
        return found


class BrowserSocket:
    """What a browser sends, and what it is shown."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.shown = ""

    async def type(self, text: str) -> None:
        await self._socket.send_json(["stdin", text])

    async def ping(self) -> None:
        """What heartbeats look like to the server."""
        await self._socket.ping(b"beat")
        await self._socket.pong(b"")

    async def send(self, text: str | bytes) -> None:
        await (self._socket.send_str(text) if isinstance(text, str) else self._socket.send_bytes(text))

    async def see(self, text: str) -> None:
        """Wait until something is shown."""
        while text not in self.shown:
            message = await self._socket.receive(PATIENCE)
            assert message.type is aiohttp.WSMsgType.BINARY, (message, self.shown[-2000:])
            self.shown += message.data.decode(errors="replace")

    async def end(self) -> int | None:
        """Wait until the server closes it."""
        while (message := await self._socket.receive(PATIENCE)).type is aiohttp.WSMsgType.BINARY:
            self.shown += message.data.decode(errors="replace")
        return self._socket.close_code


def is_there(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def wait_for(what: Callable[[], bool], patience: float = PATIENCE) -> None:
    until = time.monotonic() + patience
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


@contextmanager
def served(
    console: Console,
    folder: Path,
    *options: str,
    links: int = 1,
    path: Path | None = None,
    context: str = "",
    start: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """A server for a store, until the end of the block.

    Args:
        console: the store.
        folder: for its files.
        options: of the command.
        links: how many it prints.
        path: of its socket; None for an address.
        context: the name of the store, instead of its folder.
        start: the program that starts it.
        variables: of its environment.
    """
    folder.mkdir(exist_ok=True)
    where = ("--listen", "127.0.0.1:0") if path is None else ("--unix", str(path), "--origin", "https://seats.example")
    roles = ("--roles", str(folder / "roles.toml")) if (folder / "roles.toml").exists() else ()
    store = ("--context", context) if context else ("--store", str(console.folder))
    words = (*store, *roles, "serve", *where, "--files", str(folder), *options)
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            [*start, sys.executable, "-m", "kconsole", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={**os.environ, **STRANGE, **(variables or {})},
        )
    server = Served(process, path, folder / "said")
    try:
        assert process.stdout is not None
        server.links = [process.stdout.readline().strip() for _ in range(links)]
        if links:
            assert server.links[0], server.said
            server.origin = server.links[0].partition("/login#")[0]
        else:
            wait_for(lambda: "seats.example" in server.said or process.poll() is not None)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
