"""The plain console with a script of answers in place of a person."""

import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

from kconsole.net.secrets import Secret
from kconsole.operations.preferences import Preferences
from kconsole.operations.session import Session
from kconsole.operations.settings import Settings
from kconsole.plain.console import PlainConsole
from kconsole.plain.terminal import Quit, Terminal

SETTINGS: Final = Settings()


class Script:
    """What was asked, answered and said. After the last answer, the input ends."""

    def __init__(self, answers: Iterable[str | bytes | Callable[[], None]], secret: str = "") -> None:
        self._answers = list(answers)
        self._secret = secret
        self.out = ""
        self.echo = False
        """Whether what is typed is shown, as a terminal does it."""
        self.most_written: int | None = None
        """The number of texts after which no one reads any more."""
        self.asked: list[tuple[str, str]] = []
        """Each prompt that was answered, and the answer."""

    def write(self, text: str) -> None:
        if self.most_written is not None:
            if not self.most_written:
                raise Quit
            self.most_written -= 1
        self.out += text

    def read(self) -> bytes:
        while self._answers and callable(self._answers[0]):
            act = self._answers.pop(0)
            assert callable(act)
            act()
        if not self._answers:
            return b""
        answer = self._answers.pop(0)
        assert not callable(answer)
        raw = answer if isinstance(answer, bytes) else f"{answer}\n".encode()
        self.asked.append((self.out.rpartition("\n")[2].strip(), raw.decode("utf-8", "replace").strip()))
        self.out += f"{self.asked[-1][1]}\n" if self.echo else "\n"
        return raw

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def agreed(self) -> int:
        """How many questions before a change were answered with yes, or with the number."""
        agreed = 0
        for prompt, answer in self.asked:
            if prompt.startswith("Type ") and "all else cancels" in prompt:
                wanted = prompt.removeprefix("Type ").split()[0].rstrip(",")
                agreed += answer.lower() in (("y", "yes") if wanted == "y" else (wanted,))
        return agreed

    def check_harmless(self) -> None:
        """No byte does more to a terminal than end a line, and nothing is drawn."""
        shown = set(self.out) - {"\n"}
        assert not {each for each in shown if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
        assert not {each for each in shown if "\u2190" <= each <= "\u21ff" or "\u2500" <= each <= "\u28ff"}

    def ask_secret(self, prompt: str) -> str:
        self.out += f"{prompt}\n"
        return self._secret


def run(
    session: Session,
    *answers: str | bytes | Callable[[], None],
    settings: Settings = SETTINGS,
    secret: str = "",
    given: Secret | None = None,
    most_written: int | None = None,
    echo: bool = False,
) -> Script:
    """Serve a session with these answers, or what is done between them, and see that nothing harmful is shown."""
    script = Script(answers, secret)
    script.most_written, script.echo = most_written, echo
    terminal = Terminal(script.write, script.read, ask_secret=script.ask_secret)
    PlainConsole(session, terminal, settings, Preferences(), "a test", secret=given).run()
    script.check_harmless()
    return script
