"""Long lists by pages of ten lines, of which some can be chosen by their numbers."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

from kconsole.plain.terminal import Back, Terminal
from kconsole.text.spoken import numbers_in, page_line

PAGE: Final = 10
"""Lines of a page."""


class Pages:
    """A list of numbered lines; `lines` gives those from a place up to another one."""

    def __init__(
        self, terminal: Terminal, what: str, total: int, lines: Callable[[int, int], Iterable[str]], order: str = ""
    ) -> None:
        self._terminal, self._what, self._total, self._lines, self._order = terminal, what, total, lines, order
        self._first = 0

    def run(
        self,
        prompt: str,
        help_lines: Sequence[str],
        chosen: Callable[[Sequence[int]], None] | None = None,
        letter: Callable[[str], bool] = lambda _: False,
        one: bool = False,
    ) -> None:
        """Say page after page, until the user goes back.

        `chosen` is called with the numbers that are typed (`one` at a time), and `letter` with anything else: it says
        whether it knew that. Back from one of them leads to the list again, or with a Back of `letter`, leaves it.
        """
        self._say()
        while True:
            try:
                answer = self._terminal.choose(prompt, help_lines)
                if letter(answer):
                    continue
            except Back:
                return
            if answer in ("n", "") and self._first + PAGE < self._total:
                self._first += PAGE
                self._say()
            elif answer in ("n", ""):
                self._terminal.say("That was the last page. b goes back.")
            elif answer == "p" and self._first:
                self._first -= PAGE
                self._say()
            elif answer == "p":
                self._terminal.say("This is the first page.")
            elif chosen is None or not self._total:
                self._terminal.say("Type n, p, b, q or ?." if self._total else "Nothing is listed. b goes back.")
            else:
                found = numbers_in(answer, self._total)
                if isinstance(found, str) or not found or (one and len(found) > 1):
                    self._terminal.say(found if isinstance(found, str) else "Type one number.")
                elif one:
                    try:
                        chosen(found)
                    except Back:
                        return
                else:
                    with suppress(Back):
                        chosen(found)

    def _say(self) -> None:
        if self._total:
            last = min(self._first + PAGE, self._total)
            self._terminal.say(page_line(self._what, self._first + 1, last, self._total, self._order))
            self._terminal.say(*self._lines(self._first, last))
            if last < self._total:
                self._terminal.say(f"n: the next page, {self._total - last:,} more.")
