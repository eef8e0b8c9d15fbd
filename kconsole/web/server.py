"""The web server: pages, and the socket between a browser and its console.

Pages and protocol are those of textual-serve, whose program in the browser draws the terminal. Of its server nothing is
used: that one lets any page in.
"""

import asyncio
import json
import logging
import secrets
import signal
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Any, Final, NamedTuple

from aiohttp import WSCloseCode, WSMsgType, web

from kconsole.core.codes import Message, message, short
from kconsole.text.messages import sentence
from kconsole.web.console_process import ConsoleProcess
from kconsole.web.gate import COOKIE, VISIT_LIFE, Gate, TurnedAway, Visitor

MOST_OF_A_USER: Final = 2

LONGEST_MESSAGE: Final = 4 * 65_536
"""Bytes that a browser may send at once: the longest paste that the console takes, as JSON."""

MOST_MESSAGES, MOST_BYTES = 400, 2 * LONGEST_MESSAGE
"""What a browser may send within a second. A wheel that is spun sends some hundred."""

LOGIN_LENGTH: Final = 200

_OWN: Final = Path(__file__).parent / "static"
_front = find_spec("textual_serve")
if _front is None or _front.origin is None:
    raise ImportError("textual_serve", name="textual_serve")
_FRONT: Final = Path(_front.origin).parent / "static"

FILES: Final[Mapping[str, tuple[Path, str]]] = {
    "page.css": (_OWN / "page.css", "text/css"),
    "page.js": (_OWN / "page.js", "text/javascript"),
    "login.js": (_OWN / "login.js", "text/javascript"),
    "icon.svg": (_OWN / "icon.svg", "image/svg+xml"),
    "textual.js": (_FRONT / "js" / "textual.js", "text/javascript"),
    "xterm.css": (_FRONT / "css" / "xterm.css", "text/css"),
    "mono.ttf": (_FRONT / "fonts" / "RobotoMono-VariableFont_wght.ttf", "font/ttf"),
}
"""All files that can be fetched, by their names there."""

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'; object-src 'none'; sandbox allow-scripts allow-same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Server": "kconsole",
}


class Limits(NamedTuple):
    """How much is served."""

    sessions: int
    idle: float
    """Seconds without a key, after which a console ends."""


Words = Callable[[str], Sequence[str]]
"""The command line of an operator's console."""


class WebServer:
    """Serves consoles until a signal ends it.

    Args:
        gate: who may come in.
        words: the command line of an operator's console.
        environment: the variables of a console at an address.
        say: shows a message to who started the server.
    """

    def __init__(
        self,
        gate: Gate,
        words: Words,
        environment: Callable[[str], Mapping[str, str]],
        limits: Limits,
        say: Callable[[Message], None],
    ) -> None:
        self._gate, self._words, self._environment, self._limits, self._say = gate, words, environment, limits, say
        self._sessions: dict[asyncio.Task[Any], str] = {}
        """The operator of each session that is open."""

    async def serve(self, listening: socket.socket, renew: Callable[[], None]) -> None:
        """Serve at a socket until SIGTERM, SIGINT or SIGHUP; `renew` is called now and at SIGUSR1."""
        app = web.Application(client_max_size=LOGIN_LENGTH, middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/", self._page, allow_head=False),
                web.get("/static/{name}", self._file, allow_head=False),
                web.get("/ws", self._socket, allow_head=False),
                web.get("/login", self._login_page, allow_head=False),
                web.post("/login", self._login),
            ]
        )
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                loop.add_signal_handler(number, ended.set)
        loop.add_signal_handler(signal.SIGUSR1, renew)
        quiet = logging.Logger("kconsole.web", logging.CRITICAL)  # what is no request is no one's business
        runner = web.AppRunner(app, access_log=None, logger=quiet, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            renew()
            await ended.wait()
        finally:
            sessions = [*self._sessions]
            for session in sessions:
                session.cancel()
            await asyncio.gather(*sessions, return_exceptions=True)
            await runner.cleanup()

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Check where a request comes from, before anything else, and make every answer a strict one."""
        try:
            needs_origin = request.method != "GET" or request.path == "/ws"
            request["origin"] = self._gate.origin(_peer(request), request.headers, needs_origin)
            answer = await handler(request)
        except TurnedAway as error:
            answer = web.Response(status=error.status, text=sentence(message(error.code)) + "\n")
        except web.HTTPException as error:
            answer = web.Response(status=error.status, text=f"{error.status}\n")
        except Exception as error:
            self._say_failed(error)
            answer = web.Response(status=500, text="500\n")
        if not answer.prepared:
            for name, value in HEADERS.items():
                answer.headers.setdefault(name, value)
        return answer

    def _say_failed(self, error: Exception) -> None:
        self._say(message("web-failed", kind=type(error).__name__, reason=short(str(error))))

    def _visitor(self, request: web.Request) -> Visitor:
        return self._gate.visitor(_peer(request), request.headers, request.cookies.get(COOKIE, ""))

    async def _page(self, request: web.Request) -> web.Response:
        """The console's page, or the one that a link opens."""
        try:
            self._visitor(request)
        except TurnedAway as error:
            if error.status != 401:
                raise
            return _html("login.html", 401, "needs-link", "needs-scripts")
        nonce = secrets.token_urlsafe(16)
        url = "ws" + request["origin"].removeprefix("http") + "/ws"
        page = _html("page.html", 200, "ended", "open-again", url=url, nonce=nonce)
        # The terminal in the page makes style sheets of its own; page.js gives them this number.
        styles = f"style-src 'self' 'nonce-{nonce}'; "
        policy = HEADERS["Content-Security-Policy"]
        page.headers["Content-Security-Policy"] = policy.replace("connect-src", f"{styles}connect-src", 1)
        return page

    async def _login_page(self, _: web.Request) -> web.Response:
        """The page of a link: not that of the console, where a browser would load nothing for another link."""
        return _html("login.html", 200, "needs-link", "needs-scripts")

    async def _file(self, request: web.Request) -> web.Response:
        found = FILES.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        path, kind = found
        answer = web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8" if "text" in kind else None)
        answer.headers["Cache-Control"] = "max-age=3600"
        answer.enable_compression()
        return answer

    async def _login(self, request: web.Request) -> web.Response:
        cookie = self._gate.admit(await request.text())
        answer = web.Response(status=204)
        is_tls = request["origin"].startswith("https:")
        answer.set_cookie(
            COOKIE, cookie, max_age=int(VISIT_LIFE), path="/", httponly=True, samesite="Strict", secure=is_tls
        )
        return answer

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        visitor = self._visitor(request)
        browser = web.WebSocketResponse(heartbeat=15, max_msg_size=LONGEST_MESSAGE, compress=False, timeout=1.0)
        await browser.prepare(request)
        if refused := self._too_many(visitor.operator):
            await browser.send_bytes(f"\r\n  {sentence(refused)}\r\n".encode())
            await browser.close(code=WSCloseCode.TRY_AGAIN_LATER)
            return browser
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # aiohttp runs each handler in one
        self._sessions[task] = visitor.operator
        named = {"operator": visitor.operator, "address": visitor.address}
        self._say(message("web-session-opened", number=len(self._sessions), most=self._limits.sessions, **named))
        console = ConsoleProcess(self._words(visitor.operator), self._environment(visitor.address))
        try:
            await console.start(_number(request.query.get("width"), 80), _number(request.query.get("height"), 24))
            await Session(browser, console, self._limits.idle).run()
        except Exception as error:
            self._say_failed(error)
        finally:
            await console.end()
            del self._sessions[task]
            self._say(message("web-session-ended", **named))
            with suppress(ConnectionError):
                await browser.close(code=WSCloseCode.GOING_AWAY)
        return browser

    def _too_many(self, operator: str) -> Message | None:
        """Why no more consoles are opened; None if there is room."""
        if len(self._sessions) >= self._limits.sessions:
            return message("web-full", most=self._limits.sessions)
        if Counter(self._sessions.values())[operator] >= MOST_OF_A_USER:
            return message("web-user-full", operator=operator, most=MOST_OF_A_USER)
        return None


class Session:
    """Carries keys and pictures between a browser and a console, until one of them ends or no one types."""

    def __init__(self, browser: web.WebSocketResponse, console: ConsoleProcess, idle: float) -> None:
        self._browser, self._console, self._idle = browser, console, idle
        self._typed = time.monotonic()

    async def run(self) -> None:
        """Carry on until the end."""
        parts = [asyncio.ensure_future(each) for each in (self._show(), self._type(), self._watch())]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            results = await asyncio.gather(*parts, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, ConnectionError):
                raise result

    async def _show(self) -> None:
        while data := await self._console.read():
            await self._browser.send_bytes(data)

    async def _watch(self) -> None:
        """End a console that no one uses."""
        while (left := self._typed + self._idle - time.monotonic()) > 0:
            await asyncio.sleep(left)

    async def _type(self) -> None:
        """Pass on what is typed. A browser that sends what textual-serve's program does not is no browser."""
        since, messages, size = time.monotonic(), 0, 0
        async for received in self._browser:
            now = time.monotonic()
            if now - since >= 1:
                since, messages, size = now, 0, 0
            messages, size = messages + 1, size + len(received.data or ())
            if received.type is not WSMsgType.TEXT or messages > MOST_MESSAGES or size > MOST_BYTES:
                return
            match _parsed(received.data):
                case ["stdin", str(text)]:
                    self._typed = now
                    await self._console.write(text.encode(errors="replace"))
                case ["resize", {"width": int(width), "height": int(height)}]:
                    self._console.resize(width, height)
                case ["ping", str(text)] if len(text) <= 32:
                    await self._browser.send_json(["pong", text])
                case ["focus"] | ["blur"]:  # the terminal in the browser reports that by itself, if it is asked to
                    pass
                case _:
                    return


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _peer(request: web.Request) -> str:
    """The address that a request comes from; empty for a socket of the file system."""
    name = request.transport.get_extra_info("peername") if request.transport is not None else None
    return str(name[0]) if isinstance(name, tuple) else ""


def _number(text: str | None, usual: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 5 else usual


def _html(name: str, status: int, *codes: str, **words: str) -> web.Response:
    """A page with sentences and words in it, none of which is from outside."""
    sentences = {code.replace("-", "_"): sentence(message(f"web-{code}")) for code in codes}
    text = Template((_OWN / name).read_text(encoding="utf-8")).substitute(sentences, **words)
    return web.Response(status=status, text=text, content_type="text/html")
