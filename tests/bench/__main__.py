"""Run the benchmarks, and print their tables as Markdown: `python -m tests.bench [PART ...]`; see `PARTS`."""

import argparse
import compileall
import sys
from pathlib import Path

import kconsole

PARTS = ("startup", "screen", "store", "journal", "sync", "roles", "plan", "reclaim", "forecast", "postgresql", "fleet")


def main() -> None:
    """Run those that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measures, beside others, in one run.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all, if none is named")
    parser.add_argument("--accounts", default="1000,10000,100000", metavar="N,N", help="of screen, store and plan")
    parser.add_argument("--lines", default="100000", metavar="N,N", help="of journal; 1000000 takes some minutes")
    parser.add_argument("--runs", type=int, default=3, help="of each program of the screen")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="an SVG of the screen's figures")
    chosen = parser.parse_args()
    parts = chosen.parts or PARTS
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    # An installed package is compiled. A checkout may not be, and then compiling it would count as starting it.
    compileall.compile_dir(str(Path(kconsole.__file__).parent), quiet=2)
    accounts, lines = ([int(number) for number in text.split(",")] for text in (chosen.accounts, chosen.lines))
    for part in parts:
        sys.stdout.write(f"{_report(part, accounts, lines, chosen.runs, chosen.chart)}\n")
        sys.stdout.flush()


def _report(part: str, accounts: list[int], lines: list[int], runs: int, chart: Path | None) -> str:
    if part == "startup":
        from tests.bench import startup

        return startup.report()
    if part == "store":
        from tests.bench import store

        return store.report(accounts)
    if part == "journal":
        from tests.bench import journal

        return journal.report(lines)
    if part == "sync":
        from tests.bench import sync

        return sync.report()
    if part == "roles":
        from tests.bench import roles

        return roles.report()
    if part == "plan":
        from tests.bench import plan

        return plan.report(accounts)
    if part == "reclaim":
        from tests.bench import reclaim

        return reclaim.report()
    if part == "forecast":
        from tests.bench import forecast

        return forecast.report()
    if part == "postgresql":
        from tests.bench import postgresql

        return postgresql.report(accounts[-1:], lines)
    if part == "fleet":
        from tests.bench import fleet

        return fleet.report(accounts[-1])
    from tests.bench import screen_tables

    tables, picture = screen_tables.report(accounts, runs)
    if chart is not None:
        chart.write_text(picture, encoding="utf-8")
    return tables


if __name__ == "__main__":
    main()
