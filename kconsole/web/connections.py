"""The connections of browsers, of which a stranger can open as many as they like."""

import asyncio
from typing import Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

MOST_WAITING: Final = 64
"""Connections without a console. A page opens six."""


class Connections:
    """Makes what answers at each connection.

    Beyond the limit, the connection goes that has waited longest without a console. So a stranger who holds all of
    them keeps no one out, unless they open others faster than a browser asks for a page.
    """

    def __init__(self, server: web.Server) -> None:
        self._server = server
        self.with_console: set[RequestHandler] = set()
        """Those that stay."""

    @property
    def waiting(self) -> list[asyncio.Transport]:
        """Those without a console, the oldest first."""
        transports = (each.transport for each in self._server.connections if each not in self.with_console)
        return [each for each in transports if each is not None and not each.is_closing()]

    def __call__(self) -> RequestHandler:
        waiting = self.waiting
        for transport in waiting[: max(0, len(waiting) + 1 - MOST_WAITING)]:
            transport.abort()
        return self._server()
