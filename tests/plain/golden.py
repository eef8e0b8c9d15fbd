"""What the plain console says on a visit to all of it: `python -m tests.plain.golden` writes the golden files again."""

import os
import re
import tempfile
import time
from pathlib import Path
from typing import Final

from kconsole.operations.samples import sample_session
from tests.clocks import noon
from tests.plain.console import run

FOLDER: Final = Path(__file__).parent / "golden"

WALKS: Final = {
    "office": (
        "?", "1", "2", "?", "nonsense", "1", "f", "is:never is:seat", "?", "n", "p", "1", "?", "1", "?", "left",
        "?", "y", "2-3,5", "1", "", "n", "1-12", "1", "gone", "y", "1-12", "3", "", "1", "", "no", "s", "2", "d", "3",
        "f", "is:nonsense", "never", "b", "3", "0", "5", "", "y", "5", "4", "1", "?", "2", "x 1-2", "r", "1", "b", "b",
        "e", "a", "", "no", "b", "b", "6", "?", "n", "68", "u", "", "n", "99", "f", "anna", "b", "7", "b", "8", "9",
        "2", "30d", "b", "10", "dora", "Dora Lind", "", "n", "11", "12", "", "n", "99", "q",
    ),
    "crisis": ("2", "is:disabled", "1", "2", "b", "10", "3", "1", "2", "", "1", "4", "b"),
}  # fmt: skip
"""By the name of the sample, what is typed. The input ends there."""


_CHANGING: Final = re.compile(
    r"^(?:(Session:|System user:|Chance [a-z ]+:|Hardly|Needed:|Smallest:)|\d+ more seats?|The seats last).*$",
    re.M,
)
"""What differs from run to run: a forecast is drawn from the hash of the log."""


def transcript(name: str) -> str:
    """What is asked, typed and said."""
    with tempfile.TemporaryDirectory() as folder:
        clock = noon()
        session = sample_session(name, Path(folder) / "store", "anna", clock, with_past=True)
        script = run(session, *WALKS[name], echo=True)
        session.close()
    return _CHANGING.sub(lambda found: f"{found[1] or 'A purchase'} X", script.out)


def main() -> None:
    """Write all golden files."""
    os.environ["TZ"] = "UTC"  # as in tests
    time.tzset()
    FOLDER.mkdir(exist_ok=True)
    for name in WALKS:
        (FOLDER / f"{name}.txt").write_text(transcript(name), encoding="utf-8")


if __name__ == "__main__":
    main()
