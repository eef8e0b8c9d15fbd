"""The figures of the screen as Markdown, and as a chart."""

from collections.abc import Mapping, Sequence
from typing import Final

from tests.bench.chart import Panel, chart
from tests.bench.peers import kconsole, left_out, rows_of
from tests.bench.screen import (
    ACCOUNTS,
    RUNS,
    SIXTEEN_COLOURS,
    SIZES,
    TRUECOLOR,
    ChangeCost,
    Figures,
    change_of,
    compared,
)

NARROW: Final = SIZES[0]

Measured = dict[int, dict[tuple[int, int], dict[str, Figures]]]
"""By number of accounts, size of the terminal, and program."""


def report(accounts: Sequence[int] = ACCOUNTS, runs: int = RUNS) -> tuple[str, str]:
    """Measure, and give the tables and the chart, which shows the most accounts in the smaller terminal."""
    found: Measured = {}
    for number in accounts:
        with rows_of(number) as rows:
            found[number] = {size: compared(rows, size, TRUECOLOR, number, runs) for size in SIZES}
            if number == max(accounts):
                sixteen = compared(rows, NARROW, SIXTEEN_COLOURS, number, 1)
                operations = {
                    f"{size[0]}x{size[1]}, {name}": change_of(kconsole(rows), rows, size, colours)
                    for size in SIZES
                    for name, colours in (("truecolor", TRUECOLOR), ("16 colours", SIXTEEN_COLOURS))
                }
    shown = found[max(accounts)][NARROW]
    tables = [
        *(line for size in SIZES for line in (*_main_table(found, size), "")),
        *_sixteen_table(sixteen),
        "",
        *_change_table(operations, max(accounts)),
        "",
        left_out(shown),
    ]
    return "\n".join(tables), picture(shown, max(accounts))


_MAIN_HEAD: Final = (
    "first full screen", "step", "scrolling step", "page", "sort", "longest wait while it sorts", "filter letter",
    "idle 10 s", "memory",
)  # fmt: skip


def _main_table(found: Measured, size: tuple[int, int]) -> list[str]:
    lines = [
        f"| {size[0]}x{size[1]}, accounts | program | {' | '.join(_MAIN_HEAD)} |",
        "|---:|---|" + "---:|" * len(_MAIN_HEAD),
    ]
    for number, by_size in found.items():
        for name, one in by_size[size].items():
            cells = (
                seconds(one.first_screen),
                both(one.step, one.step_bytes),
                count(one.scroll_bytes, "B"),
                both(one.page, one.page_bytes),
                both(one.sort, one.sort_bytes),
                seconds(one.sort_wait),
                both(one.letter, one.letter_bytes),
                f"{count(one.idle_bytes, 'B')}, {_percent(one.idle_share)} CPU",
                count(one.memory, "MB"),
            )
            lines.append(f"| {number:,} | {name} | {' | '.join(cells)} |")
    return lines


def _sixteen_table(found: Mapping[str, Figures]) -> list[str]:
    lines = [
        "| 16 colours, 80x24 | first screen | step | scrolling step | page | sort | filter letter |",
        "|---|" + "---:|" * 6,
    ]
    for name, one in found.items():
        numbers = (
            one.start_bytes, one.step_bytes, one.scroll_bytes, one.page_bytes, one.sort_bytes, one.letter_bytes,
        )  # fmt: skip
        lines.append(f"| {name} | {' | '.join(count(number, 'B') for number in numbers)} |")
    return lines


def _change_table(operations: Mapping[str, ChangeCost], accounts: int) -> list[str]:
    lines = [
        f"| a helpdesk's change, {accounts:,} accounts | find, by `/` and three letters | `d` | `y` | `u` | all |",
        "|---|" + "---:|" * 5,
    ]
    lines += [
        f"| {name} | {' | '.join(count(number, 'B') for number in (*operation, sum(operation)))} |"
        for name, operation in operations.items()
    ]
    return lines


def picture(found: Mapping[str, Figures], accounts: int) -> str:
    """The chart: what matters most of one terminal, side by side."""
    return chart(
        f"{accounts:,} accounts in a terminal of {NARROW[0]}x{NARROW[1]}: shorter is better",
        list(found),
        (
            Panel("Start to first full screen", [one.first_screen for one in found.values()], seconds, True),
            Panel("Sort by name, key to last byte", [one.sort for one in found.values()], seconds, True),
            Panel("A step of the cursor", [one.step_bytes for one in found.values()], _bytes),
            Panel("A page", [one.page_bytes for one in found.values()], _bytes),
            Panel("A sort, with what asks for the column", [one.sort_bytes for one in found.values()], _bytes),
            Panel("Memory", [one.memory for one in found.values()], lambda value: count(value, "MB")),
        ),
    )


def seconds(value: float | None) -> str:
    """A time, as long as it needs to be."""
    if value is None:
        return "–"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def count(value: float | None, unit: str) -> str:
    """A number of something."""
    return "–" if value is None else f"{value:,.0f} {unit}"


def both(time: float | None, number: float | None) -> str:
    """A time and bytes."""
    return "–" if time is None else f"{seconds(time)}, {count(number, 'B')}"


def _bytes(value: float | None) -> str:
    return count(value, "B")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f} %"
