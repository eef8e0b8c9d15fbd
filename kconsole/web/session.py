"""What goes between a browser and its console."""

import asyncio
import json
import time
from typing import Any, Final

from aiohttp import WSMsgType, web

from kconsole.web.console_process import ConsoleProcess

LONGEST_MESSAGE: Final = 4 * 65_536
"""Bytes that a browser may send at once: the longest paste that the console takes, as JSON."""

MOST_MESSAGES, MOST_BYTES = 400, 2 * LONGEST_MESSAGE
"""What a browser may send within a second. A wheel that is spun sends some hundred."""

MOST_WAITING: Final = 2 * LONGEST_MESSAGE
"""Bytes that wait for a console that is busy. Who types on while it takes none, does not see what is typed."""


class Session:
    """Carries keys and pictures between a browser and a console, until one of them ends or no one types.

    Each direction waits for its reader: the console stands still while the browser takes nothing. What is typed is
    read at once all the same, as the end of the connection stands behind it.
    """

    def __init__(self, browser: web.WebSocketResponse, console: ConsoleProcess, idle: float) -> None:
        self._browser, self._console, self._idle = browser, console, idle
        self._typed_at = time.monotonic()
        self._typed, self._has_typed = bytearray(), asyncio.Event()

    async def run(self) -> None:
        """Carry on until the end."""
        carriers = (self._show(), self._receive(), self._type(), self._watch())
        parts = [asyncio.ensure_future(each) for each in carriers]
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

    async def _type(self) -> None:
        while await self._has_typed.wait():
            data, self._typed = bytes(self._typed), bytearray()
            self._has_typed.clear()
            await self._console.write(data)

    async def _watch(self) -> None:
        """End a console that no one uses."""
        while (left := self._typed_at + self._idle - time.monotonic()) > 0:
            await asyncio.sleep(left)

    async def _receive(self) -> None:
        """Take what is typed. A browser that sends what textual-serve's program does not is no browser."""
        since, messages, size = time.monotonic(), 0, 0
        async for received in self._browser:
            now = time.monotonic()
            if now - since >= 1:
                since, messages, size = now, 0, 0
            data = received.data
            if not isinstance(data, str | bytes | bytearray):  # it is what went wrong
                return
            messages, size = messages + 1, size + len(data)
            if messages > MOST_MESSAGES or size > MOST_BYTES or len(self._typed) > MOST_WAITING:
                return
            if received.type is WSMsgType.PING:
                await self._browser.pong(bytes(received.data))
                continue
            if received.type is WSMsgType.PONG:
                continue
            match _parsed(data) if isinstance(data, str) else None:
                case ["stdin", str(text)]:
                    self._typed_at = now
                    self._typed += text.encode(errors="replace")
                    self._has_typed.set()
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
