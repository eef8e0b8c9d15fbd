"""The command palette: every command that makes sense now, found by its title."""

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from kconsole.tui.commands.base import AnyCommand, CommandTarget, console_of


class ConsoleCommands(Provider):
    """Offers the commands of the screen, and after them those that move in the list with the focus."""

    @property
    def _available(self) -> Iterator[tuple[AnyCommand, CommandTarget]]:
        places: tuple[object, ...] = (self.screen, self.focused)
        for target in places:
            if isinstance(target, CommandTarget):
                yield from ((command, target) for command in target.offered())

    async def discover(self) -> Hits:
        for command, target in self._available:
            title = command.title + self._keys(command)
            run = partial(target.run_command, command)
            yield DiscoveryHit(Content(title), run, text=title, help=command.help_text())

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command, target in self._available:
            score = matcher.match(command.title)
            if score > 0:
                shown = matcher.highlight(command.title) + Content(self._keys(command))
                run = partial(target.run_command, command)
                yield Hit(score, shown, run, text=command.title, help=command.help_text())

    def _keys(self, command: AnyCommand) -> str:
        return f"  ({console_of(self.screen).keys.first(command)})"
