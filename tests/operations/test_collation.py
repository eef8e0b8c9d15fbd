"""The order of names: that of the user's language where its locale is installed, and a sensible one elsewhere."""

import locale
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.operations.search import collation
from kconsole.operations.search.collation import collation_key, use_locale
from tests.cli.console import Console, account

NAMES = ("Zeman", "Åberg", "Cizek", "Čapek", "chmel", "Dub", "Hora", "ß", "ss", "st", "isik", "ısik", "jas", "мк", "мй")

ORDERS = {
    "cs_CZ": "Åberg Cizek Čapek Dub Hora chmel isik ısik jas ss ß st Zeman мй мк",
    "de_DE": "Åberg Čapek chmel Cizek Dub Hora isik ısik jas ss ß st Zeman мй мк",
    "sv_SE": "Čapek chmel Cizek Dub Hora isik ısik jas ss ß st Zeman Åberg мй мк",
    "tr_TR": "Åberg Čapek chmel Cizek Dub Hora ısik isik jas ss ß st Zeman мй мк",
}


@pytest.fixture
def language(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    locale.setlocale(locale.LC_COLLATE, "C")
    use_locale()


@pytest.fixture(scope="session")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real locales as far as they sort: all of each would take five times as long to make."""
    folder = tmp_path_factory.mktemp("locales")
    for name in ORDERS:
        collate = f'escape_char /\ncomment_char %\nLC_COLLATE\ncopy "{name}"\nEND LC_COLLATE\n'
        (folder / f"{name}.src").write_text(f'{collate}LC_CTYPE\ncopy "POSIX"\nEND LC_CTYPE\n')
        made = folder / f"{name}.UTF-8"
        if shutil.which("localedef") is not None:
            subprocess.run(
                ["localedef", "-c", "-i", str(folder / f"{name}.src"), "-f", "UTF-8", str(made)], capture_output=True
            )
        if not made.exists():
            pytest.skip("the sources of locales are not installed (on Debian: apt install locales)")
    return folder


@pytest.mark.parametrize("name", ["C", "POSIX", "C.UTF-8", "xx_YY.UTF-8"])
def test_without_a_language_letters_come_before_their_accents(language: pytest.MonkeyPatch, name: str) -> None:
    language.setenv("LC_ALL", name)
    use_locale()
    assert " ".join(sorted(NAMES, key=collation_key)) == ORDERS["de_DE"].replace(
        "Čapek chmel Cizek", "Čapek chmel Cizek"
    )


@pytest.mark.thorough
def test_names_are_sorted_as_the_language_does(language: pytest.MonkeyPatch, locales: Path, tmp_path: Path) -> None:
    console = Console(tmp_path / "store")
    console.fill(*[account(f"a{number}", full_name=name) for number, name in enumerate(NAMES)])
    language.setenv("LOCPATH", str(locales))
    files = set()
    for name, order in ORDERS.items():
        language.setenv("LC_ALL", f"{name}.UTF-8")
        shown = [document["full_name"] for document in console.accounts("--sort", "name")]
        assert " ".join(shown) == order
        turned = [document["full_name"] for document in console.accounts("--sort", "name", "--reverse")]
        assert turned == shown[::-1]
        files.add(console.done("dump", "-").out)
    assert len(files) == 1  # no language is in them


@pytest.mark.parametrize("by_locale", [True, False])
@given(name=st.text(), others=st.lists(st.text(), max_size=5))
def test_any_name_has_a_key(by_locale: bool, name: str, others: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collation, "_by_locale", by_locale)
        keys = sorted(map(collation_key, [name, *others]))
        assert collation_key(name) in keys
