"""The terminal as the plain console uses it: lines that are added, and lines that are read."""

from collections.abc import Callable, Iterable
from typing import Final

from kconsole.text.safe_text import safe_text
from kconsole.text.spoken import HELP, spoken

LONGEST: Final = 4_000
"""Characters of an answer."""


class Back(Exception):  # it is no error
    """The user goes back."""


class Start(Exception):
    """All begins again at the main menu, as when the operator sees other domains."""


class Quit(Exception):
    """The user quits, or no one answers any more."""


class Terminal:
    """Says and asks. It never moves a cursor, and writes nothing twice.

    Args:
        write: writes a text and makes sure that it is shown; it raises Quit where no one reads any more.
        read: reads a line with its end, or less at the end of the input.
        encoding: that of the input.
        forget_typed: forgets what was typed ahead: keys that came before a question are no answer to it.
        ask_secret: asks for a password without showing it.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        read: Callable[[], bytes],
        encoding: str = "utf-8",
        forget_typed: Callable[[], None] = lambda: None,
        ask_secret: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._write, self._read, self._encoding = write, read, encoding
        self.forget_typed, self.ask_secret = forget_typed, ask_secret
        self.before_asking: Callable[[], None] = lambda: None
        """Called before each question: it may say what others did."""

    def say(self, *lines: str) -> None:
        """Say some lines. Text from outside may be in them."""
        for line in lines:
            self._write(f"{spoken(safe_text(line, None))}\n")

    def say_all(self, lines: Iterable[str]) -> None:
        self.say(*lines)

    def choose(self, prompt: str, help_lines: Iterable[str]) -> str:
        """Ask for one of several answers, in lower case.

        Raises:
            Back, Quit: the user wants that.
        """
        while True:
            answer = self.read_line(prompt).lower()
            if answer in ("b", "back"):
                raise Back
            if answer in ("q", "quit", "exit"):
                raise Quit
            if answer not in ("?", "h", "help"):
                return answer
            self.say(*help_lines, *HELP)

    def read_text(self, prompt: str, help_lines: Iterable[str] = ()) -> str:
        """Ask for a text, in which every letter means itself; `?` alone asks what can be typed."""
        while (answer := self.read_line(prompt)) == "?":
            self.say(*help_lines, "Enter alone leaves it empty. Here, b and q are text.")
        return answer

    def read_line(self, prompt: str) -> str:
        """Ask, and return what was typed.

        Raises:
            Quit: the input has ended. What stood there without an enter is no answer.
        """
        while True:
            self.before_asking()
            self._write(f"{spoken(safe_text(prompt, None))} ")
            line = self._read()
            if not line.endswith(b"\n"):
                self._write("\n")
                raise Quit
            text = line.decode(self._encoding, "replace").strip()
            if len(text) <= LONGEST:
                return text
            self.say(f"That is too long: at most {LONGEST:,} characters are taken.")
