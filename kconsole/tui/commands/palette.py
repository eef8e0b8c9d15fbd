"""The command palette: every command that makes sense now, found by its title."""

from textual.command import DiscoveryHit, Hit, Hits, Provider

from kconsole.tui.commands.base import AnyCommand, CommandTarget


class ConsoleCommands(Provider):
    """Offers the commands of the console."""

    @property
    def _available(self) -> list[AnyCommand]:
        screen = self.screen
        return screen.offered() if isinstance(screen, CommandTarget) else []

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for command in self._available:
            yield DiscoveryHit(_title(command), self._runner(command), help=command.help_text())

    async def search(self, query: str) -> Hits:
        """Those whose title fits."""
        matcher = self.matcher(query)
        for command in self._available:
            score = matcher.match(command.title)
            if score > 0:
                yield Hit(score, matcher.highlight(command.title), self._runner(command), help=command.help_text())

    def _runner(self, command: AnyCommand) -> "_Runner":
        return _Runner(command, self.screen)


class _Runner:
    """Runs a command on the screen that the palette was opened over."""

    def __init__(self, command: AnyCommand, screen: object) -> None:
        self._command, self._screen = command, screen

    async def __call__(self) -> None:
        waiting = self._command.run(self._screen)
        if waiting is not None:
            await waiting


def _title(command: AnyCommand) -> str:
    return f"{command.title}  ({command.shown_keys()[0]})"
