"""A small HTTPS server that speaks as much of the administration's API as the client's own tests need.

Its answers can be set method by method: what it should say, and what should go wrong on the way.
"""

import contextlib
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from typing import Any, Final

from tests.directory_server.certificates import Certificate
from tests.ports import kept_port, number_of

ENDPOINT: Final = "/admin/api/jsonrpc/"
PASSWORD: Final = "correct horse battery"

Answer = Callable[["Call"], Any]
"""What a method answers: a result, or an `Error`, or a `Raw` body."""


@dataclass
class Call:
    """A call as it came."""

    method: str
    params: dict[str, Any]
    id: int
    headers: dict[str, str]
    token: str | None
    port: int
    """The client's, so that connections can be distinguished."""


@dataclass
class Error:
    """An error of the whole call."""

    code: int
    message: str = ""
    parameters: list[str] = field(default_factory=list)


@dataclass
class Raw:
    """A body that is no JSON-RPC, or goes wrong."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    """Bytes after which the connection ends, though more were announced."""
    hold: bool = False
    """Whether nothing comes until the server is stopped."""
    drip: bool = False
    """Whether a byte comes now and then, for ever."""


class TinyServer:
    """The server. What it is asked is kept in `calls`."""

    def __init__(self, certificate: Certificate, port: int = 0) -> None:
        self.certificate = certificate
        self.calls: list[Call] = []
        self.answers: dict[str, Answer] = {}
        self.sessions: set[str] = set()
        self.stopping = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.file, certificate.key)
        self._kept = kept_port(port)
        self._http = _Http(self, context, number_of(self._kept))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"https://localhost:{self._http.server_address[1]}"

    def asked(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def stop(self) -> None:
        """Listen no more: whoever connects is refused. No one else is given the port until the server is closed."""
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def close(self) -> None:
        """Stop for good."""
        if not self.stopping.is_set():
            self.stop()
        self._kept.close()

    def answer(self, call: Call) -> tuple[Any, dict[str, str]]:
        """What a call comes to, and further headers."""
        self.calls.append(call)
        if call.method == "Session.login" and call.method not in self.answers:
            return self._login(call)
        if call.method != "Session.login":
            cookies = call.headers.get("cookie", "")
            token = call.headers.get("x-token", "")
            if token not in self.sessions or f"TOKEN_CONNECT_WEBADMIN={token}" not in cookies or call.token != token:
                return Error(-32001, "The user is not logged in."), {}
        if call.method in self.answers:
            return self.answers[call.method](call), {}
        if call.method == "Session.logout":
            self.sessions.discard(call.headers["x-token"])
            return {"redirectUrl": f"{self.url}/admin/login"}, {}
        return Error(-32601, "Method not found."), {}

    def _login(self, call: Call) -> tuple[Any, dict[str, str]]:
        if not isinstance(call.params.get("application"), dict):
            return Error(-32602, "Invalid params."), {}
        if call.params.get("password") != PASSWORD:
            return Error(-32000, "Invalid user name or password."), {}
        token = secrets.token_hex(32)
        self.sessions.add(token)
        cookies = f"SESSION_CONNECT_WEBADMIN={secrets.token_hex(16)}; path=/admin/; secure; HttpOnly"
        return {"token": token}, {
            "Set-Cookie": f"TOKEN_CONNECT_WEBADMIN={token}; path=/admin/; secure",
            "Set-Cookie ": cookies,
        }


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, tiny: TinyServer, context: ssl.SSLContext, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.tiny = tiny
        self.context = context

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are what is tested here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def setup(self) -> None:
        self.request.settimeout(20)
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.request.close()

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        tiny = self.server.tiny
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(
            request["method"], request["params"], request["id"], headers, request.get("token"), self.client_address[1]
        )
        answer, cookies = tiny.answer(call)
        raw = answer if isinstance(answer, Raw) else Raw(_encoded(answer, call.id))
        if raw.hold:
            tiny.stopping.wait(20)
            self.close_connection = True
            return
        self.send_response(raw.status)
        for name, value in (*raw.headers.items(), *cookies.items()):
            self.send_header(name.strip(), value)
        if "Content-Length" not in raw.headers:
            self.send_header("Content-Length", str(len(raw.body) + 10**6 * raw.drip))
        self.end_headers()
        if raw.drip:
            while not tiny.stopping.wait(0.02):
                self.wfile.write(b" ")
        if raw.cut is not None:
            self.wfile.write(raw.body[: raw.cut])
            self.wfile.flush()
            self.request.shutdown(SHUT_RDWR)
            self.close_connection = True
            return
        self.wfile.write(raw.body)


def _encoded(answer: Any, id_: int) -> bytes:
    document: dict[str, Any] = {"jsonrpc": "2.0", "id": id_}
    if isinstance(answer, Error):
        document["error"] = {"code": answer.code, "message": answer.message}
        if answer.parameters:
            document["error"]["data"] = {
                "messageParameters": {"positionalParameters": answer.parameters, "plurality": 1}
            }
    else:
        document["result"] = answer
    return json.dumps(document).encode()


def running(certificate: Certificate) -> Iterator[TinyServer]:
    """A server for a fixture."""
    server = TinyServer(certificate)
    try:
        yield server
    finally:
        server.close()


def listed(rows: list[dict[str, Any]]) -> Answer:
    """A list that honours start and limit."""

    def answer(call: Call) -> Any:
        query = call.params.get("query", {})
        start, limit = query.get("start", 0), query.get("limit", -1)
        return {"list": rows[start : None if limit < 0 else start + limit], "totalItems": len(rows)}

    return answer


def give(result: Any) -> Answer:
    return lambda _: result


def in_turn(*answers: Any) -> Answer:
    """One answer after the other; the last for ever."""
    left = list(answers)

    def answer(call: Call) -> Any:
        given = left.pop(0) if len(left) > 1 else left[0]
        return given(call) if callable(given) else given

    return answer
