"""Looks for words of the old dialect in what users and readers see: `python -m tests.plain_words`.

Checked are the string literals, docstrings and comments of kconsole/, its style sheets and topics, README.md and
CHANGELOG.md.
What has to stay, as a field name of a file format does, stands with its reason in `plain_words.toml`.
"""

import ast
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
SETTINGS: Final = Path(__file__).with_suffix(".toml")


class Finding(NamedTuple):
    """A word in a place."""

    path: str
    line: int
    word: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: '{self.word}' in: {self.text}"


def texts_of_python(source: str) -> Iterator[tuple[int, str]]:
    """The strings, docstrings and comments of a module, with their lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for place, line in enumerate(node.value.splitlines() or [""]):
                yield node.lineno + place, line
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a file, with their lines."""
    source = path.read_text()
    if path.suffix == ".py":
        return texts_of_python(source)
    return iter(list(enumerate(source.splitlines(), 1)))


def files() -> list[Path]:
    """What is checked."""
    code = [path for path in sorted((ROOT / "kconsole").rglob("*")) if path.suffix in (".py", ".tcss", ".md")]
    return [*code, ROOT / "README.md", ROOT / "CHANGELOG.md"]


def findings() -> list[Finding]:
    """All banned words that no exception covers."""
    settings = tomllib.loads(SETTINGS.read_text())
    banned = re.compile("|".join(rf"\b{word}\b" for word in settings["banned"]), re.IGNORECASE)
    allowed = {(each["file"], each["text"]) for each in settings.get("exception", [])}
    found = []
    for path in files():
        name = str(path.relative_to(ROOT))
        for line, text in texts_of(path):
            if any(file == name and part in text for file, part in allowed):
                continue
            found += [Finding(name, line, match[0], text.strip()[:120]) for match in banned.finditer(text)]
    return found


def main() -> int:
    """Report; 1 if there is anything."""
    found = findings()
    for finding in found:
        print(finding)  # noqa: T201  # its answer
    print(f"{len(found)} words of the old dialect" if found else "Plain words only.")  # noqa: T201
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
