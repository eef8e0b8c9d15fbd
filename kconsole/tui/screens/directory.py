"""Dialogs on the way to a directory: its settings, the password, and how far the reading has come."""

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, Generic, TypeVar, get_args

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from kconsole.core.directory import Directory, DirectoryKind
from kconsole.core.errors import BadInput, ConsoleError
from kconsole.net.secrets import Secret
from kconsole.text import words
from kconsole.text.mapping import INSECURE, KIND_WORDS
from kconsole.text.safe_text import safe_text
from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.screens.form import Field, FormDialog
from kconsole.tui.widgets.choice_line import ChoiceLine
from kconsole.tui.widgets.password_line import PasswordLine

Result = TypeVar("Result")
Far = TypeVar("Far")

Progress = Callable[[Far], None]
"""Told how far it has come."""

Next = Callable[[], None]

LOOK: Final = 0.2
"""Seconds between two looks at how far the reading has come."""


_NO_DIRECTORY: Final = Directory(url="", base="")


class DirectoryForm(FormDialog[Directory]):
    """Asks which directory a domain is mapped from. No password is part of it.

    Args:
        domain: the domain's name.
        directory: where it is mapped from by now; None if nobody said yet.
        save: keeps the settings; what it raises is told, and the form stays.
    """

    keys = "enter next, then save · space choose · esc cancel"

    def __init__(self, domain: str, directory: Directory | None, save: Callable[[Directory], None]) -> None:
        self._domain, self._directory, self._save = domain, directory or _NO_DIRECTORY, save
        super().__init__()

    @property
    def title_text(self) -> str:
        """Whose directory."""
        return f"Directory of {safe_text(self._domain, 50)}"

    def fields(self) -> Iterable[Field]:
        """Everything that a directory has."""
        now = self._directory
        attributes = ", ".join(f"{field}={name}" for field, name in now.attributes)
        kinds = [(kind, KIND_WORDS[kind]) for kind in get_args(DirectoryKind)]
        secure = [("no", "its certificate is checked"), ("yes", "! INSECURE: nobody checks who answers")]
        yield Field("url", "URL", now.url, "ldaps://host, or ldap://host for StartTLS")
        yield Field("base", "Base", now.base, "where the users are: ou=people,dc=example")
        yield Field("kind", "Kind", now.kind, choices=kinds)
        yield Field("filter", "Filter", now.filter, "none but that of the kind")
        yield Field("bind-as", "Binds as", now.bind_as, "nobody; the password is asked for later")
        yield Field("ca-file", "CA file", now.ca_file, "none: the certificates that this system trusts")
        yield Field("fingerprint", "Fingerprint", now.fingerprint, "none; SHA-256 of the one certificate to trust")
        yield Field("attributes", "Attributes", attributes, "those of the kind; else login=mailNickname, ...")
        yield Field("insecure", "Security", "yes" if now.insecure else "no", choices=secure)

    def notes(self) -> Iterable[Widget]:
        """A loud line, where nobody checks the server."""
        yield plain(INSECURE, "dialog-news -first")

    def on_mount(self) -> None:
        """Show the loud line only where it applies."""
        self.show_security()

    @on(ChoiceLine.Changed, "#insecure")
    def show_security(self) -> None:
        """Say loudly what it means that nobody checks the server."""
        self.query_one(".dialog-news", Static).display = self.query_one("#insecure", ChoiceLine).value == "yes"
        self._fit(self.size.width, self.size.height)

    def answer(self, values: Mapping[str, str]) -> Directory:
        """The directory, once it is kept."""
        if not (values["url"] and values["base"]):
            raise BadInput("A directory has both a URL and a base.")
        ca_file = values["ca-file"]
        directory = Directory(
            url=values["url"],
            base=values["base"],
            kind=next(kind for kind in get_args(DirectoryKind) if kind == values["kind"]),
            filter=values["filter"],
            bind_as=values["bind-as"],
            ca_file=str(Path(ca_file).expanduser().absolute()) if ca_file else "",
            fingerprint=values["fingerprint"],
            insecure=values["insecure"] == "yes",
            attributes=read_attributes(values["attributes"]),
        )
        self._save(directory)
        return directory


def read_attributes(text: str) -> tuple[tuple[str, str], ...]:
    """Names of attributes as they are typed: FIELD=NAME, separated by commas.

    Raises:
        BadInput: one of them is not of that form.
    """
    pairs = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        field, equals, attribute = (piece.strip() for piece in part.partition("="))
        if not (field and equals and attribute):
            raise BadInput(f"'{part}' is not FIELD=NAME, as login=mailNickname is.")
        pairs.append((field, attribute))
    return tuple(pairs)


class PasswordDialog(Dialog[Secret]):
    """Asks for the password of who reads another server. What was typed stays in no widget.

    Args:
        who: logs in there.
        where: the server's URL.
        insecure: what has to be said loudly of how it is reached; empty if nothing has.
        kept: where the password is kept, and for how long; safe to show.
    """

    AUTO_FOCUS = "#password"
    heading = "Password"
    keys = "enter go on · esc cancel"

    def __init__(
        self, who: str, where: str, insecure: str = "", kept: str = "It is used once, and kept nowhere."
    ) -> None:
        super().__init__()
        self._who, self._where, self._insecure, self._kept = who, where, insecure, kept

    def body(self) -> Iterable[Widget]:
        """Whose password, for which server, and the line to type it in."""
        yield plain(safe_text(self._who, 200), "dialog-subject")
        yield plain(f"at {safe_text(self._where, 200)}", "dialog-note")
        if self._insecure:
            yield plain(self._insecure, "dialog-news -first")
        line = PasswordLine(id="password")
        line.add_class("-first")
        yield line
        yield plain(self._kept, "dialog-note -first")

    def buttons(self) -> Iterable[Button]:
        """Cancel, and go on."""
        yield Button("Cancel", id="cancel", compact=True)
        yield Button("Go on", id="confirm", compact=True)

    @on(Input.Submitted)
    def submit(self) -> None:
        """Answer with it."""
        secret = self.query_one("#password", PasswordLine).taken()
        if secret:
            self.dismiss(secret)
        else:
            self.tell_problem("Type the password, or esc to leave it.")
            self.query_one("#password", PasswordLine).focus()

    @on(Button.Pressed)
    def answer_by_button(self, event: Button.Pressed) -> None:
        """Go on, or leave."""
        if event.button.id == "confirm":
            self.submit()
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """Leave, and forget what was typed."""
        self.query_one("#password", PasswordLine).taken()
        self.dismiss(None)


class _LeftOff(Exception):
    """Nobody waits for the answer any more."""


def users_read(number: int) -> str:
    """How far the reading of a directory is."""
    return f"{words.count(number, 'user')} read"


class ReadingDialog(Dialog[Next], Generic[Far]):
    """Asks another server beside the screen, and tells how far that is. Escape leaves off, and nothing is taken.

    Args:
        text: what is being done; safe to show.
        act: does it, in a thread; told whom to tell how far it is.
        done: takes what came of it, once the dialog is gone.
        failed: is told why nothing did.
        so_far: how far it is, in words that are safe to show.
        cancel: is set when nobody waits any more, for what looks at that while it waits itself.
    """

    heading = "One moment"
    keys = "esc leaves off, and nothing is taken"

    class Answered(Message):
        """The thread is done: this comes next."""

        def __init__(self, then: Next) -> None:
            super().__init__()
            self.then = then

    def __init__(
        self,
        text: str,
        act: Callable[[Progress[Far]], Result],
        done: Callable[[Result], None],
        failed: Callable[[ConsoleError], None],
        so_far: Callable[[Far], str],
        cancel: threading.Event | None = None,
    ) -> None:
        super().__init__()
        self._text = text
        self._far: Far | None = None
        self._so_far = so_far
        self._cancel = threading.Event() if cancel is None else cancel
        self._is_left_off = False

        def answer() -> Next:
            try:
                result = act(self._note)
            except ConsoleError as error:
                problem = error
                return lambda: failed(problem)
            return lambda: done(result)

        self._answer = answer

    def body(self) -> Iterable[Widget]:
        """What is being done, and how far it is."""
        yield plain(self._text)
        yield Static(id="so-far")

    def buttons(self) -> Iterable[Button]:
        """None: escape leaves off."""
        return ()

    def on_mount(self) -> None:
        """Begin."""
        threading.Thread(target=self._ask, daemon=True, name="kconsole-reading").start()
        self.set_interval(LOOK, self._show_progress)

    def on_unmount(self) -> None:
        """Leave off: there is nobody to tell."""
        self._is_left_off = True
        self._cancel.set()

    def action_leave(self) -> None:
        """Leave off. The thread ends with what it is told next, and nobody hears of it."""
        self._is_left_off = True
        self._cancel.set()
        self.dismiss(None)

    @on(Answered)
    def go_on(self, message: Answered) -> None:
        """Go, and let happen what comes next."""
        if not self._is_left_off:
            self._is_left_off = True
            self.dismiss(message.then)

    def _show_progress(self) -> None:
        if self._far is not None:
            self.query_one("#so-far", Static).update(Content(self._so_far(self._far)))

    def _ask(self) -> None:
        try:
            then = self._answer()
        except _LeftOff:
            return
        except Exception as error:
            broken, app = error, self.app

            def then() -> None:
                app._handle_exception(broken)

        self.post_message(self.Answered(then))

    def _note(self, far: Far) -> None:
        if self._is_left_off:
            raise _LeftOff
        self._far = far
