"""The manual: topics in Markdown, laid out for a terminal as man pages are, and searched.

A topic is a file in `topics/`, and its first line its title. Only this module and the tests know Markdown; markdown-it
comes with Textual, and is imported when a topic is laid out.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from kconsole.core.folding import search_fold
from kconsole.text.columns import cell_width, table

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

FOLDER: Final = Path(__file__).parent / "topics"

GROUPS: Final = (
    ("Every day", ("start", "keys", "screens", "filters", "undo", "reports")),
    ("Seats", ("seats", "reclaim", "offboarding", "reservations")),
    ("Your data", ("import", "server", "directory", "license")),
    (
        "Running it",
        (
            "install",
            "several",
            "contexts",
            "postgresql",
            "browser",
            "roles",
            "safety",
            "monitoring",
            "config",
            "terminals",
            "accessible",
        ),
    ),
    ("Reference", ("cli", "exit-codes", "internals")),
)
"""The topics in the order in which a reader needs them; a file that is not named here comes last."""

WIDTH: Final = 78
"""The cells of a line of text at most, as longer ones are hard to read; and of output to a file."""

INDENT: Final = 2

Part = tuple[str, str]
"""A text, and how it is shown: "strong", "name" for what is typed, "muted", or plainly."""

Line = Sequence[Part]


class Topic(NamedTuple):
    """A page of the manual."""

    name: str
    title: str
    source: str
    """Its Markdown, without the title."""


class Found(NamedTuple):
    """A sentence that has the words of a search."""

    topic: Topic
    heading: str
    sentence: str
    is_row: bool = False
    """Whether it is no sentence, but a row of a table or a command line."""


@cache
def topics() -> dict[str, Topic]:
    """All topics by name, in the order of the manual."""
    order = [name for _, names in GROUPS for name in names]
    files = {path.stem: path for path in sorted(FOLDER.glob("*.md"))}
    names = [*(name for name in order if name in files), *(name for name in files if name not in order)]
    return {name: _read(files[name]) for name in names}


def groups() -> list[tuple[str, list[Topic]]]:
    """The topics under the headings of the list of topics."""
    known = topics()
    listed = [(heading, [known[name] for name in names if name in known]) for heading, names in GROUPS]
    other = [topic for topic in known.values() if not any(topic in each for _, each in listed)]
    return [(heading, each) for heading, each in (*listed, ("Other", other)) if each]


def near(name: str, names: Sequence[str]) -> list[str]:
    """The names that may be meant by one that is none of them: those that begin so, then those that are nearly it."""
    from difflib import get_close_matches

    asked = search_fold(name)[:40]
    begin = [each for each in names if len(asked) > 1 and (each.startswith(asked) or asked.startswith(each))]
    return list(dict.fromkeys([*begin, *get_close_matches(asked, names, 3, 0.6)]))[:3]


def page(topic: Topic, width: int = WIDTH, quotes: bool = False) -> list[Line]:
    """A topic in lines of at most so many cells; only command lines may be longer.

    What is typed stands in quotes where no style tells it from the words around it.
    """
    lines: list[Line] = [[(topic.title, "strong")]]
    for block in _tree(topic.source).children:
        if laid_out := _block(block, min(width, WIDTH), quotes):
            lines += [[], *laid_out]
    return lines


def search(text: str) -> list[Found]:
    """The sentences that have all of these words, the ones that readers mean first.

    A topic or heading that has them comes before a sentence with them side by side, that before one that has them at
    all, and rows of tables and command lines come last. If no sentence has all of them, the sections with the most are
    found, if that is more than half of them.
    """
    asked, phrase = asked_words(text), _phrase(text)
    sentences = [found for topic in topics().values() for found in _sentences(topic)] if asked else []
    ranked = [(rank, found) for found in sentences if (rank := _rank(found, asked, phrase)) is not None]
    if not ranked:
        sections: dict[tuple[str, str], list[Found]] = {}
        for found in sentences:
            sections.setdefault((found.topic.name, found.heading), []).append(found)
        counts = [
            _count(" ".join([section[0].topic.title, *(each.sentence for each in section)]), asked)
            for section in sections.values()
        ]
        most = max(counts, default=0)
        best = [
            max(section, key=lambda found: _count(found.sentence, asked))
            for count, section in zip(counts, sections.values(), strict=True)
            if count == most > len(asked) / 2
        ]
        return sorted(best, key=lambda found: -_count(found.sentence, asked))
    return [found for _, found in sorted(ranked, key=lambda each: each[0])]


_UNASKED: Final = frozenset(
    [
        "a",
        "an",
        "are",
        "can",
        "do",
        "does",
        "for",
        "from",
        "get",
        "how",
        "i",
        "in",
        "is",
        "it",
        "my",
        "of",
        "on",
        "or",
        "the",
        "to",
        "was",
        "were",
        "what",
        "when",
        "where",
        "which",
        "why",
    ]
)
"""Words of a question that say nothing of its subject; they count where a search has no others."""


def _phrase(text: str) -> str:
    """All words of a text, a blank before each."""
    return "".join(f" {word}" for word in re.findall(r"\w+", search_fold(text)))


def asked_words(text: str) -> list[str]:
    """The words of a search, without the s of plurals."""
    words = _phrase(text).split()
    said = [word for word in words if word not in _UNASKED] or words
    return [word[:-1] if word.endswith("s") and len(word) > 3 else word for word in said]


def _count(text: str, asked: Sequence[str]) -> int:
    """How many of the words begin a word of a text."""
    known = _phrase(text)
    return sum(f" {part}" in known for part in asked)


def _rank(found: Found, asked: Sequence[str], phrase: str) -> int | None:
    """The place of a sentence among those that are found; None if it has not all words."""
    is_title = found.sentence == found.heading == found.topic.title
    if _count(f"{found.topic.name} {found.sentence}" if is_title else found.sentence, asked) < len(asked):
        return None
    if found.sentence == found.heading:
        return 0 if is_title else 1
    if phrase in _phrase(found.sentence):
        return 2
    return 4 if found.is_row else 3


def plain(line: Line) -> str:
    """A line without its styles."""
    return "".join(text for text, _ in line).rstrip()


def _read(path: Path) -> Topic:
    title, _, source = path.read_text(encoding="utf-8").partition("\n")
    return Topic(path.stem, title.removeprefix("#").strip(), source)


def _tree(source: str) -> "SyntaxTreeNode":
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    return SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(source))


def _block(node: "SyntaxTreeNode", width: int, quotes: bool) -> list[Line]:
    """The lines of a paragraph, heading, list, table or block of command lines."""
    if node.type == "heading":
        return [[(_text(node), "strong")]]
    if node.type == "paragraph":
        return _wrapped(_quoted(node) if quotes else _parts(node), width)
    if node.type in ("fence", "code_block"):
        return [[("    ", ""), (line, "name")] if line else [] for line in node.content.rstrip().splitlines()]
    if node.type in ("bullet_list", "ordered_list"):
        items: list[Line] = []
        for number, item in enumerate(node.children, int(node.attrs.get("start", 1))):
            sign = f"{number}. " if node.type == "ordered_list" else "- "
            inside = [line for block in item.children for line in _block(block, width - len(sign), quotes)]
            items += [[(" " * len(sign) if place else sign, ""), *line] for place, line in enumerate(inside)]
        return items
    if node.type == "table":
        header, *rows = [[_text(cell) for cell in row.children] for part in node.children for row in part.children]
        lines = list(table(header, rows, width=width))
        if not any(header):
            return [[(line, "")] for line in lines[1:]]
        return [[(lines[0], "muted")], *([(line, "")] for line in lines[1:])]
    if node.type == "blockquote":
        inside = [line for block in node.children for line in _block(block, width - INDENT, quotes)]
        return [[(" " * INDENT, ""), *line] for line in inside]
    return []  # a comment, as those that mark what the code writes


def _parts(node: "SyntaxTreeNode", style: str = "") -> Iterator[Part]:
    """The texts of a paragraph, with their styles."""
    for child in node.children:
        if child.type == "text":
            yield child.content, style
        elif child.type == "code_inline":
            yield child.content, "name"
        elif child.type in ("softbreak", "hardbreak"):
            yield " ", style
        elif child.type != "image":
            yield from _parts(child, "strong" if child.type == "strong" else style)


def _quoted(node: "SyntaxTreeNode") -> Iterator[Part]:
    """The same without styles of what is typed, which is in quotes instead."""
    return ((f"'{text}'", "") if style == "name" else (text, style) for text, style in _parts(node))


def _text(node: "SyntaxTreeNode") -> str:
    return "".join(text for text, _ in _parts(node))


def _wrapped(parts: Iterator[Part], width: int) -> list[Line]:
    """Lines broken at blanks; a word keeps its styles, and what is longer than a line stands alone."""
    characters = ((character, style) for text, style in parts for character in text)
    words = [list(word) for is_blank, word in groupby(characters, lambda each: each[0] == " ") if not is_blank]
    lines: list[list[Part]] = []
    room = 0
    for word in words:
        cells = cell_width("".join(character for character, _ in word))
        if lines and cells < room:
            same = lines[-1][-1][1] == word[0][1]
            lines[-1].append((" ", word[0][1] if same else ""))
            room -= cells + 1
        else:
            lines.append([])
            room = width - cells
        lines[-1] += word
    return [
        [("".join(text for text, _ in run), style) for style, run in groupby(line, lambda each: each[1])]
        for line in lines
    ]


def _sentences(topic: Topic) -> Iterator[Found]:
    """What a search may find: sentences, rows of tables, command lines, each with the heading that it stands below."""
    heading = topic.title
    yield Found(topic, heading, heading)
    for block in _tree(topic.source).walk():
        if block.type == "heading":
            heading = _text(block)
            yield Found(topic, heading, heading)
        elif block.type in ("fence", "code_block"):
            yield from (Found(topic, heading, line, is_row=True) for line in block.content.splitlines())
        elif block.type == "tr":
            yield Found(topic, heading, "  ".join(_text(cell) for cell in block.children), is_row=True)
        elif block.type == "paragraph":
            for sentence in "".join(text for text, _ in _quoted(block)).replace(". ", ".\n").splitlines():
                yield Found(topic, heading, sentence)
