"""The screen on a line: what many accounts cost in time and bytes, beside other programs with the same rows.

How it is measured:

- Real processes, each in a pty of its own that answers no questions, mouse off, in turn, several times; reported
  is the median. A Textual DataTable with very many rows is measured once, as it takes too long.
- The console opens its store, the others read a CSV file of the same rows and the same six columns, each in the way
  that is fastest for it. They show nothing but their table; the console has all around it that it always has, and a
  sorted list.
- The first full screen is the first moment at which all accounts stood there that do when the program is at rest.
- A key is answered with the last byte that changes the screen before the program is at rest: silent, and at work no
  more. Waiting for that is not counted. Where a key asks for a second one (sort, filter), bytes are those of both, time
  that of the second. A filter letter is the slowest of three. Sorting is asked for some seconds after the start.
- The longest wait is that of keys typed twenty times a second while it sorts, for any byte.
- Idle are ten seconds without anything at the end of all that; memory is what the process and its children hold then.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from tests.bench.line import Line, cpu_seconds, line, megabytes
from tests.bench.peers import Peer, Rows, peers_of

ACCOUNTS: Final = (1_000, 10_000, 100_000)
SIZES: Final = ((80, 24), (120, 36))
RUNS: Final = 3

MANY: Final = 50_000
"""Accounts from which on slow programs are measured once only."""

IDLE: Final = 10.0
"""Seconds for which a program is watched while nothing happens."""

STEPS: Final = 5
"""Steps of the cursor, each measured by itself; few enough to stay inside the screen."""

LETTERS: Final = "ann"
"""What is typed into a filter; so many accounts have it that the list stays long."""

TYPING: Final = 0.05
"""Seconds between two keys of someone who does not wait."""

TRUECOLOR: Final[Mapping[str, str]] = {}
SIXTEEN_COLOURS: Final = {"TERM": "xterm", "COLORTERM": ""}


class Figures(NamedTuple):
    """What came out for one program: seconds, bytes, a share, megabytes. None is what it has not, or was not asked."""

    first_screen: float | None
    start_bytes: float | None
    step: float | None
    step_bytes: float | None
    scroll_bytes: float | None
    page: float | None
    page_bytes: float | None
    sort: float | None
    sort_bytes: float | None
    sort_wait: float | None
    letter: float | None
    letter_bytes: float | None
    idle_bytes: float | None
    idle_share: float | None
    memory: float | None


class ChangeCost(NamedTuple):
    """The bytes of what a helpdesk does: an account found by three letters, disabled, confirmed, and undone."""

    find: int
    disable: int
    confirm: int
    undo: int


def compared(
    rows: Rows, size: tuple[int, int], colours: Mapping[str, str], accounts: int, runs: int
) -> dict[str, Figures]:
    """All programs on the same rows, in turn."""
    peers = peers_of(rows)
    found: dict[str, list[Figures]] = {peer.name: [] for peer in peers}
    for run in range(runs):
        for peer in peers:
            if run == 0 or not (peer.is_slow and accounts >= MANY):
                is_idle = run == 0 and colours is TRUECOLOR
                found[peer.name].append(measured(peer, rows, size, colours, is_idle))
    return {name: median_of(figures) for name, figures in found.items()}


def measured(peer: Peer, rows: Rows, size: tuple[int, int], colours: Mapping[str, str], is_idle: bool) -> Figures:
    """Start a program, ask it for everything, and let it be idle if it shall, which takes long."""
    with line(peer.program, size, colours, rows.folder) as one:
        first_screen, start_bytes = one.first_full_screen(), one.received
        one.press(peer.down)  # the first may bring more than the cursor
        steps = [one.press(peer.down) for _ in range(STEPS)]
        one.press(peer.down * size[1])
        scroll = one.press(peer.down)
        page = one.press(peer.page_down)
        letter = letter_bytes = None
        if peer.filter:
            opening = one.press(peer.filter)
            letters = [one.press(key) for key in LETTERS]
            letter, letter_bytes = max(answer.seconds for answer in letters), opening.bytes + letters[0].bytes
            one.press("\x1b")
        asked, sort = one.press_after(*peer.by_name)
        one.press_after(peer.by_account[0], "")
        sort_wait = one.longest_wait(peer.by_account[1] + "jk" * 10, TYPING)
        idle_bytes, idle_share = idle_of(one) if is_idle else (None, None)
        return Figures(
            first_screen=first_screen,
            start_bytes=start_bytes,
            step=statistics.median(answer.seconds for answer in steps),
            step_bytes=statistics.median(answer.bytes for answer in steps),
            scroll_bytes=scroll.bytes,
            page=page.seconds,
            page_bytes=page.bytes,
            sort=sort.seconds,
            sort_bytes=asked.bytes + sort.bytes,
            sort_wait=sort_wait,
            letter=letter,
            letter_bytes=letter_bytes,
            idle_bytes=idle_bytes,
            idle_share=idle_share,
            memory=megabytes(one.screen.pid),
        )


def idle_of(one: Line) -> tuple[int, float]:
    """The bytes that come while nothing happens, and the share of a processor that this takes."""
    before, worked = one.received, cpu_seconds(one.screen.pid)
    one.read_for(IDLE)
    return one.received - before, (cpu_seconds(one.screen.pid) - worked) / IDLE


def median_of(runs: Sequence[Figures]) -> Figures:
    """The medians of what was measured."""
    columns = [[value for value in values if value is not None] for values in zip(*runs, strict=True)]
    return Figures(*(statistics.median(values) if values else None for values in columns))


def change_of(peer: Peer, rows: Rows, size: tuple[int, int], colours: Mapping[str, str]) -> ChangeCost:
    """Let a helpdesk do its work in the console, and see to it that it was done."""
    with line(peer.program, size, colours, rows.folder) as one:
        one.first_full_screen()
        find = sum(one.press(key).bytes for key in (peer.filter, *LETTERS, "\r"))
        disable = one.press("d").bytes
        _need(one, "Disable 1 account")
        confirm = one.press("y").bytes
        _need(one, "u undo")
        undo = one.press("u").bytes
        _need(one, "undone")
        return ChangeCost(find, disable, confirm, undo)


def _need(one: Line, text: str) -> None:
    if text not in one.text:
        raise AssertionError(f"{text!r} is not on the screen:\n{one.text}")
