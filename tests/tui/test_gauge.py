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
