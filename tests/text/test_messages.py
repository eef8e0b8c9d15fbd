"""Every code has a template that its parameters fill, and every template is used: checked in the source."""

import ast
import re
import string
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple

import pytest

import kconsole
from kconsole.core import errors
from kconsole.core.codes import Message, message
from kconsole.core.errors import ConsoleError, Refused
from kconsole.text import messages, sentences
from kconsole.text.messages import Voice
from kconsole.text.sentences.base import Both, Template

PACKAGE = Path(kconsole.__file__).parent
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent.name != "sentences"]


class Use(NamedTuple):
    """A code in the source."""

    path: Path
    line: int
    code: str
    names: frozenset[str] | None
    """The parameters beside it; None where the source does not say."""

    @property
    def where(self) -> str:
        """The module, from the package on."""
        return str(self.path.relative_to(PACKAGE))


def _error_classes(trees: Mapping[Path, ast.Module]) -> set[str]:
    """The names of all error classes, those that other rooms add too."""
    names = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, ConsoleError)}
    classes = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    before = 0
    while len(names) > before:
        before = len(names)
        names |= {node.name for node in classes if any(ast.unparse(base) in names for base in node.bases)}
    return names


ALL = messages.templates()
POSITIONS = {
    "message": 0,
    "Message": 0,
    "Outcome": 2,
    "_done": 2,
    "Decision": 1,
    "Refusal": 1,
    "hints_of": 0,
} | dict.fromkeys(("_unchanged", "_refused"), 0)
"""Which argument of a call is a code."""
CODE_KEYWORDS = ("hint", "effect")


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _codes_in(node: ast.expr) -> list[str]:
    """The codes that an expression may be: a text, either side of a condition, a part of a tuple."""
    if isinstance(node, ast.IfExp):
        return [*_codes_in(node.body), *_codes_in(node.orelse)]
    if isinstance(node, ast.Tuple | ast.List):
        return [code for part in node.elts for code in _codes_in(part)]
    if isinstance(node, ast.JoinedStr):
        parts = [_text(part) or "" for part in node.values]
        return ["...".join(parts)] if any(" " in part for part in parts) else []
    text = _text(node)
    return [text] if text else []


def _params(call: ast.Call, name: str, is_error: bool) -> frozenset[str] | None:
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    if is_error or name in ("message", "_done", "_unchanged", "_refused"):
        own = frozenset(keyword.arg or "" for keyword in call.keywords)
        return own - {"hint", "details", "effect"} if is_error else own
    given = next((keyword.value for keyword in call.keywords if keyword.arg == "params"), None)
    position = {"Outcome": 4, "Decision": 2, "Refusal": 2, "Message": 1}.get(name, 99)
    if given is None and len(call.args) > position:
        given = call.args[position]
    if given is None:
        return frozenset()
    if not isinstance(given, ast.Dict) or any(_text(key) is None for key in given.keys):
        return None
    return frozenset(_text(key) or "" for key in given.keys)


def uses_in(trees: Mapping[Path, ast.Module]) -> Iterator[Use]:
    """All codes that stand where only a code may."""
    errors_too = _error_classes(trees)
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                is_error = name in errors_too
                position = 0 if is_error else POSITIONS.get(name)
                if position is None:
                    continue
                if len(node.args) > position and not any(isinstance(each, ast.Starred) for each in node.args):
                    for code in _codes_in(node.args[position]):
                        yield Use(path, node.lineno, code, _params(node, name, is_error))
                hints = [keyword.value for keyword in node.keywords if keyword.arg in CODE_KEYWORDS]
                hints += node.args[1:2] if is_error else node.args[3:4] if name in ("Outcome", "_done") else []
                for hint in hints:
                    for code in _codes_in(hint):
                        yield Use(path, node.lineno, code, None)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and "usual_effect" in ast.unparse(node).split("=")[0]:
                for code in _codes_in(node.value) if node.value is not None else ():
                    yield Use(path, node.lineno, code, None)


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for path in SOURCES}


@pytest.fixture(scope="module")
def uses(trees: dict[Path, ast.Module]) -> list[Use]:
    return list(uses_in(trees))


def _is_sentence(code: str) -> bool:
    return " " in code


def test_every_code_has_a_template(uses: list[Use]) -> None:
    missing = {(use.where, use.line, use.code) for use in uses if not _is_sentence(use.code)}
    assert sorted(each for each in missing if each[2] not in ALL) == []


def test_no_sentence_stands_in_place_of_a_code(uses: list[Use]) -> None:
    wrong = [use for use in uses if _is_sentence(use.code)]
    assert [(use.where, use.line, use.code) for use in wrong] == []


def fields_of(template: Template) -> set[str] | None:
    """The parameters that a template names; None if a function chooses it."""
    if isinstance(template, Both):
        both = [fields_of(template.command_line), fields_of(template.screen)]
        return None if None in both else set().union(*(fields or set() for fields in both))
    if not isinstance(template, str):
        return None
    names = {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(template) if name}
    return {name for name in names if not name.startswith("key_")}


def test_the_parameters_of_a_code_fill_its_template(uses: list[Use]) -> None:
    wrong = []
    for use in uses:
        for code in (use.code, f"{use.code}-detail"):
            fields = fields_of(ALL[code]) if code in ALL else None
            if fields is not None and use.names is not None and not fields <= use.names:
                wrong.append((use.where, use.line, code, sorted(fields - use.names)))
    assert wrong == []


def _said(trees: Mapping[Path, ast.Module]) -> Iterator[str]:
    """Patterns for all texts in the source that may be codes."""
    beside = PACKAGE.parent / "tests" / "kerio_server" / "beside.py"  # runs in a source checkout only
    for tree in (*trees.values(), ast.parse(beside.read_text())):
        for node in ast.walk(tree):
            text = _text(node) if isinstance(node, ast.expr) else None
            if text is not None:
                yield re.escape(text)
            elif isinstance(node, ast.JoinedStr):
                parts = [_text(part) for part in node.values]
                if any(part and re.fullmatch("[a-z-]{4,}", part) for part in parts):
                    yield "".join("[a-z0-9-]+" if part is None else re.escape(part) for part in parts)


def test_every_template_is_used(trees: dict[Path, ast.Module]) -> None:
    said = set(_said(trees))
    patterns = [re.compile(pattern) for pattern in said if "[a-z0-9-]+" in pattern]
    unused = [code for code in (code.removesuffix("-detail") for code in ALL) if re.escape(code) not in said]
    assert [code for code in unused if not any(pattern.fullmatch(code) for pattern in patterns)] == []


def test_every_code_has_one_template() -> None:
    modules = [import_module(f"{sentences.__name__}.{module.name}") for module in iter_modules(sentences.__path__)]
    codes = [code for module in modules for code in getattr(module, "TEMPLATES", {})]
    assert len(codes) == len(set(codes))


def test_codes_are_lower_case_words_with_hyphens() -> None:
    letters = frozenset(string.ascii_lowercase + string.digits + "-")
    assert [code for code in ALL if not set(code) <= letters] == []


# The renderer


@pytest.fixture
def templates(monkeypatch: pytest.MonkeyPatch) -> dict[str, Template]:
    """Templates for one test."""
    made: dict[str, Template] = {}
    monkeypatch.setattr(messages, "templates", lambda: made)
    return made


@pytest.mark.parametrize(
    ("template", "params", "words"),
    [
        ("{seats:count seat} free", {"seats": 1}, "1 seat free"),
        ("{n:count entry entries}", {"n": 1200}, "1,200 entries"),
        ("{n:count held seat|held seats}", {"n": 2}, "2 held seats"),
        ("{names:list}", {"names": ["a", "b", "c"]}, "a, b and c"),
        ("{names:some}", {"names": ["a", "b", "c", "d", "e"]}, "a, b, c and 2 more"),
        ("{why}!", {"why": message("inner", name="anna")}, "anna is here!"),
        (
            "{whys:list}",
            {"whys": [message("inner", name="anna"), message("inner", name="berg")]},
            "anna is here and berg is here",
        ),
        (lambda params: "one" if params["n"] == 1 else "{n} of them", {"n": 3}, "3 of them"),
    ],
)
def test_parameters_in_words(
    templates: dict[str, Template], template: Template, params: dict[str, Any], words: str
) -> None:
    templates |= {"said": template, "inner": "{name} is here"}
    assert messages.words_of(Message("said", params)) == words


def test_a_command_on_the_command_line_is_a_key_on_the_screen(templates: dict[str, Template]) -> None:
    templates["read-again"] = Both("Run 'kconsole sync'.", "Press {key_sync}.")
    screen = Voice({"sync": "y"})
    assert messages.words_of(message("read-again")) == "Run 'kconsole sync'."
    assert messages.words_of(message("read-again"), screen) == "Press y."


def test_an_error_says_what_happened_what_that_means_and_what_to_do(templates: dict[str, Template]) -> None:
    templates |= {
        "full": "No seat is free",
        "full-detail": "{used} used",
        "kept": "Nothing was changed.",
        "buy": "Buy.",
    }
    error = Refused("full", "buy", effect="kept", used=5)
    assert messages.error_words(error) == "No seat is free: 5 used. Nothing was changed."
    assert messages.hint_words(error) == "Buy."
    assert messages.whole(error) == "No seat is free: 5 used. Nothing was changed. Buy."
    assert messages.parts_of(error.happened) == ["No seat is free", "5 used"]


@pytest.mark.usefixtures("templates")
def test_a_code_without_a_template_is_shown_itself() -> None:
    assert messages.words_of(message("unknown")) == "unknown"


@pytest.mark.parametrize("name", sorted(messages.ADDRESSES))
def test_domains_are_in_unicode_wherever_a_message_names_one(name: str) -> None:
    """As lists show them; what a parameter holds besides is as it came."""
    stored, shown = "anna@xn--wgv71a119e.example", "anna@日本語.example"
    given: object = [stored] if name.endswith("es") or name == "domains" else stored
    field = re.compile(rf"\{{{name}(:(?!count)[^}}]*)?\}}")
    codes = [code for code, template in ALL.items() if isinstance(template, str) and field.search(template)]
    for code in codes:
        fields = {field for _, field, _, _ in string.Formatter().parse(str(ALL[code])) if field}
        params = dict.fromkeys(fields, 1) | {name: given}
        with suppress(ValueError, TypeError):  # where another parameter is no number
            words = messages.words_of(Message(code, params))
            assert shown in words, code
            assert stored not in words, code


def test_what_is_only_sometimes_an_address_is_marked() -> None:
    taken = message("changed-since", what="entry", how="taken", name="anna@xn--wgv71a119e.example", operation="delete")
    assert "anna@日本語.example" in messages.words_of(taken)
    typed = message("not-a-domain-name", name="xn--wgv71a119e", why=message("domain-one-label"))
    assert "xn--wgv71a119e" in messages.words_of(typed)


SEVERAL = frozenset(
    ("several-primary-domains", "license-file-seats", "listed-twice", "too-many-seats", "too-many-more-seats")
) | {"entries-with-same-id", "entries-with-same-login", "list-kept-changing", "strange-count"}
"""Codes whose number is never one."""


def test_a_sentence_about_one_thing_is_not_in_the_plural() -> None:
    """Numbers that vary are written by `count`; a bound that stands in the source may be followed by its plural."""
    ones: Mapping[str, Any] = defaultdict(lambda: 1)
    plural = re.compile(
        r"(?<![\d,.])1 (?!address|alias|is |was |has |does|MB)(more )?[a-z]+s |(?<!of )1 [a-z]+s? (are|have) "
    )
    bounds = re.compile(r"at most 1 |more than 1 |longer than 1 |deeper than 1 |last 1 ")
    wrong = {}
    for code in ALL.keys() - SEVERAL:
        with suppress(TypeError, KeyError, ValueError, AttributeError):  # its parameters are no numbers
            text = messages.words_of(Message(code, ones))
            names = set(re.findall(r"{(\w+)", template)) if isinstance(template := ALL[code], str) else {"number"}
            if names & NUMBERS and plural.search(f"{text} ") and not bounds.search(text):
                wrong[code] = text
    assert wrong == {}


NUMBERS = frozenset(
    ("number", "count", "more", "seats", "users", "accounts", "held", "needed", "free", "gone", "connected")
)
