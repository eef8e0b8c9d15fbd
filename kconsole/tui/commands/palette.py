"""The command palette: every command that makes sense now, found by its title."""

from collections.abc import Iterator

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
        """All of them, before anything is typed."""
        for command, target in self._available:
            title = command.title + self._keys(command)
            yield DiscoveryHit(Content(title), _Runner(command, target), text=title, help=command.help_text())

    async def search(self, query: str) -> Hits:
        """Those whose title fits."""
        matcher = self.matcher(query)
        for command, target in self._available:
            score = matcher.match(command.title)
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(command.title) + Content(self._keys(command)),
                    _Runner(command, target),
                    text=command.title,
                    help=command.help_text(),
                )

    def _keys(self, command: AnyCommand) -> str:
        return f"  ({console_of(self.screen).keys.first(command)})"


class _Runner:
    """Runs a command on the screen that the palette was opened over, or the list in it."""

    def __init__(self, command: AnyCommand, target: CommandTarget) -> None:
        self._command, self._target = command, target

    async def __call__(self) -> None:
        await self._target.run_command(self._command)
