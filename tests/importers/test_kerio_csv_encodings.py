"""Encodings of exports: what is known by itself, and what is guessed and asked about."""

import pytest

from kconsole.core.codes import Message
from kconsole.core.errors import BadInput, EncodingUnconfirmed
from kconsole.importers.file_lines import LineMessage
from kconsole.importers.kerio_csv import read_kerio_export
from tests.importers.exports import HEADER


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_known_by_itself(codec: str) -> None:
    export = read_kerio_export(f"{HEADER}\r\nbob;x;Łukasz Sørensen 王;;;\r\n".encode(codec), "users.csv")
    assert export.accounts[0].full_name == "Łukasz Sørensen 王"
    assert export.encoding == ("UTF-16" if codec == "utf-16" else "UTF-8")


def guessed(document: bytes) -> EncodingUnconfirmed:
    """The proposal for a document that is not in UTF-8; nothing is read without a word."""
    with pytest.raises(EncodingUnconfirmed) as caught:
        read_kerio_export(document, "users.csv")
    return caught.value


_CENTRAL_NAMES = (
    "Dvořák|Jiří|Čapek|Vlček|Hlaváč|Kučera|Zdeněk|Němcová|Růžena|Martinů|Přemysl|Kateřina|Ďurica|Naďa|Kaňka|Ľubomír|"
    "Čtvrtník|Michał|Łukasz|Kamiński|Stępień|Zięba|Świętek|Woźniak|Żak|Jędrzej|PŘEMYSL KŘÍŽ|ŁUCJA WÓJCIK|Erdős|Szőke|"
    "Győr|Fűzesi|Petrović|Đorđević|Ćosić|Anđela|Mădălina|Constanţa|Iliaş|účetní oddělení|Oddział sprzedaży"
)
CENTRAL = _CENTRAL_NAMES.split("|")
_WESTERN_NAMES = (
    "Sørensen|Jørgen|Bjørn|Lefèvre|Hélène|Thérèse|Michèle|Kjær|Bæk|Ægir|João|Simões|Guimarães|Direção|Muñoz|Núñez|Begoña|"
    "Guðrún|Sigurðsson|Davíð|Þór|Þorsteinn|Åsa|Håkan|Ångström|Niccolò|Forlì|Anaïs|Loïc|Ève|Inês|Bérangère|Cœur|Mª José|"
    "almacén nº 3|2º piso|Østby|Malmø|SØREN KJÆR|MUÑOZ|Réception à l'entrée|¿Quién, Nicolò?"
)
WESTERN = _WESTERN_NAMES.split("|")


@pytest.mark.parametrize(
    ("name", "encoding"), [(name, "CP1250") for name in CENTRAL] + [(name, "CP1252") for name in WESTERN]
)
def test_one_name_is_enough_to_tell_the_code_page(name: str, encoding: str) -> None:
    document = f"{HEADER}\nbob;x;{name};;;\n".encode(encoding)
    guess = guessed(document)
    assert guess.encoding == encoding
    example = guess.details[0]
    assert isinstance(example, Message)
    assert example.params == {"encoding": encoding, "words": [name]}
    assert read_kerio_export(document, "users.csv", guess.encoding).accounts[0].full_name == name


@pytest.mark.parametrize(("names", "encoding"), [(CENTRAL, "CP1250"), (WESTERN, "CP1252")])
def test_a_file_of_names_tells_its_code_page(names: list[str], encoding: str) -> None:
    rows = "".join(f"bob{place};x;{name};;;\r\n" for place, name in enumerate(names))
    assert guessed(f"{HEADER}\r\n{rows}".encode(encoding)).encoding == encoding


def test_a_byte_that_one_code_page_lacks_decides_for_the_other() -> None:
    assert guessed(f"{HEADER}\nbob;x;Šťastný;;;\n".encode("cp1250")).encoding == "CP1250"


def test_passwords_take_no_part_in_guessing_the_code_page() -> None:
    guess = guessed(f"{HEADER}\nbob;ø³³³³³³;Søren;;;\n".encode("cp1252"))
    assert guess.encoding == "CP1252"
    assert "³³³" not in repr(guess.details)
    export = read_kerio_export(f"{HEADER}\nbob;ø³³³³³³;Soren;;;\n".encode("cp1252"), "users.csv")
    assert export.accounts[0].full_name == "Soren"  # what is read is the same in every code page


def test_the_encoding_can_be_said() -> None:
    document = f"{HEADER}\nbob;x;Bøe;;;\n".encode("cp1252")
    export = read_kerio_export(document, "users.csv", "windows-1252")
    assert (export.encoding, export.accounts[0].full_name) == ("CP1252", "Bøe")
    assert read_kerio_export(document, "users.csv", "cp1250").accounts[0].full_name == "Bře"
    (fault,) = read_kerio_export(document, "users.csv", "UTF-8").faults
    assert fault == LineMessage(2, "not-in-encoding", {"encoding": "UTF-8", "byte": "F8", "at": 8})


@pytest.mark.parametrize("encoding", ["klingon", "", "rot13", "punycode", "unicode_escape", "hex", "a\0b"])
def test_what_is_no_encoding_of_text_is_refused(encoding: str) -> None:
    with pytest.raises(BadInput, match="unknown-encoding"):
        read_kerio_export(HEADER.encode(), "users.csv", encoding)
