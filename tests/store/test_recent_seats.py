"""The seats used on the last days, as the lines of a log say."""

from datetime import date

from kconsole.store.recent_seats import recent_seats

TODAY = date(2026, 8, 5)


def line(day: str, seats: tuple[int, int] | None = None) -> bytes:
    said = "" if seats is None else f',"seats":[{seats[0]},{seats[1]}]'
    return f'{{"sequence":7,"at":"{day}T12:00:00Z","operator":"anna"{said},"changes":[]}}\n'.encode()


def test_each_day_has_the_seats_of_its_end() -> None:
    lines = [line("2026-08-04", (8, 9)), line("2026-08-04", (7, 8)), line("2026-08-01", (5, 7)), line("2026-07-31")]
    assert recent_seats(lines, 9, TODAY, 90) == [5, 7, 7, 7, 9, 9]
    assert recent_seats(lines, 9, TODAY, 3) == [7, 9, 9]
    assert recent_seats(lines, 9, TODAY, 1) == [9]


def test_lines_without_a_day_or_of_a_wrong_clock_change_no_day() -> None:
    lines = [b'{"sequence":3,"gap":true}\n', line("2027-01-01", (8, 9)), line("2026-08-03", (6, 8))]
    assert recent_seats(lines, 9, TODAY, 90) == [8, 8, 9]
    assert recent_seats([], 9, TODAY, 90) == [9]
