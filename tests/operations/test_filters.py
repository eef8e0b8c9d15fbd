"""The filter language."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.codes import Message, message
from kconsole.core.folding import search_fold
from kconsole.core.records import Entry, LastLogin
from kconsole.licensing.policy import KERIO
from kconsole.operations.search.filters import OF_STORE, Filter, FilterReader, states_by
from tests.clocks import noon
from tests.licensing.strategies import entries
from tests.under_kerio import read_filter

NOW = noon().now()


def seen(days: float) -> LastLogin:
    return LastLogin(NOW - timedelta(days=days), "IMAP")


ANNA = Entry(address="anna@north.example", full_name="Anna Žák", tags=("vip",), mailbox=True, last_login=seen(10))
BERG = Entry(address="berg@south.example", origin="imported", last_login=seen(400), role="full_admin", mailbox=True)
CARL = Entry(address="carl@north.example", origin="directory", description="scanner", tags=("service",))
GONE = Entry(address="gone@south.example", enabled=False, last_login=seen(200))
TEAM = Entry(address="team@north.example", kind="mailing_list")
ALIAS = Entry(address="a@north.example", kind="alias")
ALL = (ANNA, BERG, CARL, GONE, TEAM, ALIAS)


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        ("", "anna berg carl gone team a"),
        ("anna", "anna"),
        ("ANNA žák", "anna"),
        ("scanner", "carl"),
        ("north -scanner", "anna team a"),
        ("-north", "berg gone"),
        ("domain:south", "berg gone"),
        ("-domain:SOUTH is:seat", "anna carl"),
        ("is:disabled", "gone"),
        ("is:enabled", "anna berg carl"),
        ("is:mapped", "carl"),
        ("is:imported", "berg"),
        ("is:local", "anna gone"),
        ("is:never", "carl"),
        ("is:latent", "carl"),
        ("is:admin", "berg"),
        ("is:list", "team"),
        ("IS:Alias", "a"),
        ("is:resource", ""),
        ("seen:>180d", "berg gone"),
        ("seen:>6m is:enabled", "berg"),
        ("seen:<30d", "anna"),
        ("seen:>1y", "berg"),
        ("-seen:>1y is:seat", "anna carl"),
        ("seen:<2026-01-01", "berg"),
        ("seen:>2026-01-01", "anna gone"),
        ("is: anna", ""),
        ("is:nonsense", ""),
        ("other:thing", ""),
        ("-", ""),
        ("role:full_admin", "berg"),
        ("role:Full-Admin", "berg"),
        ("role:user is:enabled", "anna carl"),
        ("tag:vip", "anna"),
        ("is:service", "carl"),
        ("-is:service is:seat", "anna berg"),
        ("anna or carl", "anna carl"),
        ("anna OR is:disabled or scanner", "anna carl gone"),
        ("(seen:>1y or is:never) -is:service", "berg"),
        ("(seen:>1y or is:never) is:service", "carl"),
        ("-(seen:>1y or is:never) is:seat", "anna"),
        ("-(domain:north is:seat) -is:list", "berg gone a"),
        ("north (scanner or (anna žák)) is:seat", "anna carl"),
        ("( anna or ( carl ) )", "anna carl"),
        ("north anna or south berg", "anna berg"),
        ("or", "anna carl team a"),
        ("or anna", "anna"),
        ("n(or)th", ""),
        (":)", ""),
        ("anna)", ""),
        ("(anna or", ""),
        ("-(anna", ""),
    ],
)
def test_what_a_filter_asks_for(text: str, logins: str) -> None:
    asked = read_filter(text, NOW)
    assert [entry.login for entry in ALL if asked.fits(entry)] == logins.split()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("is:", "filter-is"),
        ("is:nonsense", "filter-is"),
        ("seen:", "filter-seen"),
        ("seen:180d", "filter-seen"),
        ("seen:>", "filter-seen"),
        ("seen:>many", "filter-seen"),
        ("seen:<2025-13-01", "filter-seen"),
        ("seen:>99999999999d", "filter-seen"),
        ("anna -is:x", "filter-is"),
        ("role:boss", "filter-role"),
        ("-tag:", "filter-tag"),
        ("(anna or is:x) or berg", "filter-is"),
        ("anna or", "filter-or-ends"),
        ("(anna or) berg", "filter-or-ends"),
        ("(anna", "filter-unclosed"),
        ("-(anna or (berg)", "filter-unclosed"),
        ("anna ()", "filter-empty-group"),
        ("-( )", "filter-empty-group"),
        ("(" * 21 + "a" + ")" * 21, "filter-nested-deep"),
        ("(" * 990, "filter-nested-deep"),
        ("a " * 501, "filter-too-long"),
    ],
)
def test_what_cannot_be_read_is_named_and_nothing_fits(text: str, code: str) -> None:
    asked = read_filter(text, NOW)
    (problem,) = asked.problems
    assert problem.code == code
    assert problem.params["part"].strip("()-") in text
    assert not any(map(asked.fits, ALL))


def test_a_tag_that_no_entry_has_is_named_also_under_a_minus() -> None:
    for text in ("tag:servce", "-tag:servce", "(anna or -(tag:servce is:never)) tag:vip"):
        assert read_filter(text, NOW).unused_tag(ALL) == message("filter-tag-unused", tag="servce")
    for text in ("", "tag:vip -tag:SERVICE", "-is:service", "@none"):
        assert read_filter(text, NOW).unused_tag(ALL) is None


def test_groups_can_be_inside_each_other() -> None:
    assert read_filter("(" * 20 + "anna" + ")" * 20, NOW).fits(ANNA)


@given(st.lists(st.sampled_from([*"()-", "-(", " or ", " ", "anna", "is:never", "@two"]), max_size=30).map("".join))
def test_brackets_and_or_in_any_order_are_read(text: str) -> None:
    asked = read_filter(text, NOW, SAVED)
    assert [entry for entry in ALL if asked.fits(entry)] == ([] if asked.problems else [*filter(asked.fits, ALL)])


@given(st.lists(st.sampled_from(["anna", "is:never", "-north", "seen:>1y", "tag:vip"]), min_size=1), entries())
def test_or_is_any_and_the_minus_of_a_group_is_not_any(terms: list[str], entry: Entry) -> None:
    each = [read_filter(term, NOW).fits(entry) for term in terms]
    assert read_filter(" or ".join(terms), NOW).fits(entry) == any(each)
    assert read_filter(f"-({' or '.join(terms)})", NOW).fits(entry) != any(each)
    assert read_filter(f"-({' '.join(terms)})", NOW).fits(entry) != all(each)


def test_the_moment_of_a_day_is_its_beginning() -> None:
    at_midnight = Entry(address="x@y.example", last_login=LastLogin(NOW.replace(hour=0, minute=0)))
    day = NOW.date().isoformat()
    assert read_filter(f"seen:>{day}", NOW).fits(at_midnight)
    assert not read_filter(f"seen:<{day}", NOW).fits(at_midnight)


@given(st.text(), entries())
def test_any_text_is_a_filter(text: str, entry: Entry) -> None:
    assert read_filter(text, NOW).fits(entry) in (True, False)


@given(st.sampled_from(sorted(states_by(KERIO))), entries())
def test_a_minus_turns_a_condition_round(state: str, entry: Entry) -> None:
    assert read_filter(f"is:{state}", NOW).fits(entry) != read_filter(f"-is:{state}", NOW).fits(entry)


@given(st.sampled_from(sorted(states_by(KERIO))), entries())
def test_two_minuses_are_one_with_a_word(state: str, entry: Entry) -> None:
    assert read_filter(f"--is:{state}", NOW).fits(entry) == ("-is:" + state not in entry.address)


# Saved filters

IS = message("filter-is", part="is:x", states=[*states_by(KERIO), *OF_STORE])
SAVED = {
    "Unused": "is:enabled seen:>180d",
    "north": "north -scanner",
    "two": "a n",
    "all": "",
    "bad": "is:x",
    "me": "@two",
}


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        ("@unused", "berg"),
        ("@north", "anna team a"),
        ("-@north", "berg carl gone"),
        ("-@two", "berg"),
        ("@north -@two", ""),
        ("@unused @north", ""),
        ("@all -@all", "anna berg carl gone team a"),
        ("anna @bad", ""),
        ("@south.example", "berg gone"),
        ("anna @none", ""),
    ],
)
def test_a_saved_filter_stands_for_its_text(text: str, logins: str) -> None:
    asked = read_filter(text, NOW, SAVED)
    assert [entry.login for entry in ALL if asked.fits(entry)] == logins.split()


@pytest.mark.parametrize(
    ("text", "saved", "problem"),
    [
        ("@", SAVED, message("filter-not-saved", part="@", known=["@Unused", "@all", "@bad", "@me", "@north", "@two"])),
        ("@none", {}, message("filter-not-saved", part="@none", known=[])),
        ("-@none", {}, message("filter-not-saved", part="@none", known=[])),
        ("@bad", SAVED, message("filter-has-problem", part="@bad", problem=IS)),
        ("@me", SAVED, message("filter-names-another", part="@me")),
        ("@x", {"x": "-@x"}, message("filter-names-another", part="@x")),
    ],
)
def test_what_is_wrong_with_a_saved_filter_is_reported(text: str, saved: dict[str, str], problem: Message) -> None:
    assert read_filter(text, NOW, saved).problems == (problem,)


def test_the_name_of_a_saved_filter_may_have_a_dot() -> None:
    assert not read_filter("@a.b", NOW, {"a.b": "is:list"}).fits(ANNA)
    assert read_filter("@a.b", NOW, {"a.b": "is:list"}).fits(TEAM)


# Narrower filters

terms = st.sampled_from(
    [
        "a",
        "an",
        "ann",
        "-a",
        "-an",
        "is:never",
        "is:nev",
        "-is:never",
        "seen:>3d",
        "@two",
        "-@two",
        "@x",
        "domain:n",
        "-",
        "(ann or is:never)",
        "-(a is:never)",
    ]
)
filters = st.lists(terms, max_size=4).map(
    lambda several: read_filter(" ".join(several), NOW, {**SAVED, "x": "a is:never"})
)


@given(filters, filters, entries())
def test_what_fits_a_narrower_filter_fits_the_wider_one(one: Filter, other: Filter, entry: Entry) -> None:
    if one.narrows(other) and one.fits(entry):
        assert other.fits(entry)


@pytest.mark.parametrize(
    ("one", "other", "narrows"),
    [
        ("anna", "ann", True),
        ("anna b", "anna", True),
        ("ann", "anna", False),
        ("-ann", "-anna", True),
        ("-anna", "-ann", False),
        ("x is:never", "x is:nev", False),
        ("is:never x", "IS:NEVER", True),
        ("-is:never", "is:never", False),
        ("", "", True),
        ("seen:>3d x", "seen:>3d", True),
        ("seen:<2025-01-01 x", "seen:<2025-01-01", True),
        ("(anna or is:never) x", "(anna or is:never)", True),
        ("(anna or is:never)", "(ann or is:never)", False),
        ("-(anna b) x", "-(anna b)", True),
        ("(seen:>3d or a) x", "(seen:>3d or a)", True),
        ("is:never x", "is:neve x", False),
        ("is:locked x", "is:locked", False),
    ],
)
def test_one_more_letter_narrows_a_filter(one: str, other: str, narrows: bool) -> None:
    assert read_filter(one, NOW).narrows(read_filter(other, NOW)) == narrows


def test_an_age_of_another_moment_is_another_condition() -> None:
    later = FilterReader(NOW + timedelta(seconds=1), KERIO).read("seen:>3d x")
    assert not later.narrows(read_filter("seen:>3d", NOW))


def test_is_held_asks_for_the_deleted() -> None:
    assert read_filter("IS:held x", NOW).asks_held
    assert read_filter("@h", NOW, {"h": "is:held"}).asks_held
    assert not read_filter("-is:held", NOW).asks_held
    assert not read_filter("-@h", NOW, {"h": "is:held"}).asks_held
    either = read_filter("(is:held or x)", NOW)
    assert either.asks_held_too
    assert not either.asks_held
    assert not read_filter("-(is:held or x)", NOW).asks_held_too


def test_a_domain_is_found_in_both_forms() -> None:
    unicode, ascii_form = Entry(address="g@bücher.example"), Entry(address="h@xn--bcher-kva.example")
    eszett, plain = Entry(address="a@straße.example"), Entry(address="a@strasse.example")
    for text in (
        "domain:bücher",
        "domain:BÜCHER.example",
        "domain:bücher.example.",
        "domain:bücher。example",
        "domain:xn--bcher-kva.example.",
        "domain:xn--bcher",
        "xn--bcher-kva",
        "bücher",
        "@xn--bcher-kva.example",
    ):
        asked = read_filter(text, NOW)
        assert [asked.fits(entry) for entry in (unicode, ascii_form, eszett, plain)] == [True, True, False, False], text
        assert not read_filter(f"-{text}", NOW).fits(unicode)
    for text, found in (("domain:straße", [True, False]), ("domain:strasse", [False, True])):
        assert [read_filter(text, NOW).fits(entry) for entry in (eszett, plain)] == found
    assert not read_filter("domain:straße", NOW).narrows(read_filter("domain:strasse", NOW))


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("muge", "Müge"),
        ("MÜGE", "Mu\u0308ge"),
        ("lukasz", "Łukasz"),
        ("istanbul", "İSTANBUL"),
        ("strasse", "Straße"),
        ("straße", "STRASSE"),
        ("sorensen", "Sørensen"),
        ("dordevic", "Đorđević"),
        ("isil", "Işıl"),
        ("IŞIL", "ışıl"),
        ("finance", "ﬁnance"),
        ("anna", "ＡＮＮＡ"),
        ("αννα", "Άννα"),
        ("οδυσσευσ", "Οδυσσεύς"),
        ("андреи", "Андрей"),
        ("Андрей", "андрей"),
        ("семен", "Семён"),
        ("aeroe", "Ærœ"),
        ("thor", "Þór"),
        ("שלום", "שָׁלוֹם"),
        ("हिन्दी", "हिन्दी"),
        ("한국", "한국"),
    ],
)
def test_a_word_is_found_without_its_accents_in_every_script(typed: str, text: str) -> None:
    for entry in (Entry(address="x@y.example", full_name=text), Entry(address="x@y.example", description=text)):
        assert read_filter(typed, NOW).fits(entry)


@pytest.mark.parametrize(("typed", "text"), [("ke", "की"), ("か", "x"), ("muge", "Maja"), ("anna", "ann")])
def test_letters_that_differ_are_not_the_same(typed: str, text: str) -> None:
    assert not read_filter(typed, NOW).fits(Entry(address="x@y.example", full_name=text))


@given(st.text(), st.text())
def test_folding_takes_each_letter_by_itself(one: str, other: str) -> None:
    assert search_fold(one + other) == search_fold(one) + search_fold(other)
    assert search_fold(search_fold(one)) == search_fold(one)
