"""The gauge of the screen: its bar stays as wide as it is, whatever stands beside it."""

import pytest

from kconsole.core.reports import SeatReport
from kconsole.text.gauge import GLYPHS
from kconsole.tui.widgets.lines import SeatGauge
from tests.text.test_gauge import report


def bar_cells(now: SeatReport, planned: SeatReport | None, width: int) -> int:
    gauge = SeatGauge()
    gauge.set_reactive(SeatGauge.report, now)
    gauge.set_reactive(SeatGauge.planned, planned)
    parts = list(gauge.paint(0, width))
    assert sum(len(text) for text, _ in parts) == width
    return sum(len(text) for text, part in parts if part in GLYPHS)


@pytest.mark.parametrize("limit", [120, 9, 0, None])
def test_the_bar_keeps_its_width_while_accounts_are_marked(limit: int | None) -> None:
    now = report(limit, 9)._replace(created=120, state="unlimited" if limit is None else "ok")
    after = [report(limit, used)._replace(state=now.state) for used in (0, 1, 8, 10, 99, 120)]
    after += [report(limit, 120)._replace(state="exceeded")] if limit is not None else []
    assert {bar_cells(now, planned, 80) for planned in (None, *after)} == {bar_cells(now, None, 80)}
    assert bar_cells(now, None, 80) >= 20


def second_line(now: SeatReport, use: tuple[int, ...], width: int) -> str:
    gauge = SeatGauge()
    gauge.set_reactive(SeatGauge.report, now)
    gauge.set_reactive(SeatGauge.use, use)
    line = "".join(text for text, _ in gauge.paint(1, width))
    assert len(line) <= width
    return line


def test_the_use_of_the_last_days_is_a_line_where_there_is_room() -> None:
    now = report(120, 113)._replace(disabled=18)
    use = (*range(24, 113), 100)  # the last one is as the report has it
    assert second_line(now, use, 118).endswith("▁▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆▇▇▇▇█ in 90 days ")
    assert "18 accounts disabled" in second_line(now, use, 118)
    assert second_line(now, use, 78).endswith("disabled    ▁▁▂▂▃▃▄▄▅▅▆▆▇▇█ 90 d ")
    assert "disabled" not in second_line(now, use, 64)  # the last figure makes room
    assert second_line(now, use, 64).endswith("█ 90 d ")
    assert "▁" not in second_line(now, use, 50)
    assert "▁" not in second_line(now, use[:13], 118)  # too little is known
    assert second_line(now, (113,) * 20, 118).endswith("▁" * 20 + " in 20 days ")
