"""The seat gauge: the report as a bar, and as words. It only shows figures of the report and counts nothing."""

from collections.abc import Sequence
from typing import Final

from kconsole.core.reports import DomainReport, SeatReport
from kconsole.text import words

Segment = tuple[str, str]
"""Glyphs, and the part of the gauge they stand for: counted, held, taken, over, freed, free or reserved."""

# the parts differ without colour too, by signs that the console of Linux has
GLYPHS: Final = {"counted": "█", "held": "▓", "taken": "▌", "over": "!", "freed": "▒", "free": "░", "reserved": "▄"}
ASCII_GLYPHS: Final = {
    "counted": "#",
    "held": "=",
    "taken": "+",
    "over": "!",
    "freed": "-",
    "free": ".",
    "reserved": ":",
}

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
"""Parts of a cell of a plot, from nothing to all of it."""

_SHOWN_FIRST: Final = ("free", "over", "freed", "taken", "counted", "held", "reserved")
"""Which parts get a cell where there are fewer cells than parts: a bar must not look full while a seat is free."""


def gauge_bar(
    report: SeatReport, width: int, ascii_only: bool = False, planned: SeatReport | None = None
) -> list[Segment]:
    """The bar as segments from left to right, exactly `width` cells together; each glyph takes one cell.

    The whole bar is the license, or all used seats where they exceed it: then the part beyond the limit is marked.
    Without a limit there is no whole: the bar is half full at most, as there is always room for as many again.
    Every part that is not zero gets a cell while there are enough cells. Seats that a `planned` operation frees or
    takes are shown between used and free ones; reserved ones at the end.
    """
    cells = _apportioned(_amounts(report, planned or report), max(width, 0))
    glyphs = ASCII_GLYPHS if ascii_only else GLYPHS
    return [(glyphs[part] * number, part) for part, number in cells.items() if number]


def used_words(report: SeatReport, thing: str = "", beside_state: bool = False) -> str:
    """How many seats are used: "113 of 120 used", "37 used, unlimited", or "39 or more of 120 used".

    Where no label says what is used, a `thing` does: "113 of 120 seats used". Beside the state word, that says what
    has no limit.
    """
    used = f"{words.of_limit(report.used, report.limit, thing)} used"
    if report.partial:
        used = used.replace(" ", " or more ", 1)
    if report.limit is not None or (beside_state and not report.hides_limit):
        return used
    return f"{used}, {'limit not known' if report.hides_limit else 'unlimited'}"


def change_words(before: SeatReport, after: SeatReport) -> str:
    """The seats before and after a change: "Seats used: 113 → 112 of 120."."""
    return f"Seats used: {before.used:,} → {used_words(after).replace(' used', '', 1)}."


def limit_words(report: SeatReport) -> str:
    """How many seats there are: "120 seats", "unlimited seats", "seats not known"."""
    if report.limit is None:
        return "seats not known" if report.hides_limit else "unlimited seats"
    return words.count(report.limit, "seat")


def sparkline(used: Sequence[int], cells: int) -> str:
    """The use of some days as a line of blocks, from the least to the most; each cell is the last day of its part."""
    cells = min(cells, len(used))
    parts = [used[(place + 1) * len(used) // cells - 1] for place in range(cells)]
    low, height = min(parts, default=0), max(parts, default=0) - min(parts, default=0)
    return "".join(BLOCKS[1 + (each - low) * (len(BLOCKS) - 2) // height if height else 1] for each in parts)


def state_word(report: SeatReport) -> str:
    """The state of the license as a word, so that no colour has to say it."""
    return report.state.upper()


def figures(report: SeatReport) -> list[str]:
    """The figures below the bar, the most important first; zeros are omitted, except "0 free".

    Accounts are named; all other numbers are seats, as above them. Accounts without a mailbox are counted where some
    of them are refused at login: all are locked out, or the license has fewer seats than there are accounts.
    """
    most = "at most " if report.partial and report.free else ""
    free = [] if report.over or report.free is None else [f"{most}{report.free:,} free"]
    if report.reserved:
        free += [f"{report.reserved:,} reserved"]
        free += [] if report.available is None else [f"{most}{report.available:,} available"]
    short = report.limit is not None and report.counted > report.limit and not report.locked_out
    seats = ((report.unlisted, "more by the server's count"), (report.held, "held until restart"))
    accounts = (
        (report.locked_out, "locked out"),
        (report.latent if short else 0, "without a mailbox"),
        (report.disabled, "disabled"),
    )
    return [
        f"{words.count(report.counted, 'account')} counted",
        *(f"{number:,} {word}" for number, word in seats if number),
        *free,
        *([f"{report.over:,} over"] if report.over else []),
        *(f"{words.count(number, 'account')} {word}" for number, word in accounts if number),
    ]


def domain_used(domain: DomainReport) -> str:
    """The used seats of a domain, held ones among them: "31 of 40" where it has its own limit, "74" elsewhere."""
    return words.of_limit(domain.counted + domain.held, domain.limit)


def _amounts(now: SeatReport, then: SeatReport) -> dict[str, int]:
    """Seats of each part, in the order of the bar; never all zero."""
    most_used = max(now.used, then.used)
    limit = 2 * most_used if then.limit is None else then.limit
    counted = then.counted + then.unlisted
    counted -= min(max(then.used - now.used, 0), counted)
    within = min(then.used, limit)
    amounts = {"counted": min(counted, within)}
    amounts["held"] = min(then.held, within - amounts["counted"])
    amounts["taken"] = within - amounts["counted"] - amounts["held"]
    amounts["over"] = then.used - within
    amounts["freed"] = most_used - then.used
    free = max(limit - most_used, 0)
    reserved = 0 if then.limit is None else min(then.reserved, free)
    amounts["free"], amounts["reserved"] = free - reserved, reserved
    if not any(amounts.values()):
        # Nothing used of a license without limit: all is free. Nothing used of a license without seats: it is full.
        amounts["free" if then.limit is None else "counted"] = 1
    return amounts


def _apportioned(amounts: dict[str, int], width: int) -> dict[str, int]:
    """Cells for each part in proportion, at least one for each that is not zero if there are so many."""
    whole = sum(amounts.values())
    parts = [part for part in _SHOWN_FIRST if amounts[part]][:width]
    cells = dict.fromkeys(amounts, 0) | {part: max(amounts[part] * width // whole, 1) for part in parts}
    while (spare := width - sum(cells.values())) != 0 and parts:
        if spare > 0:
            # Falls shortest of its share; exact in whole numbers, so that a bar never flickers by rounding.
            part = max(parts, key=lambda part: amounts[part] * width - cells[part] * whole)
            cells[part] += 1
        else:
            part = max(parts, key=lambda part: cells[part])
            cells[part] -= 1
    return cells
