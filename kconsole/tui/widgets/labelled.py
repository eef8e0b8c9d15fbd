"""Labels on the left, their texts on the right: one layout and one widget for every place that shows them."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from textual.geometry import Size

from kconsole.tui.widgets.painting import Painted, Part, fitted, wrapped

Row = tuple[str, str] | tuple[str, str, str]
"""A label, its text, and the part that the text is painted as; without one it has the widget's own colours."""

Section = tuple[str, Sequence[Row]]
"""A heading (empty for none), and rows. All must be safe to show."""

LABEL = 14
LABEL_LARGE = 20
"""Cells of a label in a dialog, and in a large one."""


def labelled_lines(
    sections: Iterable[Section], width: int, label_width: int, wraps: bool = True, label_style: str = "muted"
) -> list[list[Part]]:
    """The lines of sections, with a blank one before each heading but the first; rows are cut to a line, or wrapped."""
    lines: list[list[Part]] = []
    for heading, rows in sections:
        if heading:
            lines += [[], [(heading, "strong")]]
        for row in rows:
            label, text, style = row if len(row) == 3 else (*row, "")
            room = max(width - label_width, 1)
            if wraps:
                labels, texts = wrapped(label, label_width - 1), wrapped(text, room) or [""]
            else:
                labels, texts = [label], [fitted(text, room)]
            for left, right in zip_longest(labels, texts, fillvalue=""):
                lines.append([(f"{fitted(left, label_width - 1)} ", label_style), (right, style)])
    return lines[1:] if lines and not lines[0] else lines


class LabelledText(Painted):
    """Sections of labels and texts, painted.

    A widget for each text would be simpler, and take half a second to lay out a help of a hundred rows.
    """

    DEFAULT_CSS = "LabelledText { height: auto; }"

    def __init__(
        self,
        label_width: int,
        sections: Iterable[Section] = (),
        wraps: bool = True,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.sections = tuple(sections)
        self._label_width, self._wraps = label_width, wraps
        self._lines: list[list[Part]] = []
        self._laid_out_for = -1

    def show(self, sections: Iterable[Section]) -> None:
        sections = tuple(sections)
        if sections != self.sections:
            self.sections, self._laid_out_for = sections, -1
            self.refresh(layout=bool(self.styles.height and self.styles.height.is_auto))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        del container, viewport
        return len(self.lines_at(width))

    def paint(self, y: int, width: int) -> Iterable[Part]:
        lines = self.lines_at(width)
        return lines[y] if y < len(lines) else ()

    def lines_at(self, width: int) -> list[list[Part]]:
        """The lines at a width; they are laid out once for each width."""
        if width != self._laid_out_for:
            self._laid_out_for = width
            self._lines = labelled_lines(self.sections, width, self._label_width, self._wraps)
        return self._lines


class DetailsPane(LabelledText):
    """The account or domain under the cursor, explained; in one line for each detail, unless it wraps."""

    DEFAULT_CSS = "DetailsPane { padding: 0 1; }"

    def __init__(self, wraps: bool = False) -> None:
        super().__init__(LABEL, wraps=wraps)

    def show_details(self, details: Sequence[Row]) -> None:
        self.show([("", details)])
