"""Contexts: stores that the configuration file names, and which of them a command means.

No context is remembered as the current one: a change in the wrong store would be one command too late to notice.
"""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from kconsole.core.codes import message
from kconsole.core.errors import BadInput, NotFound
from kconsole.operations.appearance import ContextColour
from kconsole.operations.locations import Location, location_of
from kconsole.operations.settings import Settings, read_settings
from kconsole.operations.system import STORE_VARIABLE, default_folder

if TYPE_CHECKING:
    from kconsole.operations.session import Progress, Session

CONTEXT_VARIABLE: Final = "KCONSOLE_CONTEXT"
"""The environment variable that names the context."""


class Context(NamedTuple):
    """A store with a name."""

    name: str
    store: str
    """Its place, as it stands in the file."""
    colour: ContextColour = "blue"
    read_only: bool = False
    confirm_name: bool = False
    note: str = ""

    @property
    def location(self) -> Location:
        """Where the store is.

        Raises:
            BadInput: the file has an error there, or `~` stands for a home folder that is unknown.
        """
        if not self.store:
            raise BadInput("context-unusable", "config-check", context=self.name)
        try:
            return location_of(self.store)
        except RuntimeError:
            raise BadInput("context-home-unknown", "config-check", context=self.name, store=self.store) from None


Opening = Callable[[Location, "Progress"], "Session"]
"""Opens a store, and reports its progress. A thread calls it."""


class Choice(NamedTuple):
    """The store that a command means."""

    store: Location
    context: Context | None = None
    """None for a store that was not named by one."""


def contexts_in(settings: Settings) -> dict[str, Context]:
    """The contexts that can be used, in the order of the file."""
    return {name: Context(name, **fields) for name, fields in settings.contexts.items()}


def choose(name: str = "", settings: Settings | None = None) -> Choice:
    """The store of the context with a name; without one, that of the only context, else the default store.

    Raises:
        BadInput: it takes a name to say which is meant, or what the file says of it cannot be used.
        NotFound: there is no such context.
    """
    settings = read_settings() if settings is None else settings
    contexts = contexts_in(settings)
    if name in contexts:
        return Choice(contexts[name].location, contexts[name])
    if settings.are_contexts_lost or name in settings.unusable_contexts:
        raise BadInput("context-unusable", "config-check", context=name)
    if name:
        hint = message("contexts-are", names=list(contexts)) if contexts else "config-example"
        raise NotFound("no-such-context", hint, context=name)
    if len(contexts) + len(settings.unusable_contexts) > 1:
        lines = [message("context-line", context=each.name, store=each.store) for each in contexts.values()]
        lines += [message("context-line-unusable", context=each) for each in settings.unusable_contexts]
        raise BadInput("several-contexts", "name-context", lines)
    if settings.unusable_contexts:
        raise BadInput("context-unusable", "config-check", context=settings.unusable_contexts[0])
    only = next(iter(contexts.values()), None)
    return Choice(default_folder()) if only is None else Choice(only.location, only)


def several(settings: Settings, variables: Mapping[str, str] = os.environ) -> list[Context]:
    """The contexts of a console that is opened without naming one; none where it is clear which store is meant."""
    is_named = any(variables.get(name, "").strip() for name in (CONTEXT_VARIABLE, STORE_VARIABLE))
    contexts = every_context(settings)
    return [] if is_named or len(contexts) < 2 else contexts


def every_context(settings: Settings) -> list[Context]:
    """All contexts; those with an error have no store."""
    return [*contexts_in(settings).values(), *(Context(name, "") for name in settings.unusable_contexts)]
