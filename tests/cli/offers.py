"""What completion offers at the end of a line."""

from kconsole.cli.completion.answer import answer

BREAKS = " \t\n\"'@><=;|&(:"


def offered(line: str, *, shell: str = "fish") -> list[str]:
    """The words that are offered at the end of a line."""
    arguments = [line, BREAKS, "9"] if shell == "bash" else [*line.split(" ")]
    kind, *words = answer(shell, arguments)
    assert kind in ("words", "beginnings") or not words
    return [word.partition("\t")[0] for word in words] if kind in ("words", "beginnings") else [kind]
