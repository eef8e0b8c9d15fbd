"""Makes the man pages in `data/man/`: `python -m tests.man` writes them.

A command's page comes from the click tree: its docstring, its options, and the command lines of README and topics that
use it. The pages of files come from the pydantic models, and what they share from the topics. The macros are those of
man(7), which man-db and mandoc both know.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
from markdown_it.tree import SyntaxTreeNode
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kconsole import __version__
from kconsole.cli.main import kconsole
from kconsole.operations.config_model import Config, Context
from kconsole.operations.roles_model import OperatorEntry
from kconsole.text import manual
from tests.readme import README

FOLDER: Final = Path(__file__).parent.parent / "data" / "man"
DATE: Final = "2026-11-30"
"""The day of the release; a page has none of its own."""

GLOBAL: Final = "global_"
"""What the names of options begin with that nearly all commands have."""

MOST_EXAMPLES: Final = 6
FIRST_STEPS: Final = ("kconsole demo", "kconsole --store /srv/kconsole", "kconsole status --json", "kconsole help")
"""What the first page has for examples."""

TOPICS: Final = {
    "status": "seats", "accounts": "filters", "explain": "seats", "domains": "directory", "disable": "seats",
    "enable": "seats", "tag": "filters", "keep": "reclaim", "protect": "reclaim", "reserve": "reservations",
    "offboard": "offboarding", "due": "offboarding", "policy": "reclaim", "reclaim": "reclaim", "license": "license",
    "server": "server", "sync": "server", "reconcile": "server", "restarted": "seats", "connect": "seats",
    "map": "directory", "import": "import", "log": "undo", "undo": "undo", "history": "reservations",
    "forecast": "reservations", "doctor": "safety", "backup": "safety", "journal": "safety", "share": "several",
    "service-user": "several", "serve": "browser", "shell": "several", "store": "postgresql", "roles": "roles",
    "report": "reports", "check": "monitoring",
    "metrics": "monitoring", "config": "config", "context": "contexts", "fleet": "contexts", "completion": "config",
    "demo": "start",
    "init": "start",
    "diagnose": "terminals", "dump": "safety", "restore": "safety", "suggest": "reports", "add": "seats",
    "delete": "seats",
}  # fmt: skip
"""The topic that says more about a command."""


class Page(NamedTuple):
    """A command, and the words that name it."""

    words: tuple[str, ...]
    command: click.Command
    context: click.Context

    @property
    def name(self) -> str:
        return "-".join(("kconsole", *self.words))

    @property
    def group(self) -> dict[str, click.Command]:
        """The commands below it."""
        if not isinstance(self.command, click.Group):
            return {}
        names = self.command.list_commands(self.context)
        found = {name: self.command.get_command(self.context, name) for name in names}
        return {name: command for name, command in found.items() if command is not None and not command.hidden}


def escaped(text: str) -> str:
    """A text as roff takes it, wherever it stands in a line."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    text = text.replace("^", "\\(ha").replace("~", "\\(ti")
    return f"\\&{text}" if text.startswith(".") else text


def bold(text: str) -> str:
    return f"\\fB{escaped(text)}\\fR" if text else ""


def usage(text: str) -> str:
    """Words of a command line: what is typed is bold, what is replaced is in italics."""
    words = re.sub(r"[A-Z][A-Z-]+", lambda word: f"\\fI{word[0]}\\fR", escaped(text))
    return words.replace("|", "|\\:")  # where a long choice may be broken


def paragraphs(text: str) -> Iterator[str]:
    for place, part in enumerate(re.split(r"\n\s*\n", cleandoc(text))):
        if part.startswith("\b\n"):  # the sign by which click keeps lines
            yield from example(part[2:])
            continue
        if place:
            yield ".PP"
        yield escaped(" ".join(part.split()))


def title(name: str, section: int, summary: str) -> Iterator[str]:
    yield '.\\" Made by "python -m tests.man": edit what it is made from.'
    yield f'.TH {escaped(name.upper())} {section} {DATE} "kconsole {__version__}" "kconsole manual"'
    yield from (".nh", ".ad l")  # command lines are for copying, and have no hyphens of groff's
    yield ".SH NAME"
    summary = summary.rstrip(".")
    yield f"{escaped(name)} \\- {escaped(summary[:1].lower() + summary[1:])}"


def options(records: Sequence[tuple[str, str]]) -> Iterator[str]:
    for names, text in records:
        words = re.split(r"([\s,]+)", names)
        yield ".TP"
        yield "".join(bold(word) if word.startswith("-") else usage(word) for word in words)
        yield escaped(" ".join(text.split())) or "\\&"


def records_of(page: Page, are_global: bool) -> list[tuple[str, str]]:
    found = [
        parameter.get_help_record(page.context)
        for parameter in page.command.get_params(page.context)
        if isinstance(parameter, click.Option)
        and bool(parameter.name and parameter.name.startswith(GLOBAL)) == are_global
    ]
    return [record for record in found if record is not None]


# Markdown, where a page has what a topic says


def blocks(topic: str, heading: str = "") -> list[SyntaxTreeNode]:
    """The parts of a topic below a heading; without one, all."""
    found: list[SyntaxTreeNode] = []
    is_inside = not heading
    for block in manual._tree(manual.topics()[topic].source).children:
        if heading and block.type == "heading":
            is_inside = manual._text(block) == heading
        elif is_inside:
            found.append(block)
    assert found, (topic, heading)
    return found


def in_roff(parts: Sequence[SyntaxTreeNode]) -> Iterator[str]:
    for place, block in enumerate(parts):
        if block.type == "table":
            for row in block.children[1].children:
                first, *rest = ["".join(styled(cell)) for cell in row.children]
                yield from (".TP", first) if first else ()  # else the row goes on
                yield ": ".join(filter(None, rest)) or "\\&"
        elif block.type == "fence":
            yield from example(block.content)
        elif block.type == "paragraph":
            if place:
                yield ".PP"
            yield "".join(styled(block))


def styled(node: SyntaxTreeNode) -> Iterator[str]:
    for text, style in manual._parts(node):
        yield bold(text) if style else escaped(text)


def example(text: str) -> Iterator[str]:
    """Lines as they are; a long command line goes on in the next one."""
    yield from (".PP", ".in +4n", ".nf")
    for line in text.rstrip().splitlines():
        *parts, last = _wrapped(line, 68, "    ") if line.startswith("kconsole ") else [line]
        yield from (escaped(f"{part} \\") for part in parts)
        yield escaped(last) or "\\&"
    yield from (".fi", ".in")


def laid_out(lines: Iterator[str]) -> str:
    """The page: text in short lines, which roff fills again, and no paragraph right after a heading."""
    written: list[str] = []
    is_filled = True
    for line in lines:
        is_filled = line == ".fi" or (is_filled and line != ".nf")
        if line == ".PP" and written[-1].startswith(".SH"):
            continue
        if line.startswith(".") or not is_filled or written[-1:] == [".TP"]:
            written.append(line)
        else:
            parts = _wrapped(line, 78)
            written += [f"\\&{part}" if part.startswith((".", "'")) else part for part in parts]
    return "\n".join(written) + "\n"


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


# Commands


def all_pages() -> list[Page]:
    """Every command, those of groups after their group."""
    root = Page((), kconsole, click.Context(kconsole, info_name="kconsole", **kconsole.context_settings))
    found = [root]
    for page in found:
        found += [
            Page((*page.words, name), command, click.Context(command, info_name=name, parent=page.context))
            for name, command in page.group.items()
        ]
    return found


def command_lines() -> list[str]:
    """The command lines of README and topics, without comments, in the order of the manual."""
    sources = [*(topic.source for topic in manual.topics().values()), README.read_text(encoding="utf-8")]
    lines = [line for text in sources for line in re.sub(r"\\\n\s*", "", text).splitlines()]
    return list(dict.fromkeys(re.sub(r"\s+#.*", "", line) for line in lines if line.startswith("kconsole ")))


def command_page(page: Page, lines: Sequence[str]) -> Iterator[str]:
    text = (page.command.help or "").split("\f")[0]
    yield from title(page.name, 1, page.command.get_short_help_str(200))
    yield ".SH SYNOPSIS"
    pieces = " ".join(page.command.collect_usage_pieces(page.context))
    yield f"{bold(' '.join(('kconsole', *page.words)))} {usage(pieces)}".rstrip()
    yield ".SH DESCRIPTION"
    yield from paragraphs(text)
    if page.group:
        yield ".SH COMMANDS"
        for name, command in page.group.items():
            yield from (".TP", f"\\fB{escaped(f'{page.name}-{name}')}\\fR(1)", escaped(command.get_short_help_str(200)))
    yield ".SH OPTIONS"
    yield from options(records_of(page, are_global=False))
    if shared := records_of(page, are_global=True):
        if page.words:
            names = ", ".join(bold(re.split(r"[ ,]", names)[0]) for names, _ in shared)
            yield ".PP"
            yield f"The options {names} are explained in \\fBkconsole\\fR(1)."
        else:
            yield from options(shared)
    yield ".SH EXIT STATUS"
    if page.words == ("check",):
        yield "0 is OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, also for wrong usage, as monitoring plugins have it."
    elif page.words:
        yield "0 if it is done, 2 for wrong usage; the other codes are explained in \\fBkconsole\\fR(1)."
    else:
        yield from in_roff(blocks("exit-codes"))
        yield ".SH ENVIRONMENT"
        yield from in_roff(blocks("config", "Variables"))
        yield ".SH FILES"
        yield from in_roff(blocks("cli", "Files"))
    if lines:
        yield ".SH EXAMPLES"
        yield from example("\n".join(lines))
    yield ".SH SEE ALSO"
    beside = [page.name.rpartition("-")[0] if len(page.words) > 1 else "kconsole"] if page.words else []
    pages = [f"\\fB{escaped(name)}\\fR(1)" for name in dict.fromkeys([*beside, *(["kconsole"] if page.words else [])])]
    pages += [] if page.words else ["\\fBkconsole.toml\\fR(5)", "\\fBroles.toml\\fR(5)"]
    yield ",\n".join(pages)
    yield ".PP"
    topic = TOPICS.get(page.words[0], "") if page.words else ""
    yield f"{bold(f'kconsole help {topic}'.rstrip())} shows {'the topic' if topic else 'the topics of the manual'}."


# Files


def fields(model: type[BaseModel]) -> Iterator[str]:
    schema = model.model_json_schema()
    for name, field in model.model_fields.items():
        yield ".TP"
        yield bold(name)
        yield escaped(field.description or "")
        yield ".br"
        yield escaped(kind_of(schema, schema["properties"][name], field))


def kind_of(schema: dict[str, Any], part: dict[str, Any], field: FieldInfo) -> str:
    """What a value is, in words."""
    kinds = []
    for each in part.get("anyOf", [part]):
        each = schema["$defs"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        if "enum" in each:
            kinds.append(" | ".join(f'"{value}"' for value in each["enum"]))
        elif each.get("type") not in ("null", None):
            kinds.append(
                {"object": "table", "array": "list of texts", "string": "text"}.get(each["type"], each["type"])
            )
    words = " or ".join(kinds).capitalize() if kinds[0][0] != '"' else f"One of {' | '.join(kinds)}"
    return f"{words}. Required." if field.is_required() else f"{words}."


def file_pages() -> Iterator[tuple[str, Iterator[str]]]:
    def config() -> Iterator[str]:
        yield from title("kconsole.toml", 5, "configuration of the console for one user")
        yield ".SH DESCRIPTION"
        yield from in_roff([block for block in blocks("config", "The file") if block.type in ("paragraph", "fence")])
        yield ".SH SETTINGS"
        yield from fields(Config)
        yield ".SS A table [contexts.NAME]"
        yield from fields(Context)
        yield from (".SH FILES", ".TP", "\\fI\\(ti/.config/kconsole/config.toml\\fR",
            "The file, unless \\fBKCONSOLE_CONFIG\\fR names another.",
            ".SH SEE ALSO", "\\fBkconsole\\fR(1),", "\\fBkconsole\\-diagnose\\fR(1)")  # fmt: skip

    def roles() -> Iterator[str]:
        yield from title("roles.toml", 5, "who may do what with kconsole")
        yield ".SH DESCRIPTION"
        yield from in_roff([block for block in blocks("roles", "The file") if block.type in ("paragraph", "fence")])
        yield ".SH SETTINGS"
        yield "Each operator has a table \\fB[operator.\\fINAME\\fB]\\fR with these settings:"
        yield from fields(OperatorEntry)
        yield from (".SH FILES", ".TP", "\\fI/etc/kconsole/roles.toml\\fR",
            "The file, unless \\fB\\-\\-roles\\fR names another.",
            ".SH SEE ALSO", "\\fBkconsole\\fR(1),", "\\fBkconsole\\-roles\\-check\\fR(1)")  # fmt: skip

    yield "man5/kconsole.toml.5", config()
    yield "man5/roles.toml.5", roles()


def pages() -> dict[str, str]:
    """All pages by their names in the folder."""
    found, lines = all_pages(), command_lines()
    names = {page.words for page in found}

    def own(page: Page) -> list[str]:
        """The lines that use this command, and none below it."""
        if not page.words:
            return list(FIRST_STEPS)
        used = [(line, tuple(re.sub(r" --store \S+", "", line).split()[1:])) for line in lines]
        most = len(page.words) + 1
        return [
            line
            for line, words in used
            if words == page.words or (words[: most - 1] == page.words and words[:most] not in names)
        ][:MOST_EXAMPLES]

    written = {f"man1/{page.name}.1": laid_out(command_page(page, own(page))) for page in found}
    return written | {name: laid_out(text) for name, text in file_pages()}


if __name__ == "__main__":
    for old in FOLDER.glob("man?/*"):
        old.unlink()
    for name, text in pages().items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_text(text, encoding="utf-8")
