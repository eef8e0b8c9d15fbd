"""The price of a seat: recorded to its last decimal, and refused where it is none."""

import json
from pathlib import Path

import pytest

from kconsole.core.encoding import inventory_document
from kconsole.core.errors import BadInput
from kconsole.core.license import price_of
from kconsole.importers.dump_documents import read_dump
from kconsole.operations.license import (
    ChangeTerms,
    SetPrice,
    Terms,
)
from tests.operations.licenses import (
    ACTIVATED,
    session_with,
)
from tests.operations.sessions import another


def test_a_price_is_recorded_to_the_last_decimal_undone_and_kept_by_a_dump(tmp_path: Path) -> None:
    session = session_with(tmp_path, ACTIVATED)
    assert "price" not in inventory_document(session.state.inventory)["license"]  # as version 0.1 writes it
    price = price_of(" 0.1005 ", "eur")
    assert session.do(SetPrice(price)).outcomes[0].code == "price-set"
    assert session.do(SetPrice(price_of("0.1005", "EUR"))).outcomes[0].code == "price-unchanged"
    assert session.state.license.price == price == another(session).state.license.price
    assert (str(price.of(3)), price.currency) == ("0.3015", "EUR")
    document = inventory_document(session.state.inventory)
    assert document["license"]["price"] == {"amount": "0.1005", "currency": "EUR"}
    assert read_dump(json.dumps(document).encode(), "f").license.price == price
    session.do(ChangeTerms(Terms(seats=11)))
    assert session.state.license.price == price
    assert session.do(SetPrice(None)).outcomes[0].code == "price-removed"
    session.undo()
    assert session.state.license.price == price


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        *((each, "EUR", "not-an-amount") for each in ("", "0", "-1", "1,250", "1e3", "NaN", "24.50001", "9" * 11, "٣")),
        *(("1", each, "not-a-currency") for each in ("", "EURO", "€", "E1R")),
    ],
)
def test_what_is_no_price_is_refused(amount: str, currency: str, code: str) -> None:
    with pytest.raises(ValueError, match=code):
        price_of(amount, currency)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "0", "-1", "1E+12", "1.00001"])
def test_a_dump_with_no_price_is_refused(tmp_path: Path, amount: str) -> None:
    session = session_with(tmp_path, ACTIVATED)
    document = inventory_document(session.state.inventory)
    document["license"]["price"] = {"amount": amount, "currency": "EUR"}
    with pytest.raises(BadInput):
        read_dump(json.dumps(document).encode(), "f")
