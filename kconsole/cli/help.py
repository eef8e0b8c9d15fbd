"""The command that shows the manual: its topics, and the help of each command."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

import click

from kconsole.cli.context import DONE, NOT_FOUND, CliContext, at_store, say
from kconsole.cli.output import put_text
from kconsole.cli.streams import has_person, terminal_width
from kconsole.text import manual, words
from kconsole.text.columns import cut, pad
from kconsole.text.terminals import wants_lines

MOST_TOPICS: Final = 6
MOST_OF_TOPIC: Final = 3
LONGEST_SENTENCE: Final = 220
"""What a search shows: so many topics, sentences of each, and cells of a sentence."""

STYLES: Final = {"strong": "\x1b[1m", "name": "\x1b[1m", "muted": "\x1b[4m"}
"""How a terminal shows parts of a page: bold and underlined, as man does, whatever its colours."""


@click.command("help")
@click.argument("names", nargs=-1, metavar="[TOPIC | COMMAND...]")
@click.option("--search", "words_", metavar="WORDS", help="Find the sentences of the manual with these words.")
@at_store
@click.pass_context
def help_(context: click.Context, place: CliContext, names: tuple[str, ...], words_: str | None) -> int:
    """Show the manual: a topic, or the help of a command.

    Without a name it lists the topics. On a terminal, a long topic opens in a pager, as 'less'.
    """
    if words_ is not None:
        return _find(" ".join([words_, *names]))
    if not names:
        _put_lines(list(_contents()), place)
    elif len(names) == 1 and (topic := manual.topics().get(names[0].lower())) is not None:
        root = context.find_root()
        lines = manual.page(topic, terminal_width() or manual.WIDTH, quotes=not _has_styles())
        if isinstance(root.command, click.Group) and topic.name in root.command.list_commands(root):
            lines += [[], [(f"Options of the command: 'kconsole {topic.name} --help'.", "")]]
        _put_lines(lines, place)
    else:
        click.echo(_help_of(context.find_root(), names))
    return DONE


def _contents() -> Iterator[manual.Line]:
    """The list of topics."""
    widest = max(map(len, manual.topics()))
    for command, what in (
        ("kconsole help TOPIC", "shows one of these topics"),
        ("kconsole help COMMAND", "shows the help of a command, as --help does"),
        ("kconsole help --search WORDS", "finds sentences with these words"),
    ):
        yield [(pad(command, 28), "name"), (f"  {what}", "")]
    for heading, topics in manual.groups():
        yield []
        yield [(heading, "strong")]
        for topic in topics:
            yield [("  ", ""), (pad(topic.name, widest), "name"), (f"  {topic.title}", "")]


def _find(text: str) -> int:
    """Print what is found, a topic after the other, of each the best."""
    found = manual.search(text)
    by_topic: dict[str, list[manual.Found]] = {}
    for each in found:
        by_topic.setdefault(each.topic.name, []).append(each)
    shown = 0
    for name, sentences in list(by_topic.items())[:MOST_TOPICS]:
        click.echo(f"kconsole help {name}")
        for _, heading, sentence, _ in sentences[:MOST_OF_TOPIC]:
            is_below = heading not in (sentence, sentences[0].topic.title)
            put_text("    ", cut(f"{heading}: {sentence}" if is_below else sentence, LONGEST_SENTENCE))
            shown += 1
    if not found:
        say(f"The manual has no sentence with '{text}'. 'kconsole help' lists its topics.")
        return NOT_FOUND
    if len(found) > shown:
        say(f"and {words.count(len(found) - shown, 'more sentence')}: another word narrows it.")
    return DONE


def _help_of(root: click.Context, names: Sequence[str]) -> str:
    """The help of the command that these words name."""
    context = root
    for place, name in enumerate(names):
        group = context.command
        commands = group.list_commands(context) if isinstance(group, click.Group) else []
        command = group.get_command(context, name) if isinstance(group, click.Group) else None
        if command is None:
            known = commands if place else [*manual.topics(), *commands]
            near = [" ".join([*names[:place], each]) for each in manual.near(name, known)]
            what = "command" if place else "topic or command"
            hint = f"Did you mean {' or '.join(near)}?" if near else "'kconsole help' lists the topics."
            raise click.UsageError(f"There is no {what} '{' '.join(names[: place + 1])}'. {hint}")
        context = click.Context(command, info_name=name, parent=context)
    return context.get_help()


def _put_lines(lines: Sequence[manual.Line], place: CliContext) -> None:
    """Print lines: with styles on a terminal, and in a pager if there are more than fit.

    Never in a pager under a forced command: one of them runs a shell.
    """
    is_drawn = _has_styles()
    text = "\n".join(_styled(line) if is_drawn else manual.plain(line) for line in lines)
    fits = len(lines) < shutil.get_terminal_size().lines
    if is_drawn and has_person() and not fits and not place.operator_name:
        os.environ.setdefault("LESS", "-R")  # shows bold letters, as git has it
        with suppress(ValueError):  # PAGER is no command line
            click.echo_via_pager(text + "\n", color=True)
            return
    click.echo(text)


def _has_styles() -> bool:
    """Whether the output is a terminal that shows bold letters to someone who sees them."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb" and not wants_lines(os.environ)


def _styled(line: manual.Line) -> str:
    return "".join(f"{STYLES[style]}{text}\x1b[m" if style else text for text, style in line)
