"""Which addresses and domains are the same."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kconsole.core.identity import (
    NoDomainName,
    ascii_address,
    ascii_domain,
    canonical_address,
    canonical_domain,
    canonical_login,
    shown_address,
    stored_domain,
    stripped,
)
from tests.limits import EXAMPLES

SAME = (
    ("bücher.example", "xn--bcher-kva.example", "XN--BCHER-KVA.example", "BÜCHER.example", "bu\u0308cher.example"),
    ("straße.example", "xn--strae-oqa.example", "STRAẞE.example"),
    ("strasse.example", "STRASSE.example", "strasse.example.", " strasse.example\xa0", "ｓｔｒａｓｓｅ.example"),
    ("faß.example", "xn--fa-hia.example"),
    ("νίκος.example", "xn--kxawhkp.example"),
    ("νίκοσ.example", "ΝΊΚΟΣ.example"),
    ("हिन्दी.example", "xn--j2bd4cyah0f.example"),
    ("ไทย.example", "xn--o3cw4h.example"),
    ("நிறுவனம்.example", "xn--vlccpku2dp3h.example"),
    ("ශ්\u200dරී.example", "xn--10cl1a0b660p.example"),
    ("ශ්රී.example",),
    ("例え.example", "例え。example", "xn--r8jz45g.example"),
    ("a_b.example", "A_B.example"),
)
"""Names of one domain each: all of a line are the same, and none is the same as one of another line."""


@pytest.mark.parametrize("names", SAME, ids=lambda names: names[0])
def test_forms_of_one_name_are_one_domain(names: tuple[str, ...]) -> None:
    assert len({canonical_domain(name) for name in names}) == 1
    assert len({canonical_address(f"Gina@{name}") for name in names}) == 1
    assert len({stored_domain(name).lower() for name in names}) == 1
    assert {ascii_domain(stored_domain(name)).lower() for name in names} == {canonical_domain(names[0])}
    shown = {shown_address(f"gina@{ascii_domain(name)}") for name in names}
    assert {canonical_address(address) for address in shown} == {canonical_address(f"gina@{names[0]}")}


def test_different_names_are_different_domains() -> None:
    assert len({canonical_domain(names[0]) for names in SAME}) == len(SAME)


def test_a_name_is_stored_and_shown_in_unicode_and_known_in_ascii() -> None:
    assert stored_domain("XN--BCHER-KVA.example") == "bücher.example"
    assert stored_domain("North.example") == "North.example"
    assert shown_address("gina@xn--bcher-kva.example") == "gina@bücher.example"
    assert shown_address("xn--bcher-kva.example") == "bücher.example"
    assert ascii_address("gina@bücher.example") == "gina@xn--bcher-kva.example"
    assert shown_address("gina@xn--zzzzzz99999.example") == "gina@xn--zzzzzz99999.example"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "domain-empty-name"),
        ("north", "domain-one-label"),
        ("a..example", "label-empty"),
        ("-a.example", "label-hyphen"),
        ("a b.example", "label-sign"),
        (f"{'x' * 64}.example", "label-too-long"),
        (f"{'ü' * 60}.example", "label-not-idna"),
        ("a." * 130 + "example", "domain-too-long"),
        ("xn--zzzzzz99999.example", "label-not-idna"),
        ("💩.example", "label-not-idna"),
        ("a\u200db.example", "label-not-idna"),
        ("\u202ea.example", "label-not-idna"),
        ("אa.example", "label-not-idna"),
    ],
)
def test_what_is_no_name_is_refused_with_the_reason(name: str, code: str) -> None:
    with pytest.raises(NoDomainName) as caught:
        stored_domain(name)
    assert caught.value.problem.code == code


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Gina", "gina", True),
        ("ｇｉｎａ", "gina", True),
        ("jose\u0301", "JOSÉ", True),
        ("straße", "strasse", False),
        ("ΝΊΚΟΣ", "νίκος", True),
        ("ﾊﾝ", "ハン", True),
        ("ﬁn", "fin", False),
    ],
)
def test_logins_are_compared_by_the_rule_of_precis(one: str, other: str, same: bool) -> None:
    assert (canonical_login(one) == canonical_login(other)) == same
    assert (canonical_address(f"{one}@x.example") == canonical_address(f"{other}@x.example")) == same


def test_blanks_and_marks_around_an_address_do_not_count() -> None:
    for blank in (" ", "\r\n", "\t", "\xa0", "\u3000", "\ufeff", "\u200b"):
        assert canonical_address(f"{blank}gina@north.example{blank}") == "gina@north.example"
        assert stripped(f"{blank}žluť{blank}") == "žluť"


LETTERS = st.characters(exclude_categories=["Cs"])


@pytest.mark.thorough
@settings(max_examples=20 * EXAMPLES)
@given(st.text(LETTERS, min_size=1, max_size=12), st.booleans())
def test_any_name_that_is_stored_is_the_same_in_all_its_forms(label: str, upper: bool) -> None:
    try:
        name = stored_domain(f"{label.upper() if upper else label}.example")
    except NoDomainName:
        return
    assert stored_domain(name) == name
    wire = ascii_domain(name)
    assert wire.isascii()
    assert canonical_domain(wire) == canonical_domain(name) == wire.lower()
    assert canonical_domain(unicodedata.normalize("NFD", name)) == canonical_domain(name)
    assert canonical_domain(shown_address(wire)) == canonical_domain(name)


@pytest.mark.thorough
@settings(max_examples=20 * EXAMPLES)
@given(st.text(LETTERS, max_size=30))
def test_no_text_breaks_the_comparison(text: str) -> None:
    for canonical in (canonical_address, canonical_domain, canonical_login):
        once = canonical(text)
        assert canonical(once) == once
    shown_address(text)
    ascii_address(text)
