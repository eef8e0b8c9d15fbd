"""The voice of sentences on the screen."""

from textual.dom import DOMNode

from kconsole.text.messages import Voice
from kconsole.tui.commands.base import console_of


def voice_of(node: DOMNode) -> Voice:
    """The voice for a screen or widget: its sentences name the keys of commands, not the commands of a shell."""
    return Voice(keys=console_of(node).keys.by_name())
