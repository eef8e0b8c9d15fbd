"""Dialogs for connections: the settings of a directory, a password, the progress of a reading."""

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, Generic, TypeVar, get_args

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from kconsole.core.directory import Directory, DirectoryKind
from kconsole.core.errors import BadInput, ConsoleError
from kconsole.net.secrets import Secret
from kconsole.operations.mapping import parse_attribute
from kconsole.text import words
from kconsole.text.mapping import KIND_WORDS
from kconsole.text.safe_text import safe_text
from kconsole.text.trust import INSECURE
from kconsole.tui.screens.dialog import Dialog, plain
from kconsole.tui.screens.form import Field, FormDialog
from kconsole.tui.widgets.inputs import ChoiceLine, PasswordLine

Result = TypeVar("Result")
Far = TypeVar("Far")

Progress = Callable[[Far], None]
"""Called with the progress."""

Next = Callable[[], None]

LOOK: Final = 0.2
"""Seconds between two updates of the progress."""


_NO_DIRECTORY: Final = Directory(url="", base="")


class DirectoryForm(FormDialog[Directory]):
    """Edits the directory of a domain. No password is part of it.

    Args:
        domain: the domain's name.
        directory: its directory so far; None if none is set.
        save: stores the settings; the form shows its error and stays open.
    """

    keys = "enter next, then save · space choose · esc cancel"

    def __init__(self, domain: str, directory: Directory | None, save: Callable[[Directory], None]) -> None:
        self._domain, self._directory, self._save = domain, directory or _NO_DIRECTORY, save
        super().__init__()

    @property
    def title_text(self) -> str:
        return f"Directory of {safe_text(self._domain, 50)}"

    def fields(self) -> Iterable[Field]:
        now = self._directory
        attributes = ", ".join(f"{field}={name}" for field, name in now.attributes)
        kinds = [(kind, KIND_WORDS[kind]) for kind in get_args(DirectoryKind)]
        secure = [("no", "its certificate is checked"), ("yes", "! INSECURE: the certificate is not checked")]
        yield Field("url", "URL", now.url, "ldaps://host, or ldap://host for StartTLS")
        yield Field("base", "Base", now.base, "where the users are: ou=people,dc=example")
        yield Field("kind", "Kind", now.kind, choices=kinds)
        yield Field("filter", "Filter", now.filter, "only the filter of the kind")
        yield Field("bind-as", "Binds as", now.bind_as, "anonymous; the password is asked for later")
        yield Field("ca-file", "CA file", now.ca_file, "none: the CAs that this system trusts")
        yield Field("fingerprint", "Fingerprint", now.fingerprint, "none; SHA-256 of the only certificate to trust")
        yield Field("attributes", "Attributes", attributes, "those of the kind; else login=mailNickname, ...")
        yield Field("insecure", "Security", "yes" if now.insecure else "no", choices=secure)

    def notes(self) -> Iterable[Widget]:
        yield plain(INSECURE, "dialog-news -first")

    def on_mount(self) -> None:
        self.show_security()

    @on(ChoiceLine.Changed, "#insecure")
    def show_security(self) -> None:
        self.query_one(".dialog-news", Static).display = self.query_one("#insecure", ChoiceLine).value == "yes"
        self._fit(self.size.width, self.size.height)

    def answer(self, values: Mapping[str, str]) -> Directory:
        """Store the directory, and answer with it."""
        if not (values["url"] and values["base"]):
            raise BadInput("url-and-base-required")
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
            attributes=tuple(parse_attribute(part) for part in values["attributes"].split(",") if part.strip()),
        )
        self._save(directory)
        return directory


class PasswordDialog(Dialog[Secret]):
    """Asks for the password to another server. No widget keeps it.

    Args:
        who: the name that logs in.
        where: the server's URL.
        insecure: a warning about the connection; empty for none.
        kept: where the password is kept, and for how long; safe to show.
    """

    AUTO_FOCUS = "#password"
    heading = "Password"
    verb = "Continue"
    keys = "enter continue · esc cancel"

    def __init__(self, who: str, where: str, insecure: str = "", kept: str = "It is used once and not stored.") -> None:
        super().__init__()
        self._who, self._where, self._insecure, self._kept = who, where, insecure, kept

    def body(self) -> Iterable[Widget]:
        yield plain(safe_text(self._who, 200), "dialog-subject")
        yield plain(f"at {safe_text(self._where, 200)}", "dialog-note")
        if self._insecure:
            yield plain(self._insecure, "dialog-news -first")
        line = PasswordLine(id="password")
        line.add_class("-first")
        yield line
        yield plain(self._kept, "dialog-note -first")

    @on(Input.Submitted)
    def action_confirm(self) -> None:
        secret = self.query_one("#password", PasswordLine).taken()
        if secret:
            self.dismiss(secret)
        else:
            self.tell_problem("Type the password, or press esc to cancel.")
            self.query_one("#password", PasswordLine).focus()

    def action_leave(self) -> None:
        """Cancel, and clear the input."""
        self.query_one("#password", PasswordLine).taken()
        self.dismiss(None)


class _Left(Exception):
    """The dialog is gone; ends the thread."""


def users_read(number: int) -> str:
    """Progress of reading a directory: "1,200 users read"."""
    return f"{words.count(number, 'user')} read"


class ReadingDialog(Dialog[Next], Generic[Far]):
    """Reads from another server in a thread, and shows the progress. Escape cancels.

    The thread is a daemon and not a Textual worker: quitting kconsole does not wait for a server that hangs.

    Args:
        text: what is being done; safe to show.
        act: does it in the thread, and reports its progress to the function that it is given.
        done: takes the result, once the dialog is closed.
        failed: takes the error.
        so_far: the progress in words that are safe to show.
        cancel: is set when the user cancels, for code that waits for the server.
    """

    heading = "One moment"
    keys = "esc cancel"

    class Answered(Message):
        """The thread has ended; `then` comes next."""

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
        self._is_left = False

        def answer() -> Next:
            try:
                result = act(self._note)
            except ConsoleError as error:
                problem = error
                return lambda: failed(problem)
            return lambda: done(result)

        self._answer = answer

    def body(self) -> Iterable[Widget]:
        yield plain(self._text)
        yield Static(id="so-far")

    def on_mount(self) -> None:
        threading.Thread(target=self._ask, daemon=True, name="kconsole-reading").start()
        self.set_interval(LOOK, self._show_progress)

    def on_unmount(self) -> None:
        """Cancel when the dialog is removed."""
        self._is_left = True
        self._cancel.set()

    def action_leave(self) -> None:
        """Cancel. The thread ends with its next report of progress."""
        self._is_left = True
        self._cancel.set()
        self.dismiss(None)

    @on(Answered)
    def go_on(self, message: Answered) -> None:
        if not self._is_left:
            self._is_left = True
            self.dismiss(message.then)

    def _show_progress(self) -> None:
        if self._far is not None:
            self.query_one("#so-far", Static).update(Content(self._so_far(self._far)))

    def _ask(self) -> None:
        try:
            then = self._answer()
        except _Left:
            return
        except Exception as error:
            broken, app = error, self.app

            def then() -> None:
                app._handle_exception(broken)

        self.post_message(self.Answered(then))

    def _note(self, far: Far) -> None:
        if self._is_left:
            raise _Left
        self._far = far
