"""Commands that move the cursor in a list. Keys as in vim, k9s and lazygit."""

from kconsole.tui.commands.base import AnyCommand, Command


class _Movement(Command):
    group = "Moving"


class Down(_Movement):
    """Next row."""

    name, keys, title = "down", "j,down", "Move: next row"


class Up(_Movement):
    """Row before."""

    name, keys, title = "up", "k,up", "Move: row before"


class PageDown(_Movement):
    """A page down."""

    name, keys, title = "page-down", "pagedown,ctrl+f", "Move: a page down"


class PageUp(_Movement):
    """A page up."""

    name, keys, title = "page-up", "pageup", "Move: a page up"


class HalfPageDown(_Movement):
    """Half a page down."""

    name, keys, title = "half-page-down", "ctrl+d", "Move: half a page down"


class HalfPageUp(_Movement):
    """Half a page up."""

    name, keys, title = "half-page-up", "ctrl+u", "Move: half a page up"


class Top(_Movement):
    """First row."""

    name, keys, title = "top", "g,home", "Move: first row"


class Bottom(_Movement):
    """Last row."""

    name, keys, title = "bottom", "G,end", "Move: last row"


MOVEMENTS: tuple[AnyCommand, ...] = (Down, Up, PageDown, PageUp, HalfPageDown, HalfPageUp, Top, Bottom)
