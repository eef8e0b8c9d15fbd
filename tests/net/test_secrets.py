"""Passwords: from a file no one else can read, from the environment, or asked for."""

import base64
import html
import json
import pickle
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from kconsole.core.codes import message
from kconsole.core.errors import BadInput
from kconsole.net.secrets import Secret, secret_from, shows

VARIABLE = "KCONSOLE_TEST_PASSWORD"


def test_the_file_comes_first_then_the_environment_then_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.touch(0o600)
    file.write_text("of the file \r\nsecond line")
    assert secret_from(None, VARIABLE, lambda: "typed").reveal() == "typed"
    monkeypatch.setenv(VARIABLE, "of the environment")
    assert secret_from(None, VARIABLE, lambda: "typed").reveal() == "of the environment"
    assert secret_from(file, VARIABLE, lambda: "typed").reveal() == "of the file "


def test_without_any_there_is_an_error_that_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")
    with pytest.raises(BadInput) as error:
        secret_from(None, VARIABLE, None)
    assert error.value.hints == (message("give-password-file-or-variable", variable=VARIABLE),)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601])
def test_a_file_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "password"
    file.write_text("hunter2")
    file.chmod(mode)
    with pytest.raises(BadInput, match="password-file-open-to-others") as error:
        secret_from(file, VARIABLE, None)
    assert "hunter2" not in f"{error.value!r} {vars(error.value)}"


def test_what_is_no_file_is_never_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("pipe", "none", "."):
        with pytest.raises(BadInput):
            secret_from(tmp_path / name, VARIABLE, None)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        *((content, "empty") for content in (b"", b"\n", b"\r\nsecond", b"\xef\xbb\xbf", b"\xff\xfe\r\0\n\0", b"\x1a")),
        *(
            (content, "not-text")
            for content in (b"\xff", b"p\xe4ss", b"p\0a\0s\0s\0", b"\xff\xfep", b"\x1b[A", b"pa\tss")
        ),
        (b"x" * 4097, "too-large"),
    ],
)
def test_a_file_without_a_password_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "password"
    file.touch(0o600)
    file.write_bytes(content)
    with pytest.raises(BadInput, match=f"password-file-{code}"):
        secret_from(file, VARIABLE, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r", "\r\n\r\n", "\n \n", "\x1a", "\r\n\x1a"])
def test_what_an_editor_adds_is_not_part_of_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, end: str
) -> None:
    file = tmp_path / "password"
    file.touch(0o600)
    file.write_bytes(f"pässwörd\u00a0✓{end}".encode(encoding))
    assert secret_from(file, VARIABLE, None).reveal() == "pässwörd\u00a0✓"
    monkeypatch.setenv(VARIABLE, f"\ufeffpässwörd\u00a0✓{end}")
    assert secret_from(None, VARIABLE, None).reveal() == "pässwörd\u00a0✓"


def test_a_secret_tells_nothing_of_itself() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {vars(type(secret))} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert secret
    assert not Secret("")


@pytest.mark.parametrize("password", ["admin's pass phrase, ünique", 'a"b<c>&d\\e/+ %41x', "hunter2", "王小明✓😀"])
def test_a_password_is_found_in_any_form(password: str) -> None:
    secret, quoted = Secret(password), json.dumps(password)
    forms = [password, quoted, json.dumps(password, ensure_ascii=False), quoted.replace("/", "\\/")]
    forms += [html.escape(password), html.escape(quoted), password.upper(), password.encode().hex()]
    forms += ["".join(f"&#{ord(each)};" for each in password), "".join(f"&#x{ord(each):x};" for each in password)]
    forms += [quote(password, safe=""), quote_plus(password)]
    for before in ("", "u", "us", "user:"):
        for after in ("", "!", "!!"):
            coded = base64.b64encode(f"{before}{password}{after}".encode()).decode()
            forms += [coded, coded.replace("+", "-").replace("/", "_"), quote(coded)]
    for form in forms:
        assert shows(f"Refused: {form} is wrong", secret), form
    assert not shows("Refused: the user is not logged in (error 1000)", secret)
    assert not shows("anything", Secret(""))
