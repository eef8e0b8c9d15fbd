"""Commands about the contexts: the stores that the configuration file names. None of them opens a store."""

from typing import Any

import click

from kconsole.cli.context import CliContext, at_store, say
from kconsole.cli.output import put_json, put_sections
from kconsole.cli.permitted import RoleGroup
from kconsole.cli.tables import put_table
from kconsole.operations.contexts import Context, choose, contexts_in
from kconsole.operations.settings import read_settings, settings_path
from kconsole.text.details import Detail
from kconsole.text.safe_text import safe_text

_json = click.option("--json", "as_json", is_flag=True, help="Answer with a JSON document.")


@click.group(cls=RoleGroup)
def context() -> None:
    """Show the stores that have names in the configuration file.

    To add, change or remove one, edit the file, which kconsole never writes: 'kconsole config show --example' prints a
    context to begin with, and 'kconsole config check' says what is wrong.
    """


@context.command("list")
@_json
@at_store
def list_(place: CliContext, as_json: bool) -> None:
    """List the contexts, without opening their stores."""
    del place
    settings = read_settings()
    contexts, path = list(contexts_in(settings).values()), settings_path()
    if as_json:
        documents = [document_of(each) for each in contexts]
        return put_json(
            {"schema": "kconsole-contexts/1", "contexts": documents, "unusable": list(settings.unusable_contexts)}
        )
    if contexts:
        rows = [
            [safe_text(each.name), safe_text(each.store, None), mode_words(each), safe_text(each.note, None)]
            for each in contexts
        ]
        put_table(["CONTEXT", "STORE", "MODE", "NOTE"], rows, whole={0, 1})
    elif not settings.unusable_contexts:
        say(f"There are no contexts in {path}.")
        say("'kconsole config show --example' prints one to begin with.")
    for name in settings.unusable_contexts:
        say(f"Note: {name} has an error: 'kconsole config check' shows it.")
    return None


@context.command("show")
@click.argument("name", required=False)
@_json
@at_store
def show(place: CliContext, name: str | None, as_json: bool) -> None:
    """Show one context: NAME, or the one that is meant without it."""
    found = choose(name).context if name else place.choice.context
    if as_json:
        return put_json({"schema": "kconsole-context/1", "context": None if found is None else document_of(found)})
    if found is None:
        say(f"No context is meant: the store is {place.store}.")
        return None
    rows = [
        ("Context", found.name),
        ("Store", found.store),
        ("Colour", found.colour),
        ("Changes", "refused" if found.read_only else "allowed"),
        ("Deletions and many changes", "want its name" if found.confirm_name else "are asked about"),
        ("Note", found.note or "–"),
    ]
    return put_sections([("", [Detail(label, safe_text(text, None)) for label, text in rows])])


def mode_words(context: Context) -> str:
    """What a context forbids or wants, in a few words."""
    return "read-only" if context.read_only else "wants its name" if context.confirm_name else "changes"


def document_of(context: Context) -> dict[str, Any]:
    """A context for programs."""
    return context._asdict()
