"""The lock fits what pyproject.toml asks for, and names no place on the network."""

from packaging.requirements import Requirement

from tests.packaging.lock import LOCK, misfits, pins, wanted


def test_it_fits_what_is_asked_for() -> None:
    assert misfits(pins(LOCK.read_text()), wanted()) == [], "stale: run 'make lock'"


def test_it_names_no_registry_and_fits_all_pythons_alike() -> None:
    text = LOCK.read_text()
    assert "//" not in text
    assert "python_" not in text


def test_what_does_not_fit_is_found() -> None:
    locked = pins(
        "a==1 \\\n    --hash=sha256:" + 64 * "0" + "\n    # via kconsole (pyproject.toml)\n"
        "b==2 \\\n    # via\n    #   a\n    #   gone\n"
    )
    assert misfits(locked, {"a": Requirement("a>=2"), "c": Requirement("c")}) == [
        "c is not in the lock",
        "a>=2 is not what the lock has",
        "b is in the lock for gone, which is not",
        "b has no hash",
    ]
    assert misfits(locked, {}) == [
        "a is in the lock, and not asked for",
        "b is in the lock for gone, which is not",
        "b has no hash",
    ]
