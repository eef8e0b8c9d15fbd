"""The chart: bars as long as their values, in an SVG that can be read by machines too."""

from xml.etree import ElementTree

import pytest

from tests.bench.chart import Panel, chart, shares

SVG = "{http://www.w3.org/2000/svg}"


def words(value: float) -> str:
    return f"{value:g} B"


def test_bars_are_as_long_as_their_values() -> None:
    assert shares(Panel("Bytes", [300, 600, None], words)) == [0.5, 1.0, 0.0]


def test_bars_of_powers_of_ten_begin_below_the_least() -> None:
    assert shares(Panel("Seconds", [0.3, 3, 30], words, is_logarithmic=True)) == pytest.approx(
        [0.191, 0.596, 1], abs=0.01
    )
    assert shares(Panel("Seconds", [1.0, 10.0], words, is_logarithmic=True)) == [0.5, 1.0]


def test_where_nothing_is_known_there_are_no_bars() -> None:
    assert shares(Panel("Nothing", [None, None], words, is_logarithmic=True)) == [0.0, 0.0]


def test_names_and_values_stand_in_it_as_they_are() -> None:
    drawn = ElementTree.fromstring(chart("1 < 2", ["ours", "<theirs>"], [Panel("Bytes & more", [300, None], words)]))
    texts = [element.text for element in drawn.iter(f"{SVG}text")]
    assert texts == ["1 < 2", "Bytes & more", "ours", "300 B", "<theirs>", "–"]
