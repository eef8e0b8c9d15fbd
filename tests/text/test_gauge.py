"""The gauge: bars for any figures and width, and the words beside them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.license import License
from kconsole.core.records import Inventory
from kconsole.core.reports import DomainReport, SeatReport
from kconsole.text.gauge import (
    ASCII_GLYPHS,
    GLYPHS,
    domain_used,
    figures,
    gauge_bar,
    limit_words,
    state_word,
    used_words,
)
from tests.under_kerio import evaluate

NOTHING = evaluate(Inventory(license=License(seats=None)))


def report(limit: int | None, counted: int, held: int = 0) -> SeatReport:
    used = counted + held
    return NOTHING._replace(
        limit=limit,
        counted=counted,
        held=held,
        used=used,
        free=None if limit is None else max(limit - used, 0),
        over=0 if limit is None else max(used - limit, 0),
    )


def drawn(segments: list[tuple[str, str]]) -> str:
    return "".join(text for text, _ in segments)


REPORTS = st.builds(
    report,
    st.none() | st.integers(0, 30) | st.integers(0, 100_000),
    st.integers(0, 30) | st.integers(0, 100_000),
    st.integers(0, 30) | st.integers(0, 1000),
)


@pytest.mark.parametrize(
    ("before", "after", "bar"),
    [
        (report(20, 10), None, "##########.........."),
        (report(20, 10, 3), None, "##########===......."),
        (report(20, 0), None, "...................."),
        (report(20, 20), None, "####################"),
        (report(2000, 1999), None, "###################."),
        (report(2000, 1), None, "#..................."),
        (report(2000, 1998, 1), None, "##################=."),
        (report(16, 20), None, "################!!!!"),
        (report(16, 14, 6), None, "##############==!!!!"),
        (report(0, 0), None, "####################"),
        (report(0, 3), None, "!!!!!!!!!!!!!!!!!!!!"),
        (report(None, 0), None, "...................."),
        (report(None, 37), None, "##########.........."),
        (report(None, 9, 1), None, "#########=.........."),
        (report(20, 15), report(20, 13), "#############--....."),
        (report(20, 15), report(20, 17), "###############++..."),
        (report(20, 15, 1), report(20, 14, 2), "##############==...."),
        (report(20, 18), report(20, 25), "##############++!!!!"),
        (report(16, 20), report(16, 18), "################!!--"),
        (report(16, 20), report(16, 15), "###############-----"),
        (report(None, 10), report(None, 8), "########--.........."),
        (report(1000, 900), report(1000, 899), "################" + "#-.."),
    ],
)
def test_bars(before: SeatReport, after: SeatReport | None, bar: str) -> None:
    assert drawn(gauge_bar(before, 20, ascii_only=True, planned=after)) == bar


def test_segments_name_their_parts() -> None:
    assert gauge_bar(report(10, 5, 2), 10) == [("█████", "counted"), ("▓▓", "held"), ("░░░", "free")]
    assert gauge_bar(report(5, 6), 6) == [("█████", "counted"), ("!", "over")]
    assert gauge_bar(report(5, 4), 5, planned=report(5, 5)) == [("████", "counted"), ("▌", "taken")]
    assert gauge_bar(report(5, 4), 5, planned=report(5, 3)) == [("███", "counted"), ("▒", "freed"), ("░", "free")]


@pytest.mark.parametrize("width", [0, -1])
def test_no_cells_no_bar(width: int) -> None:
    assert gauge_bar(report(10, 5), width) == []


@given(REPORTS, st.integers(0, 400), st.booleans(), st.none() | REPORTS)
def test_any_bar_has_its_width_and_hides_no_part(
    before: SeatReport, width: int, ascii_only: bool, after: SeatReport | None
) -> None:
    if after is not None:
        after = report(before.limit, after.counted, after.held)
    segments = gauge_bar(before, width, ascii_only, after)
    bar = drawn(segments)
    shown = after or before
    parts = [part for _, part in segments]
    glyphs = ASCII_GLYPHS if ascii_only else GLYPHS
    assert len(bar) == width
    assert all(text == glyphs[part] * len(text) for text, part in segments)
    assert len(set(parts)) == len(parts)
    assert sorted(parts, key=list(GLYPHS).index) == parts
    if width and min(before.free or 0, shown.free or 0) > 0:
        assert "free" in parts
    if width >= 6:
        assert ("over" in parts) == (shown.over > 0)
        assert ("freed" in parts) == (shown.used < before.used)
        assert after is not None or ("held" in parts) >= (before.held > 0 and before.over == 0)
        assert after is not None or ("counted" in parts) >= (before.counted > 0 and before.limit != 0)
    if after is None:
        assert not {"freed", "taken"} & set(parts)


@given(st.integers(1, 2000), st.integers(0, 2000), st.integers(1, 200))
def test_one_seat_more_never_shortens_the_used_part(limit: int, counted: int, width: int) -> None:
    def free_cells(used: int) -> int:
        return sum(len(text) for text, part in gauge_bar(report(limit, used), width) if part == "free")

    assert free_cells(counted) >= free_cells(counted + 1)


@pytest.mark.parametrize(
    ("figures_", "words"),
    [
        (report(120, 110, 3), "113 of 120 used"),
        (report(None, 37), "37 used, unlimited"),
        (report(2000, 1500), "1,500 of 2,000 used"),
        (report(0, 0), "0 of 0 used"),
    ],
)
def test_used_words(figures_: SeatReport, words: str) -> None:
    assert used_words(figures_) == words


def test_what_is_used_is_named_where_no_label_does_so() -> None:
    assert [used_words(report(*figures_), "seat") for figures_ in ((120, 110, 3), (None, 1), (None, 1037), (1, 1))] == [
        "113 of 120 seats used",
        "1 seat used, unlimited",
        "1,037 seats used, unlimited",
        "1 of 1 seat used",
    ]
    partial = report(120, 39)._replace(partial=True)
    assert used_words(partial, "seat") == "39 or more of 120 seats used"


def test_a_limit_that_the_server_does_not_report_is_not_said_to_be_none() -> None:
    hidden = report(None, 37)._replace(hides_limit=True)
    assert used_words(hidden) == "37 used, limit not known"
    assert [limit_words(each) for each in (hidden, report(None, 1), report(1, 1), report(1500, 0))] == [
        "seats not known", "unlimited seats", "1 seat", "1,500 seats",
    ]  # fmt: skip


def test_state_words() -> None:
    words = [
        state_word(NOTHING._replace(state="unlimited")),
        state_word(NOTHING._replace(state="exceeded")),
        state_word(NOTHING._replace(state="full")),
        state_word(NOTHING._replace(state="low")),
        state_word(NOTHING._replace(state="ok")),
    ]
    assert words == ["UNLIMITED", "EXCEEDED", "FULL", "LOW", "OK"]


@pytest.mark.parametrize(
    ("figures_", "reported"),
    [
        (report(120, 110, 3), ["110 accounts counted", "3 held until restart", "7 free"]),
        (report(5, 1), ["1 account counted", "4 free"]),
        (report(5, 5)._replace(latent=4), ["5 accounts counted", "0 free"]),
        (report(None, 1037)._replace(latent=4), ["1,037 accounts counted"]),
        (report(10, 12), ["12 accounts counted", "2 over"]),
        (
            report(10, 12)._replace(disabled=1, latent=9, locked_out=9),
            ["12 accounts counted", "2 over", "9 accounts locked out", "1 account disabled"],
        ),
        (report(10, 12)._replace(latent=3), ["12 accounts counted", "2 over", "3 accounts without a mailbox"]),
    ],
)
def test_figures(figures_: SeatReport, reported: list[str]) -> None:
    assert figures(figures_) == reported


@pytest.mark.parametrize(
    ("counted", "held", "limit", "words"),
    [(31, 0, 40, "31 of 40"), (74, 0, None, "74"), (30, 2, 40, "32 of 40"), (1200, 0, 1500, "1,200 of 1,500")],
)
def test_domain_used(counted: int, held: int, limit: int | None, words: str) -> None:
    domain = DomainReport(
        name="a.example", created=0, counted=counted, held=held, disabled=0, connected=0, limit=limit, free=None
    )
    assert domain_used(domain) == words
