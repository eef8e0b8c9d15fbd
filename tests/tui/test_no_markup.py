"""Nothing that Textual or Rich would parse as markup is made from a plain text.

A name such as `a[/]b` would end the console there, and `[@click=app.quit]x[/]` would run an action. So what goes to a
place that parses is a `Content`, which is not parsed, or a literal without a bracket. What parses somewhere inside, and
is of no use here, is not used at all.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import kconsole.tui

SOURCES: Final = sorted(Path(kconsole.tui.__file__).parent.rglob("*.py"))

PARSING_WIDGETS: Final = {"Static": "content", "Label": "content", "Button": "label", "Option": "prompt"}
"""Widgets that parse their first argument, and what it is called."""

NOT_USED: Final = {
    "Checkbox", "Collapsible", "ContentSwitcher", "DataTable", "Digits", "DirectoryTree", "Footer", "Header", "Link",
    "ListItem", "ListView", "Log", "Markdown", "MarkdownViewer", "OptionList", "Placeholder", "Pretty", "RadioButton",
    "RadioSet", "RichLog", "Select", "SelectionList", "Tab", "TabbedContent", "TabPane", "Toast", "Tooltip", "Tree",
}  # fmt: skip
"""Widgets that parse here and there; kconsole paints instead."""

PARSING_ATTRIBUTES: Final = {"border_title", "border_subtitle", "tooltip", "label", "prompt", "content", "renderable"}

PARSING_METHODS: Final = {"update", "notify", "add_option", "add_options", "add_row", "add_column", "write_line"}

HITS: Final = {"Hit": 1, "DiscoveryHit": 0}
"""Entries of the palette, and which argument of theirs is parsed; their help is parsed too."""

PARSERS: Final = {"from_markup", "render_markup", "from_text", "print", "print_json", "rule"}
"""What parses wherever it is called."""


def violations(source: str) -> list[str]:
    """What would be parsed as markup, a line for each: its number, and the code."""
    tree = ast.parse(source)
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    found = {node.lineno: node for top in ast.walk(tree) for node in _violations(top, parents)}
    return [f"{line}: {ast.unparse(found[line])}" for line in sorted(found)]


def _violations(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[ast.expr]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = {alias.name.rpartition(".")[2] for alias in node.names}
        is_markup = "markup" in {*names, *(getattr(node, "module", None) or "").split(".")}
        if names & NOT_USED or is_markup:
            yield ast.Name(", ".join(sorted(names)), lineno=node.lineno)
    elif isinstance(node, ast.Call):
        yield from _parsed_in_call(node, parents)
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Attribute) and target.attr in PARSING_ATTRIBUTES:
                yield from _unless_safe(node.value)
    elif isinstance(node, ast.FunctionDef) and node.name in ("render", "render_label"):
        for inner in ast.walk(node):
            if isinstance(inner, ast.Return):
                yield from _unless_safe(inner.value)


def _parsed_in_call(call: ast.Call, parents: dict[ast.AST, ast.AST]) -> Iterator[ast.expr]:
    name = _name(call.func)
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in PARSERS:
        yield call
    for word in ("tooltip", "message", "help"):
        if name != "Binding" and word in keywords:
            yield from _unless_safe(keywords[word])
    if name == "setattr" or any(isinstance(argument, ast.Starred) for argument in call.args[:1]):
        if name in {"setattr", *PARSING_WIDGETS}:
            yield call
    elif name in PARSING_WIDGETS or (name == "__init__" and _is_in_parsing_widget(call, parents)):
        word = PARSING_WIDGETS.get(name, "content")
        for argument in [*call.args[:1], *([keywords[word]] if word in keywords else [])]:
            yield from _unless_safe(argument)
    elif name in PARSING_METHODS and isinstance(call.func, ast.Attribute):
        for argument in [*call.args, *keywords.values()]:
            yield from _unless_safe(argument)
    elif name in HITS and len(call.args) > HITS[name]:
        yield from _unless_safe(call.args[HITS[name]])


def _is_in_parsing_widget(call: ast.Call, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a `super().__init__` stands in a class made from a widget that parses."""
    node: ast.AST = call
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.ClassDef):
            return any(_name(base) in PARSING_WIDGETS for base in node.bases)
    return False


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _unless_safe(value: ast.expr | None) -> Iterator[ast.expr]:
    if value is not None and not _is_safe(value):
        yield value


def _is_safe(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return value.value is None or (isinstance(value.value, str) and "[" not in value.value)
    if isinstance(value, ast.IfExp):
        return _is_safe(value.body) and _is_safe(value.orelse)
    if isinstance(value, ast.BinOp):
        return _is_safe(value.left) and _is_safe(value.right)
    if isinstance(value, ast.Call):
        # Help and titles of commands are literals; that none holds a bracket, the tests of commands see to.
        if isinstance(value.func, ast.Name):
            return value.func.id in ("Content", "Backdrop")
        return _name(value.func) in ("help_text", "highlight", "_dimmed")
    return False


@pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])
def test_no_plain_text_goes_where_markup_is_parsed(path: Path) -> None:
    assert violations(path.read_text(encoding="utf-8")) == []


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 30
    assert sum("Content(" in path.read_text(encoding="utf-8") for path in SOURCES) > 3


@pytest.mark.parametrize(
    "planted",
    [
        "Static(name)",
        "Static(f'{name}')",
        "Static('a' + name)",
        "Static('[bold]a')",
        "Static(content=name)",
        "Static(*texts)",
        "Label(entry.full_name)",
        "Button(verb, id='x')",
        "Button('Delete ' + name)",
        "widgets.Static(name)",
        "Option(name)",
        "self.query_one('#x', Static).update(name)",
        "self.query_one('#x', Static).update(f'{a}')",
        "self.border_title = name",
        "self.border_title = f'Accounts of {domain}'",
        "pane.border_subtitle = ' · '.join(more)",
        "self.tooltip = name",
        "button.label = name",
        "widget.border_title: str = name",
        "widget.border_title += name",
        "self.notify(name)",
        "self.notify('done', title=name)",
        "self.app.exit(message=name)",
        "Static('x', tooltip=name)",
        "Content.from_markup(name)",
        "Content.from_text(name)",
        "Text.from_markup(name)",
        "render_markup(name)",
        "self.app.console.print(name)",
        "setattr(pane, 'border_title', name)",
        "DiscoveryHit(name, run)",
        "Hit(score, name, run)",
        "Hit(score, Content(name), run, help=name)",
        "from textual.widgets import DataTable",
        "from textual.widgets import Input, OptionList",
        "from rich.markup import escape",
        "import rich.markup",
        "from textual import markup",
        "class A(Static):\n    def __init__(self, name):\n        super().__init__(name)",
        "class A(Widget):\n    def render(self):\n        return self.name",
        "Static('a' if x else name)",
    ],
)
def test_a_planted_text_is_found(planted: str) -> None:
    assert violations(planted), planted
    assert violations(f"def f():\n    if x:\n        pass\n{planted}" if "class" not in planted else planted)


@pytest.mark.parametrize(
    "harmless",
    [
        "Static(Content(name))",
        "Static()",
        "Static(id=f'fate-{fate}')",
        "Button('Cancel', id='cancel')",
        "Button(Content(verb))",
        "Label('/ ')",
        "self.border_title = 'Seats'",
        "self.border_title = Content(f'{name}')",
        "self.border_title = None",
        "known.update(Content(' · '.join(more)))",
        "self._changed.notify()",
        "self.app.exit(return_code=3)",
        "DiscoveryHit(Content(title), run, text=title, help=command.help_text())",
        "Hit(score, matcher.highlight(command.title) + Content(keys), run)",
        "class A(Widget):\n    def __init__(self, name):\n        super().__init__(name)",
        "class A(Widget):\n    def render(self):\n        return Content(self.name)",
        "Static(Content(a) if a else Content(b))",
    ],
)
def test_what_is_not_parsed_is_let_pass(harmless: str) -> None:
    assert violations(harmless) == []
