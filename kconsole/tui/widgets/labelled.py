"""Labels on the left, their texts on the right, each in as many lines as it takes: laid out for painting."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from kconsole.tui.widgets.painting import Part, fitted, wrapped

Section = tuple[str, Sequence[tuple[str, str]]]
"""A heading (empty for none), and rows of a label and its text. All must be safe to show."""


def labelled_lines(
    sections: Iterable[Section], width: int, label_width: int, inks: Sequence[Sequence[str]] = ()
) -> list[list[Part]]:
    """The lines of sections, with a blank one before each heading but the first.

    Args:
        sections: what they say.
        width: cells of a line.
        label_width: cells of a label.
        inks: for each section, the part that each text stands for; none where all have the widget's own colours.
    """
    lines: list[list[Part]] = []
    for place, (heading, rows) in enumerate(sections):
        if heading:
            lines += [[], [(heading, "strong")]]
        for number, (label, text) in enumerate(rows):
            ink = inks[place][number] if inks else ""
            labels, texts = wrapped(label, label_width - 1), wrapped(text, max(width - label_width, 1))
            for left, right in zip_longest(labels, texts or [""], fillvalue=""):
                lines.append([(fitted(left, label_width), "muted"), (right, ink)])
    return lines[1:] if lines and not lines[0] else lines
