"""The clipboard of the user's terminal: reached over SSH, through tmux and through GNU screen.

The terminal is asked by an escape sequence (OSC 52) to take a text, and does not answer. tmux passes the sequence of a
program on only where it is configured to, but always what it gets by its own command. GNU screen passes on what
is wrapped for it, in pieces, since it holds short ones only.
"""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from textual.app import App

MOST: Final = 74_994
"""Bytes of a text in base64 beyond which terminals drop the whole sequence; they hold 100,000 at most."""

PIECE: Final = 240
"""Bytes of a wrapped piece, below the 256 that old versions of GNU screen hold."""

PATIENCE: Final = 2.0


SENT: Final = "sent to your terminal"
"""No terminal confirms that it took a text."""

ADVICE: Final = "to pass it on"
"""What follows has to be set."""


async def copy(app: App[Any], text: str, environment: Mapping[str, str] | None = None) -> str:
    """Copy a text, and say in a few words how, or why not. The text must be safe to show: it may go into a terminal."""
    environment = os.environ if environment is None else environment
    is_short = len(text) * 4 <= MOST * 3 and len(encoded := b64encode(text.encode())) <= MOST
    in_tmux = environment.get("TMUX")
    if in_tmux and (features := await _load_into_tmux(text, is_short)) is not None:
        if not is_short:
            return "copied into tmux's buffer, too much for a clipboard"
        if "clipboard" in features:
            return f"{SENT} by tmux"
        return f"copied into tmux's buffer; {ADVICE}, tmux needs: set -as terminal-features ',*:clipboard'"
    if not is_short:
        return f"not copied: more than the {MOST * 3 // 4 // 1000} kB that a terminal's clipboard takes"
    # tmux calls its terminal screen, too.
    is_screen = environment.get("STY") or environment.get("TERM", "").startswith("screen")
    if is_screen and not in_tmux:
        if app._driver is not None:  # there is no other way to the terminal; Textual's own copying goes this way
            app._driver.write("".join(wrapped_for_screen(encoded.decode())))
        return f"{SENT} through screen"
    app.copy_to_clipboard(text)
    return f"sent to tmux; {ADVICE}, it needs: set -s set-clipboard on" if in_tmux else SENT


def wrapped_for_screen(encoded: str) -> Iterator[str]:
    """An OSC 52 sequence in the pieces that GNU screen passes on; screen puts them together again."""
    sequence = f"\x1b]52;c;{encoded}\x07"
    for start in range(0, len(sequence), PIECE):
        yield f"\x1bP{sequence[start : start + PIECE]}\x1b\\"


async def _load_into_tmux(text: str, pass_on: bool) -> str | None:
    """Load a text into tmux's buffer, which passes it on to a terminal with the feature "clipboard" if asked.

    Returns the features of the terminal as tmux knows them; None if tmux did not take the text. Its setting
    `set-clipboard` does not matter here, even where it is off.
    """
    arguments = ("load-buffer", *(["-w"] if pass_on else []), "-", ";", "display", "-p", "#{client_termfeatures}")
    try:
        process = await asyncio.create_subprocess_exec("tmux", *arguments, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    except OSError:
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await process.communicate(text.encode())
    except (TimeoutError, OSError):
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        return None
    return said.decode(errors="replace") if process.returncode == 0 else None
