"""The web server: who gets which answer, and a console for each socket.

Pages and protocol are those of textual-serve, whose program in the browser draws the terminal. Of its server nothing is
used: that one lets any page in.
"""

import asyncio
import logging
import secrets
import signal
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from aiohttp import WSCloseCode, web

from kconsole.core.codes import Message, message, short
from kconsole.text.messages import sentence
from kconsole.web.connections import Connections
from kconsole.web.console_process import ConsoleProcess
from kconsole.web.gate import VISIT_LIFE, Gate, TurnedAway, Visitor, cookie_name
from kconsole.web.pages import HEADERS, file_page, html_page
from kconsole.web.session import LONGEST_MESSAGE, Session

MOST_OF_A_USER: Final = 2

LOGIN_LENGTH: Final = 200

CLOSING: Final = 2.0
"""Seconds for a browser to take leave. Then its connection ends, whatever it has not read."""


_ORIGIN: Final = web.RequestKey("origin", str)
"""The origin that a request is for."""


class Limits(NamedTuple):
    """How much is served."""

    sessions: int
    idle: float
    """Seconds without a key, after which a console ends."""
    request: float = 30.0
    """Seconds for a request to arrive, and for its answer to be taken."""


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
        self._silent_until = 0.0

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
        loop.set_exception_handler(self._loop_failed)
        quiet = logging.Logger("kconsole.web", logging.CRITICAL)  # what is no request is no one's business
        runner = web.AppRunner(
            app, access_log=None, logger=quiet, handle_signals=False, shutdown_timeout=1.0,
            keepalive_timeout=self._limits.request, lingering_time=1.0, max_headers=64, auto_decompress=False,
        )  # fmt: skip
        await runner.setup()
        assert runner.server is not None  # noqa: S101  # it is there from now on
        self._connections = Connections(runner.server)
        try:
            async with await loop.create_server(self._connections, sock=listening):
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
        """Give a request its time, to arrive and to be answered. A socket stays as long as its console."""
        if request.path == "/ws":
            return await self._answer(request, handler)
        try:
            async with asyncio.timeout(self._limits.request):
                answer = await self._answer(request, handler)
                await answer.prepare(request)
                await answer.write_eof()
                return answer
        except TimeoutError:
            _abort(request)
            raise ConnectionResetError from None

    async def _answer(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Check where a request comes from, before anything else, and make every answer a strict one."""
        try:
            if not request.raw_path.startswith("/"):  # as to a proxy: its host would be another one than that of Host
                raise web.HTTPBadRequest
            needs_origin = request.method != "GET" or request.path == "/ws"
            request[_ORIGIN] = self._gate.origin(_peer(request), request.headers, needs_origin)
            answer = await handler(request)
        except TurnedAway as error:
            answer = web.Response(status=error.status, text=sentence(message(error.code)) + "\n")
        except web.HTTPException as error:
            answer = web.Response(status=error.status, text=f"{error.status}\n")
        except ConnectionError:
            raise
        except Exception as error:
            self._say_failed(error)
            answer = web.Response(status=500, text="500\n")
        if not answer.prepared:
            for name, value in HEADERS.items():
                answer.headers.setdefault(name, value)
        return answer

    def _say_failed(self, error: Exception) -> None:
        self._say(
            message(
                "web-failed",
                kind=type(error).__name__,
                reason=short(getattr(error, "strerror", "") or str(error)),
            )
        )

    def _loop_failed(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        """Report what failed for no browser in particular, once in a minute: too many open files come in hundreds."""
        if loop.time() >= self._silent_until:
            self._silent_until = loop.time() + 60
            self._say_failed(context.get("exception") or RuntimeError(context["message"]))

    def _visitor(self, request: web.Request) -> Visitor:
        cookie = request.cookies.get(cookie_name(request[_ORIGIN]), "")
        return self._gate.visitor(_peer(request), request.headers, cookie)

    async def _page(self, request: web.Request) -> web.Response:
        """The console's page, or the one that a link opens."""
        try:
            self._visitor(request)
        except TurnedAway as error:
            if error.status != 401:
                raise
            return html_page("login.html", 401, "needs-link", "needs-scripts")
        nonce = secrets.token_urlsafe(16)
        url = "ws" + request[_ORIGIN].removeprefix("http") + "/ws"
        page = html_page("page.html", 200, "ended", "open-again", url=url, nonce=nonce)
        # The terminal in the page makes style sheets of its own; page.js gives them this number.
        styles = f"style-src 'self' 'nonce-{nonce}'; "
        policy = HEADERS["Content-Security-Policy"]
        page.headers["Content-Security-Policy"] = policy.replace("connect-src", f"{styles}connect-src", 1)
        return page

    async def _login_page(self, _: web.Request) -> web.Response:
        """The page of a link: not that of the console, where a browser would load nothing for another link."""
        return html_page("login.html", 200, "needs-link", "needs-scripts")

    async def _file(self, request: web.Request) -> web.Response:
        return file_page(request.match_info["name"], "gzip" in request.headers.get("Accept-Encoding", ""))

    async def _login(self, request: web.Request) -> web.Response:
        cookie = self._gate.admit((await request.read()).decode("ascii", "replace"))
        answer = web.Response(status=204)
        is_tls = request[_ORIGIN].startswith("https:")
        name, lasts = cookie_name(request[_ORIGIN]), int(VISIT_LIFE)
        answer.set_cookie(name, cookie, max_age=lasts, path="/", httponly=True, samesite="Strict", secure=is_tls)
        return answer

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        visitor = self._visitor(request)
        browser = web.WebSocketResponse(
            heartbeat=15, max_msg_size=LONGEST_MESSAGE, compress=False, timeout=1.0, autoping=False
        )
        await browser.prepare(request)
        try:
            if not (refused := self._too_many(visitor.operator)):
                await self._serve_console(request, browser, visitor)
            async with asyncio.timeout(CLOSING):
                if refused:
                    await browser.send_bytes(f"\r\n  {sentence(refused)}\r\n".encode())
                await browser.close(code=WSCloseCode.TRY_AGAIN_LATER if refused else WSCloseCode.GOING_AWAY)
        except (TimeoutError, ConnectionError):
            pass
        finally:
            _abort(request)  # what the browser did not read would keep it open
        return browser

    async def _serve_console(self, request: web.Request, browser: web.WebSocketResponse, visitor: Visitor) -> None:
        """A console of its own for a socket, until one of them ends."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # aiohttp runs each handler in one
        self._sessions[task] = visitor.operator
        self._connections.with_console.add(request.protocol)
        named = {"operator": visitor.operator, "address": visitor.address}
        console = ConsoleProcess(self._words(visitor.operator), self._environment(visitor.address))
        try:
            self._say(message("web-session-opened", number=len(self._sessions), most=self._limits.sessions, **named))
            await console.start(_number(request.query.get("width"), 80), _number(request.query.get("height"), 24))
            await Session(browser, console, self._limits.idle).run()
        except Exception as error:
            self._say_failed(error)
        finally:
            try:
                await console.end()
            finally:
                del self._sessions[task]
                self._connections.with_console.discard(request.protocol)
                self._say(message("web-session-ended", **named))

    def _too_many(self, operator: str) -> Message | None:
        """Why no more consoles are opened; None if there is room."""
        if len(self._sessions) >= self._limits.sessions:
            return message("web-full", most=self._limits.sessions)
        if Counter(self._sessions.values())[operator] >= MOST_OF_A_USER:
            return message("web-user-full", operator=operator, most=MOST_OF_A_USER)
        return None


def _peer(request: web.Request) -> str:
    """The address that a request comes from; empty for a socket of the file system."""
    name = request.transport.get_extra_info("peername") if request.transport is not None else None
    return str(name[0]) if isinstance(name, tuple) else ""


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _number(text: str | None, usual: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 5 else usual
