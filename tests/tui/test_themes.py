"""The themes: every text can be read in all of them, and going from one to another leaves nothing behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from kconsole.core.codes import message
from kconsole.operations.appearance import THEMES
from kconsole.operations.preferences import Preferences
from kconsole.operations.settings import Settings
from kconsole.text.terminals import TerminalProfile
from kconsole.tui.styles import PART_STYLES, REVERSED, palette_of
from kconsole.tui.themes import CONTRAST, DARK, LIGHT, terminal_theme, themes_for
from tests.limits import each_with_some
from tests.tui.console import WIDE, Console, console, painted

OWN = (DARK, LIGHT, CONTRAST)
NO_COLOURS = TerminalProfile(colours="none")
STATES = {
    "marks": ("space", "j", "space"),
    "confirm": ("d",),
    "sort": ("s", "j"),
    "add": ("a", "n"),
    "filter": ("slash", "s", "c"),
    "details": ("enter",),
    "help": ("question_mark",),
    "palette": ("colon", "d", "down"),
    "log": ("L",),
    "nothing found": ("slash", "z", "z", "z"),
}


def least(theme: Theme) -> float:
    """The least contrast that a text of a theme may have."""
    return 7.0 if theme is CONTRAST else 4.5


def least_behind(theme: Theme) -> float:
    """The least contrast behind a dialog, where a text shall be recognised rather than read."""
    return 7.0 if theme is CONTRAST else 2.0


def brightness(color: Color) -> float:
    """The relative luminance, as the Web Content Accessibility Guidelines have it."""
    parts = [value / 255 for value in color.rgb]
    red, green, blue = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    bright, dark = sorted((brightness(one), brightness(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def in_256(color: Color) -> Color:
    """The nearest of 256 colours."""
    return Color(*RichColor.from_rgb(*color.rgb).downgrade(ColorSystem.EIGHT_BIT).get_truecolor())


def variables(theme: Theme) -> dict[str, str]:
    return {**theme.to_color_system().generate(), **theme.variables}


def test_there_is_a_theme_for_each_name_that_can_be_chosen() -> None:
    assert tuple(themes_for(TerminalProfile())) == THEMES
    assert themes_for(TerminalProfile(background="light"))["terminal"] == terminal_theme(True)
    assert not terminal_theme(True).dark


@pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)
@pytest.mark.parametrize("ink", PART_STYLES)
def test_every_ink_can_be_read_on_every_ground(theme: Theme, ink: str) -> None:
    colours = variables(theme)
    colour = Color.parse(colours[PART_STYLES[ink].colour])
    grounds = [Color.parse(colours[name]) for name in ("background", "surface", "panel")]
    if colours["cursor"] != REVERSED:
        grounds.append(Color.parse(colours["cursor"]))
    for ground in grounds:
        assert contrast(colour, ground) >= least(theme)
        assert contrast(in_256(colour), in_256(ground)) >= 4.5


@pytest.mark.parametrize("theme", [*OWN, terminal_theme(False), terminal_theme(True)], ids=lambda theme: theme.name)
def test_the_row_of_the_cursor_differs_from_the_others(theme: Theme) -> None:
    palette = palette_of(variables(theme), theme.ansi)
    assert palette.cursor != Style()
    assert palette.cursor.reverse or palette.cursor.bgcolor is not None
    assert palette.waiting_cursor.bold or palette.waiting_cursor.bgcolor is not None


def cells(screen: Console) -> Iterator[tuple[str, Style]]:
    for strip in painted(screen.app):
        for segment in strip:
            yield segment.text, segment.style or Style()


def unreadable(screen: Console, theme: Theme) -> set[tuple[str, str]]:
    """Words on the screen whose contrast is too low, with their styles. Those behind a dialog may have less."""
    found: set[tuple[str, str]] = set()
    box = None if screen.dialog is None else screen.dialog.query_one(".dialog").region
    for y, strip in enumerate(painted(screen.app)):
        x = 0
        for segment in strip:
            text, style, is_behind = segment.text, segment.style or Style(), box is not None and not box.contains(x, y)
            x += segment.cell_length
            if not any(character.isalnum() for character in text):
                continue
            assert style.color is not None, text
            assert style.bgcolor is not None, text
            ink, ground = (Color.from_rich_color(colour) for colour in (style.color, style.bgcolor))
            if is_behind and y < screen.app.size.height - 1:
                assert screen.app.palette.behind is not None
                assert style.color == screen.app.palette.behind.color
            if contrast(ink, ground) < (least_behind(theme) if is_behind else least(theme)):
                found.add((text.strip(), f"{ink.hex} on {ground.hex}"))
    return found


@pytest.mark.thorough
@pytest.mark.parametrize("state", STATES)
async def test_every_word_on_the_screen_can_be_read(state: str) -> None:
    async with console("crisis", WIDE) as screen:
        await screen.press(*STATES[state])
        for theme in OWN:
            screen.app.choose_theme(theme.name)
            await screen.settled()
            assert not unreadable(screen, theme)


# Choosing


async def test_t_goes_through_all_themes_and_tells_which_it_is() -> None:
    async with console() as screen:
        seen = [screen.app.theme]
        for _ in THEMES:
            reported = screen.app.next_theme()
            seen.append(screen.app.theme)
            assert reported == f"Theme: {seen[-1]}"
        assert seen == [*THEMES, THEMES[0]]


@pytest.mark.thorough
async def test_a_theme_looks_the_same_whether_begun_with_or_changed_to() -> None:
    begun: dict[str, list[tuple[str, Style]]] = {}
    for theme in THEMES:
        async with console(theme=theme) as screen:
            await screen.press("j", "space")
            begun[theme] = list(cells(screen))
    for before in THEMES:
        async with console(theme=before) as screen:
            await screen.press("j", "space")
            for theme in THEMES:
                screen.app.choose_theme(theme)
                await screen.settled()
                assert list(cells(screen)) == begun[theme], (theme, before)
                screen.app.choose_theme(before)


async def test_the_choice_is_there_the_next_time(tmp_path: Path) -> None:
    file = tmp_path / "habits.json"
    async with console(preferences=Preferences(file)) as screen:
        assert screen.app.choose_theme("kconsole-contrast") == "Theme: kconsole-contrast"
    async with console(preferences=Preferences(file), settings=Settings(theme="kconsole-light")) as screen:
        assert screen.app.theme == "kconsole-contrast"
    async with console(preferences=Preferences(file), theme="terminal") as screen:
        assert screen.app.theme == "terminal"
    async with console(settings=Settings(theme="kconsole-light")) as screen:
        assert screen.app.theme == "kconsole-light"
    async with console(profile=TerminalProfile(colours="16")) as screen:
        assert screen.app.theme == "terminal"


async def test_a_choice_that_cannot_be_kept_holds_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "way").write_text("a file in the way")
    async with console(preferences=Preferences(tmp_path / "way" / "habits.json")) as screen:
        reported = screen.app.next_theme()
        assert screen.app.theme == "kconsole-light"
        assert reported.startswith("Theme: kconsole-light. Your choice cannot be saved in ")


async def test_problems_of_the_configuration_are_there_to_be_shown() -> None:
    settings = Settings(
        keys={"nonsense": "q"},
        problems=(message("settings-not-utf8", file="a: \x1b[31m", line=1, at=3, byte="ff", encoding="UTF-8"),),
    )
    async with console(settings=settings) as screen:
        assert screen.app.problems[0].startswith("a: ␛[31m, line 1: Byte 3 (0xff)")
        assert "nonsense" in screen.app.problems[1]
        assert len(screen.app.problems) == 2


# Without colours


@pytest.mark.thorough
@pytest.mark.parametrize(("state", "theme"), each_with_some(STATES, ["", "kconsole", "kconsole-light"], ()))
async def test_without_colours_there_are_none_and_the_cursor_is_seen(state: str, theme: str) -> None:
    async with console(profile=NO_COLOURS, theme=theme) as screen:
        await screen.press(*STATES[state])
        for _, style in cells(screen):
            assert style.color is None or style.color.is_default
            assert style.bgcolor is None or style.bgcolor.is_default
        assert any(style.reverse for _, style in cells(screen))


async def test_without_colours_the_theme_stays() -> None:
    async with console(profile=NO_COLOURS) as screen:
        assert "no colours" in screen.app.next_theme()
        assert screen.app.theme == "terminal"


async def test_an_empty_no_color_is_no_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    async with console() as screen:
        assert any(style.color and not style.color.is_default for _, style in cells(screen))
