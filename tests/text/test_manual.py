"""The manual: what Markdown becomes on a terminal, what a search finds, and that each topic is as promised."""

import re
from collections.abc import Iterator

import click
import pytest

from kconsole.cli.main import kconsole
from kconsole.text import manual
from kconsole.text.columns import cell_width
from kconsole.text.manual import Topic, page, plain
from tests.readme import SCREENS, every_command

TOPICS = list(manual.topics().values())
EACH = pytest.mark.parametrize("topic", TOPICS, ids=[topic.name for topic in TOPICS])
EXAMPLE = """
Press `d`, or **both of**
them, see [that](start.md).

## A heading

- one of two that is longer than a line of so few cells
- `two`

1. first
2. second

| key | what |
|---|---|
| `d` | disable \\| more |

| | |
|---|---|
| without | titles |

<!-- a comment -->
```
kconsole log verify --head HASH
```
"""


def test_a_page_in_lines() -> None:
    lines = page(Topic("x", "The title", EXAMPLE), 30)
    assert [plain(line) for line in lines] == [
        "The title", "", "Press d, or both of them, see", "that.", "", "A heading", "",
        "- one of two that is longer", "  than a line of so few cells", "- two", "", "1. first", "2. second", "",
        "key  what", "d    disable | more", "", "without  titles", "", "    kconsole log verify --head HASH",
    ]  # fmt: skip
    quoted = page(Topic("x", "The title", EXAMPLE), 30, quotes=True)
    assert [plain(line) for line in quoted[2:4]] == ["Press 'd', or both of them,", "see that."]
    assert lines[2] == [("Press ", ""), ("d", "name"), (", or ", ""), ("both of", "strong"), (" them, see", "")]


@pytest.mark.parametrize("width", [1, 2, 10, 30])
def test_a_page_in_next_to_no_room(width: int) -> None:
    """All words are there, whatever the width."""
    shown = "".join(map(plain, page(Topic("x", "The title", EXAMPLE), width)))
    assert "".join(shown.split()).count("Pressd,orbothofthem,seethat.") == 1


def test_a_search_finds_sentences_and_titles_first(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Topic("first", "One", "The store is kept. It is busy.\n\n## The busy store\n\nNothing.")
    monkeypatch.setattr(manual, "topics", lambda: {"first": first, "second": Topic("second", "Büsy stores", "x")})
    assert [found.sentence for found in manual.search("is it busy")] == ["Büsy stores", "The busy store", "It is busy."]
    assert [found.sentence for found in manual.search("STORES keep")] == []
    assert [found.sentence for found in manual.search("STORES kept")] == ["The store is kept."]
    assert [found.sentence for found in manual.search("kept busy")] == ["The store is kept."]
    assert manual.search("nothing such") == manual.search(" ") == []


@pytest.mark.parametrize(
    ("question", "topic", "answer"),
    [
        ("how do I undo", "undo", "press u on the screen"),
        ("why was the import refused", "import", "Faulty rows"),
        ("what happens to mail when an account is disabled", "seats", "it is kept, and new mail still goes to"),
        ("how do two helpdesk people share a store over SSH", "several", "A service user"),
        ("what do exit codes mean", "exit-codes", "refused by a guard"),
        ('what does "in part" mean', "server", "some users could not be read"),
        ("how do I monitor it with Icinga", "monitoring", "kconsole check"),
        ("which accounts were not used for a year", "filters", "kconsole accounts --inactive 365d --never"),
        ("what happens when the license is full and a directory is mapped", "directory", "needs --over-limit"),
        ("how do I move to another machine", "safety", "kconsole backup kconsole.tar"),
        ("how do I get a report for each customer domain", "reports", "--by domain"),
        ("how do I use it with a screen reader", "accessible", "kconsole --plain"),
    ],
)
def test_a_question_finds_its_answer(question: str, topic: str, answer: str) -> None:
    """Asked as a reader asks who has never seen the program: the first topic that is found says it."""
    first = manual.search(question)[0].topic
    assert first.name == topic
    assert answer in " ".join(" ".join(map(plain, page(first))).split())


@pytest.mark.parametrize(("asked", "near"), [("exitcodes", "exit-codes"), ("exit", "exit-codes"), ("x", ""), ("", "")])
def test_what_is_near(asked: str, near: str) -> None:
    assert manual.near(asked, ["exit-codes", "undo"]) == [near] * bool(near)


# The topics that there are


def test_each_has_its_place_in_the_manual() -> None:
    assert sorted(manual.topics()) == sorted(name for _, names in manual.GROUPS for name in names)


def source_of(topic: Topic) -> str:
    return f"# {topic.title}\n{topic.source}"


def written_by_hand(text: str) -> Iterator[str]:
    """The lines that no code writes."""
    yield from re.sub(r"<!-- (\w[\w ]*): made by .*?<!-- end of \1 -->", "", text, flags=re.DOTALL).splitlines()


@EACH
def test_a_topic_fits_a_narrow_terminal(topic: Topic) -> None:
    assert len(f"  {topic.name:<12}  {topic.title}") <= manual.WIDTH
    assert [line for line in written_by_hand(source_of(topic)) if len(line) > manual.WIDTH] == []
    assert [plain(line) for line in page(topic, 78) if cell_width(plain(line)) > 82] == []


@EACH
def test_its_links_lead_to_topics(topic: Topic) -> None:
    for text, target in re.findall(r"\[([^]]+)]\(([^)]+)\)", topic.source):
        assert text.strip("`").split()[-1] in target, (text, target)
        assert target.startswith("https://") or target.removesuffix(".md") in manual.topics(), target
    named = re.findall(r"kconsole help (?!--)([\w-]+)", topic.source)
    assert [name for name in named if name not in {*manual.topics(), "TOPIC", "COMMAND"}] == []


def test_the_manual_names_every_command() -> None:
    whole = " ".join(topic.source for topic in TOPICS)
    commands = [path for path, command in every_command(kconsole) if not isinstance(command, click.Group)]
    assert [path for path in commands if f"kconsole {path}" not in whole] == []


def test_the_manual_names_every_key() -> None:
    whole = " ".join(topic.source for topic in TOPICS)
    for _, commands in SCREENS:
        assert [command.name for command in commands if f"| `{command.name}` |" not in whole] == []
