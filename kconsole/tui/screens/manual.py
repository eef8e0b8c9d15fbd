"""The manual over the whole screen: the list of topics, and the page of one, which is searched as in less."""

from collections.abc import Sequence
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from kconsole.core.folding import search_fold
from kconsole.text import manual, words
from kconsole.text.columns import pad
from kconsole.text.safe_text import safe_text
from kconsole.tui.widgets.inputs import TextLine
from kconsole.tui.widgets.painting import Part, fitted
from kconsole.tui.widgets.row_list import RowList, Sheet

LIST_KEYS = "enter read · / search in all · esc back"
HIT = "▸ "
"""Before a line that has the words of a search."""
PAGE_KEYS = "j k scroll · / search · n N next, previous · esc topics"


class _TopicList(RowList):
    """The topics, a line each."""

    topics: Sequence[manual.Topic] = ()
    empty_text = "No topic has these words. Esc shows all topics."

    @property
    def row_count(self) -> int:
        return len(self.topics)

    def paint_row(self, row: int, width: int) -> Sequence[Part]:
        topic, widest = self.topics[row], max(map(len, manual.topics()))
        sign = "▸" if row == self.cursor else " "
        return [(sign, ""), (f" {pad(topic.name, widest)}  ", "name"), (fitted(topic.title, width - widest - 4), "")]


class _Page(Sheet):
    """A topic, laid out for the width; the lines that have the words of a search stand out."""

    topic: manual.Topic | None = None
    words: str = ""
    hits: Sequence[int] = ()
    """The lines that have one of the words."""

    def lines_at(self, width: int) -> Sequence[Sequence[Part]]:
        lines = [] if self.topic is None else manual.page(self.topic, width - len(HIT))
        asked = manual.asked_words(self.words)
        found = [
            (place, [word in search_fold(manual.plain(line)) for word in asked]) for place, line in enumerate(lines)
        ]
        whole = [place for place, has in found if has and all(has)]
        self.hits = whole or [place for place, has in found if any(has)]  # a sentence may go on in the next line
        return [[(HIT if place in self.hits else " " * len(HIT), "notice"), *line] for place, line in enumerate(lines)]

    def on_resize(self) -> None:
        if self.size.width:
            self.lay_out()

    def go_to_hit(self, step: int) -> bool:
        """Scroll to the next or previous line with the words, or round to the other end; whether there is one."""
        top = self.scroll_offset.y
        after = [place for place in self.hits if place > top]
        before = [place for place in self.hits if place < top]
        if not self.hits:
            return False
        self.move_to((after or self.hits)[0] if step > 0 else (before or self.hits)[-1])
        return True


class ManualScreen(ModalScreen[None]):
    """Topics of the manual. Words that were searched for in the list are shown in the page, too."""

    DEFAULT_CSS = """
    ManualScreen { background: $background; }
    ManualScreen Static { height: 1; padding: 0 1; }
    ManualScreen #heading { background: $panel; text-style: bold; }
    ManualScreen #keys { background: $panel; color: $text-muted; }
    ManualScreen _TopicList { height: 1fr; background: $background; }
    ManualScreen _Page, ManualScreen.-reading _TopicList { display: none; }
    ManualScreen.-reading _Page { display: block; }
    ManualScreen Input { display: none; background: $panel; }
    ManualScreen.-asking Input { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", show=False),
        Binding("enter", "read", show=False),
        Binding("slash", "ask", show=False),
        Binding("n", "hit(1)", show=False),
        Binding("N", "hit(-1)", show=False),
    ]
    AUTO_FOCUS = "_TopicList"

    list = getters.query_one(_TopicList)
    page = getters.query_one(_Page)
    line = getters.query_one(TextLine)

    def __init__(self, topic: str, words: str) -> None:
        super().__init__()
        self._words = words
        self._last = "" if words else topic
        """The topic that the list stands at: the one that was read last, or is about the screen below."""

    def compose(self) -> ComposeResult:
        yield Static(id="heading")
        yield _TopicList()
        yield _Page()
        yield TextLine(placeholder="words to find", id="words")
        yield Static(id="keys")

    def on_mount(self) -> None:
        self._show_topics()

    def action_back(self) -> None:
        """One step back: the line, the page, the search, the manual."""
        if self.has_class("-asking"):
            self._close_line()
        elif self.has_class("-reading"):
            self.remove_class("-reading")
            self._show_topics()
        elif self._words:
            self._words = ""
            self._show_topics()
        else:
            self.dismiss(None)

    def action_read(self) -> None:
        topics = self.list.topics
        if not topics or self.has_class("-reading"):
            return
        self.add_class("-reading")
        self.page.topic, self.page.words = topics[self.list.cursor], self._words
        self._last = self.page.topic.name
        self.page.focus()
        self._lay_out_page()

    def action_ask(self) -> None:
        self.add_class("-asking")
        self.line.value = ""
        self.line.focus()
        self._say("enter search · esc cancel", "keys")

    def action_hit(self, step: int) -> None:
        if self.has_class("-reading") and not self.page.go_to_hit(step):
            self._say(f"{self._title()} · not found", "heading")

    @on(Input.Submitted)
    def search(self, message: Input.Submitted) -> None:
        message.stop()
        self._words = message.value.strip()
        self._close_line()
        if self.has_class("-reading"):
            self.page.words = self._words
            self._lay_out_page()
        else:
            self._last = ""
            self._show_topics()

    def _close_line(self) -> None:
        self.remove_class("-asking")
        (self.page if self.has_class("-reading") else self.list).focus()
        self._show_keys()

    def _show_topics(self) -> None:
        found = [found.topic for found in manual.search(self._words)] if self._words else manual.topics().values()
        self.list.topics = list(dict.fromkeys(found))
        self.list.rows_changed()
        names = [topic.name for topic in self.list.topics]
        self.list.move_to(names.index(self._last) if self._last in names else 0)
        self.list.focus()
        self._say(self._title(), "heading")
        self._show_keys()

    def _lay_out_page(self) -> None:
        """Show the page from its first line, or from the first with the words, once it has its size."""

        def lay_out() -> None:
            self.page.lay_out()
            self.page.move_to(0)
            self._say(self._title(), "heading")
            self._show_keys()
            if self._words:
                self.action_hit(1)

        self.call_after_refresh(lay_out)

    def _title(self) -> str:
        topic = self.page.topic if self.has_class("-reading") else None
        where = "Manual" if topic is None else f"Manual: {topic.name}"
        number = "" if topic else f" · {words.count(len(self.list.topics), 'topic')}"
        return f"{where}{number}{f' · {self._words}' if self._words else ''}"

    def _show_keys(self) -> None:
        self._say(PAGE_KEYS if self.has_class("-reading") else LIST_KEYS, "keys")

    def _say(self, text: str, where: str) -> None:
        self.query_one(f"#{where}", Static).update(Content(safe_text(text)))
