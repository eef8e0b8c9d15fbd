"""Dialogs: a box over the console with a question or news, answered from the keyboard."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final, Generic, TypeVar

from rich.cells import cell_len
from rich.console import RenderableType
from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key, Resize
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from kconsole.tui.terminal.attention import Attention, Verdict
from kconsole.tui.widgets.backdrop import Backdrop
from kconsole.tui.widgets.inputs import ChoiceLine, FormRow, NumberLine, ReasonLine, TextLine
from kconsole.tui.widgets.labelled import LABEL, LABEL_LARGE, LabelledText, Section
from kconsole.tui.widgets.lines import KeyLine
from kconsole.tui.widgets.painting import palette_of_app, shortened, wrapped

Answer = TypeVar("Answer")

ROOMY: Final = 16
"""Lines of a terminal from which on a dialog has blank lines at its edges."""

LEAST_BODY: Final = 3
"""Lines of the body that a long problem leaves."""

TOO_FAST: Final = "Keys typed too early, too fast or by mistake were ignored."

BOX_WIDTH: Final = 72
"""Cells of the box, where the terminal has so many; its edges take six of them."""


def plain(text: str, classes: str = "") -> Static:
    """A text without markup. It must be safe to show."""
    return Static(Content(text), classes=classes)


def notes(texts: Sequence[str]) -> Iterable[Static]:
    """Quiet texts below the ones that matter most."""
    for place, text in enumerate(texts):
        yield plain(text, "dialog-note" if place else "dialog-note -first")


class Dialog(ModalScreen[Answer], Generic[Answer]):
    """A box with a title, a body, a problem and buttons. Escape leaves it without an answer.

    A body that is higher than the terminal scrolls; what stands below it is always in sight. A dialog with a `verb` has
    the buttons Cancel and that verb; without one, a key or a row is the answer.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "leave", "Cancel", show=False),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
        Binding("j,down", "scroll_by(1)", show=False),
        Binding("k,up", "scroll_by(-1)", show=False),
        Binding("ctrl+d", "scroll_by(5)", show=False),
        Binding("ctrl+u", "scroll_by(-5)", show=False),
        Binding("pagedown,ctrl+f", "scroll_page(1)", show=False),
        Binding("pageup", "scroll_page(-1)", show=False),
        Binding("g,home", "scroll_to_end(False)", show=False),
        Binding("G,end", "scroll_to_end(True)", show=False),
    ]

    CSS_PATH = "../css/dialog.tcss"

    heading: str = ""
    keys: str = ""
    """The keys that answer it, shown in the lower border."""
    verb: str = ""
    """The button that confirms; empty for a dialog without buttons."""
    asks: ClassVar[bool] = False
    """Whether it is a question, in whose lines letters are no answers."""

    scrolling = getters.query_one(".dialog-body", VerticalScroll)
    _problem = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self.heading)
            box.border_subtitle = Content(self.keys)
            with VerticalScroll(classes="dialog-body", can_focus=False):
                yield from self.body()
            yield from self.foot()
            yield plain("", "dialog-problem")
            with Horizontal(classes="dialog-buttons"):
                yield from self.buttons()

    def render(self) -> RenderableType:
        """What lies behind it."""
        return self._dimmed(super().render())

    def _dimmed(self, shown: RenderableType) -> RenderableType:
        palette = palette_of_app(self)
        if isinstance(shown, BackgroundScreen) and palette.behind is not None:
            return Backdrop(shown.screen, palette.behind, palette.frame, not isinstance(shown.screen, Dialog))
        return shown

    def body(self) -> Iterable[Widget]:
        raise NotImplementedError

    def foot(self) -> Iterable[FormRow]:
        """Lines to fill in below the body, always in sight."""
        return ()

    def buttons(self) -> Iterable[Button]:
        """The buttons; the first is the safe one."""
        if self.verb:
            yield self.button("Cancel", "cancel")
            yield self.button(self.verb, "confirm")

    def button(self, text: str, name: str) -> Button:
        """A button; in brackets where it has no ground of its own to show its shape."""
        shown = text if palette_of_app(self).has_grounds else f"[ {text} ]"
        return Button(Content(shown), id=name, compact=True)

    @on(Button.Pressed)
    def press_button(self, event: Button.Pressed) -> None:
        if event.button.id == "confirm":
            self.action_confirm()
        else:
            self.action_leave()

    def action_confirm(self) -> None:
        raise NotImplementedError

    def action_leave(self) -> None:
        self.dismiss(None)

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < ROOMY, "-tight")
        self._fit(event.size.width, event.size.height)

    @on(TextLine.TooLong)
    def tell_too_long(self, message: TextLine.TooLong) -> None:
        self.tell_problem(message.text)

    def tell_problem(self, text: str) -> None:
        """Show above the buttons why the answer is not accepted. The text must be safe to show."""
        self._problem = text
        self._fit(self.size.width, self.size.height)

    @property
    def _is_whole(self) -> bool:
        """Whether all its widgets exist: a dialog may close before it is built, or while it is measured."""
        return bool(self.query(".dialog") and self.query(".dialog-body") and self.query(".dialog-problem"))

    def _fit(self, width: int, height: int) -> None:
        """Give the body the lines that are left: Textual's styles cannot say that only one part of a box shrinks."""
        if not self._is_whole:
            return
        problem = self.query_one(".dialog-problem", Static)
        edges = 2 if height < ROOMY else 4
        foot = 0 if not self.query(Button) else 1 if height < ROOMY else 2
        foot += sum(row.display for row in self.query(".dialog > FormRow"))
        room = max(height - edges - foot, 1)
        lines = shortened(wrapped(self._problem, min(width, BOX_WIDTH) - 6), max(room - LEAST_BODY, 1))
        problem.update(Content("\n".join(lines)))
        problem.styles.height = len(lines)
        self.scrolling.styles.max_height = max(room - len(lines), 1)
        self.call_after_refresh(self.show_scroll_keys)
        self.call_after_refresh(self._keep_focus_in_sight)

    def _keep_focus_in_sight(self) -> None:
        """What is typed in stays in sight when a problem takes lines from the body."""
        if self.focused is not None:
            self.focused.scroll_visible(animate=False)

    def on_descendant_focus(self) -> None:
        if self._is_whole and self.query_one(".dialog").outer_size.width:  # else it is not laid out yet
            self.show_scroll_keys()

    def show_scroll_keys(self) -> None:
        """Show the keys that work now, in the border and in the last line."""
        if not self._is_whole:
            return
        focused, parts = self.focused, self.keys.split(" · ")
        is_typing = isinstance(focused, Input) and not isinstance(focused, NumberLine)
        if is_typing and self.asks:  # a line takes letters
            recent = ["up recent reasons"] if isinstance(focused, ReasonLine) and focused.recent else []
            parts = ["enter done", *recent, "esc no"]
        if not isinstance(focused, ChoiceLine):
            parts = [part for part in parts if not part.startswith("space ")]
        if self.is_current:
            for line in (line for screen in self.app.screen_stack for line in screen.query(KeyLine) if line.instead):
                line.instead = " · ".join(parts)
        if self.scrolling.max_scroll_y > 0:
            parts.insert(0, "pgup pgdn scroll" if is_typing else "j k scroll")
        box = self.query_one(".dialog")
        while cell_len(" · ".join(parts)) > box.outer_size.width - 6 and (
            others := [part for part in parts if "esc" not in part]  # how to leave is always in sight
        ):
            parts.remove(others[-1])
        box.border_subtitle = Content(" · ".join(parts))

    def action_scroll_by(self, lines: int) -> None:
        self.scrolling.scroll_relative(y=lines, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        self.action_scroll_by(pages * max(self.scrolling.size.height - 1, 1))

    def action_scroll_to_end(self, end: bool) -> None:
        self.action_scroll_by(self.scrolling.virtual_size.height * (1 if end else -1))


class Attentive(Dialog[Answer]):
    """A dialog that must not be answered by keys that were typed before it could be read, or for something else."""

    minds_strays: ClassVar[bool] = True
    is_final: bool = False
    """Whether yes cannot be undone."""

    def __init__(self, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._attention = Attention(self.minds_strays)

    def painted(self, now: float) -> None:
        self._attention.shown(now)

    def judge(self, event: Key, since_last: float) -> Verdict:
        """Whether a key is meant for this."""
        focused, key = self.focused, event.key
        says_yes = key == "y" or (key == "enter" and getattr(focused, "id", "") == "confirm")
        is_typed = isinstance(focused, Input) and focused.check_consume_key(key, event.character)
        is_final_yes = self.is_final and says_yes and not is_typed
        return self._attention.judge(
            key, event.time, since_last, lambda: is_typed or key in self.active_bindings, is_final_yes
        )

    def dropped(self) -> None:
        """Say that a key was not taken, where the user may wait for what it does."""
        if self.verb and self._problem != TOO_FAST:
            self.tell_problem(TOO_FAST)


class NewsDialog(Attentive[Answer]):
    """Shows something that has to be read: a refusal, an error, an explanation."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,space", "leave", "Close", show=False)]
    AUTO_FOCUS = "#close"
    keys = "esc closes"
    minds_strays = False

    def __init__(self, title: str, lines: Sequence[str], hint: str = "", alarm: bool = False) -> None:
        super().__init__(classes="-notice" if alarm else "")
        self.heading, self._lines, self._hint = title, lines, hint

    def body(self) -> Iterable[Widget]:
        yield from (plain(line) for line in self._lines)
        yield from notes([self._hint] if self._hint else [])

    def buttons(self) -> Iterable[Button]:
        yield self.button("Close", "close")


class TableDialog(NewsDialog[None]):
    """Shows many things in sections: labels on the left, their texts on the right."""

    def __init__(self, title: str, sections: Sequence[Section], large: bool = False) -> None:
        super().__init__(title, ())
        self._sections = sections
        self.set_class(large, "-large")

    def body(self) -> Iterable[Widget]:
        yield LabelledText(LABEL_LARGE if self.has_class("-large") else LABEL, self._sections)
