"""HTTPS: requests in, answers out, and connections cut where a test wants it."""

import contextlib
import http.server
import socket
import socketserver
import ssl
import threading
import uuid
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

import orjson

from tests.kerio_server.errors import ApiError
from tests.kerio_server.faults import HTML, JSON, Answer
from tests.kerio_server.rpc import Rpc, cookies_of

SOFTWARE: Final = "kconsole-test-server"
MOST_BYTES: Final = 16 * 1024 * 1024
"""A request that is larger is answered with 413."""

_API: Final = "/admin/api/jsonrpc"
_LOG_IN: Final = "/admin/login/dologin"
_JSON_RPC: Final = "application/json-rpc; charset=UTF-8"
_PAGE: Final = """<!doctype html><html><head><title>Test server</title></head><body>
<h1>This is a test server</h1>
<p>It answers some calls of the admin API of Kerio Connect, as far as they are known publicly, to test kconsole with.
It is not Kerio Connect and not made by its vendor. There is no mail here.</p></body></html>"""


class Web(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Listens, and gives each connection a thread of its own. TLS begins there, so that no client holds up others."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, rpc: Rpc) -> None:
        self.rpc = rpc
        self._context = context
        self._lock = threading.Condition()
        self._connections: set[socket.socket] = set()
        super().__init__(address, Connection)

    def get_request(self) -> tuple[ssl.SSLSocket, Any]:
        plain, address = super().get_request()
        connection = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
            self._lock.notify_all()
        request.close()

    def cut_all(self) -> None:
        """Cut every connection, whatever is under way on it."""
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def wait_until_left(self, patience: float) -> bool:
        """Whether every connection has come to its end, with all that was asked on it, after so many seconds."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._connections, patience)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class Connection(http.server.BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 64 * 1024
    server: Web
    connection: ssl.SSLSocket
    answered = 0
    """Calls on this connection."""

    def setup(self) -> None:
        super().setup()
        self.connection.do_handshake()

    def finish(self) -> None:
        """Say goodbye as TLS wants it, without waiting for the client to do the same."""
        super().finish()
        with contextlib.suppress(OSError, ValueError):
            self.connection.settimeout(0)
            self.connection.unwrap()

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            self._send(Answer(b"", 413, HTML, (("Connection", "close"),)))
            return
        path = self.path.partition("?")[0].rstrip("/")
        if path == _API:
            accepted = self.headers.get("Accept", "")
            kind = _JSON_RPC if "application/json-rpc" in accepted else JSON
            token = self.headers.get("X-Token")
            self._send(self.server.rpc.answer(body, self._cookies(), token, kind))
            self.answered += 1
            if self.answered == self.server.rpc.world.unknowns.calls_per_connection:
                self.close_connection = True
        elif path == f"{_API}/upload":
            self._send(self._upload())
        elif path == _LOG_IN:
            self._send(self._log_in(body))
        else:
            self._send(Answer(_PAGE.encode(), 404, HTML))

    def do_GET(self) -> None:
        self._body()
        path = self.path.partition("?")[0]
        self._send(Answer(_PAGE.encode(), 200 if path.startswith("/admin") or path == "/" else 404, HTML))

    def version_string(self) -> str:
        return SOFTWARE

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in http.server
        """Nothing is written anywhere: tests look at `KerioServer.calls`."""

    def _cookies(self) -> str:
        return "; ".join(self.headers.get_all("Cookie", ()))

    def _body(self) -> bytes | None:
        """The body of the request; None if it is too large, and was not read."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length <= MOST_BYTES else None

    def _chunks(self) -> bytes | None:
        parts, size = [], 0
        while length := int(self.rfile.readline().partition(b";")[0], 16):
            size += length
            if size > MOST_BYTES:
                return None
            parts.append(self.rfile.read(length))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def _upload(self) -> Answer:
        """A file was uploaded; it is thrown away, and its id is as good as any."""
        try:
            self.server.rpc.sessions.find(self._cookies(), self.headers.get("X-Token"), None)
        except ApiError as error:
            return Answer(orjson.dumps({"jsonrpc": "2.0", "id": None, "error": error.as_object()}))
        file = {"id": uuid.uuid4().hex, "name": "", "length": 0}
        return Answer(orjson.dumps({"jsonrpc": "2.0", "id": None, "result": {"fileUpload": file}}))

    def _log_in(self, body: bytes) -> Answer:
        """The form of the login page. Some clients send it without encoding what is in it."""
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        name, password = (fields.get(each, [""])[0] for each in ("kerio_username", "kerio_password"))
        try:
            session = self.server.rpc.sessions.log_in(name, password)
        except ApiError:
            return Answer(b"", 302, HTML, (("Location", "/admin/login?failed"),))
        return Answer(b"", 302, HTML, (*cookies_of(session), ("Location", "/admin/")))

    def _send(self, answer: Answer) -> None:
        """Write the answer in one piece, or as much of it as shall be sent."""
        closes = self.close_connection or ("Connection", "close") in answer.headers
        reason = HTTPStatus(answer.status).phrase
        lines = [
            f"HTTP/1.1 {answer.status} {reason}",
            f"Server: {SOFTWARE}",
            f"Date: {self.date_time_string()}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body) if answer.declared is None else answer.declared}",
            *(f"{name}: {value}" for name, value in answer.headers),
        ]
        if closes and ("Connection", "close") not in answer.headers:
            lines.append("Connection: close")
        head = "\r\n".join((*lines, "", "")).encode()
        most = answer.sent if answer.sent_of_body is None else len(head) + answer.sent_of_body
        if most is None:
            self.wfile.write(head + answer.body)
            self.close_connection = closes
            return
        self.wfile.write((head + answer.body)[:most])
        self.close_connection = True
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.connection, socket.SHUT_RDWR)
