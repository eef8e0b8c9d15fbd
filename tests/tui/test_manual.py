"""The topics of the manual on the screen."""

import pytest

from kconsole.text import manual
from kconsole.text.manual import Topic
from kconsole.tui.screens.console import ConsoleScreen
from kconsole.tui.widgets.row_list import Sheet
from tests.tui.console import NARROW, console

PAGE = "Opening.\n\n" + "\n\n".join(f"Line {number} of it, the seat is free." for number in range(40))
TOPICS = {
    name: Topic(name, f"All about {name}", source)
    for name, source in {"alpha": PAGE, "beta": "A store that is *busy*.", "gamma": "Nothing else.\n"}.items()
}
own = manual.topics


@pytest.fixture(autouse=True)
def own_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manual, "topics", lambda: TOPICS)


async def test_topics_are_listed_read_and_left_again() -> None:
    async with console("small", NARROW) as screen:
        await screen.press("question_mark", "enter")
        assert "Manual · 3 topics" in screen.text
        await screen.press("j", "enter")
        assert "Manual: beta" in screen.text
        assert "A store that is busy." in screen.text
        await screen.press("escape")
        assert "Manual · 3 topics" in screen.text
        await screen.press("enter")
        assert "Manual: beta" in screen.text
        await screen.press("escape", "escape", "escape")
        assert screen.app.screen is screen.main


async def test_it_opens_at_the_topic_of_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manual, "topics", own)
    async with console("small", NARROW) as screen:
        await screen.press("l", "question_mark", "enter", "enter")
        assert "Manual: license" in screen.text
        page = screen.app.screen.query_one(Sheet)
        assert max(sum(len(text) for text, _ in line) for line in page.lines) <= page.size.width - 3


@pytest.mark.parametrize("screen", ConsoleScreen.__subclasses__(), ids=lambda screen: screen.__name__)
def test_every_screen_has_a_topic(screen: type[ConsoleScreen]) -> None:
    assert screen.topic in own()


@pytest.mark.thorough
async def test_a_page_scrolls_and_is_searched() -> None:
    async with console("small", NARROW) as screen:
        await screen.press("question_mark", "enter", "enter")
        assert "Opening." in screen.text
        assert "Line 39" not in screen.text
        await screen.press("G")
        assert "Line 39" in screen.text
        await screen.press("g", "slash", *"line 1", "enter")
        assert "▸ Line 1 of it" in screen.text
        await screen.press("slash", *"zzz", "enter")
        assert "not found" in screen.text


@pytest.mark.thorough
async def test_a_search_of_all_topics_goes_on_in_the_page() -> None:
    async with console("small", NARROW) as screen:
        await screen.press("question_mark", *"busy", "enter")
        assert "1 topic" in screen.text
        assert "alpha" not in screen.text
        await screen.press("enter")
        assert "▸ A store that is busy." in screen.text
        await screen.press("escape", "escape")
        assert "Manual · 3 topics" in screen.text
        await screen.press("slash", *"zzz", "enter")
        assert "No topic has these words." in screen.text
        await screen.press("enter")
        assert "No topic has these words." in screen.text
