"""Signed heads: what a kept signature shows of a log that was rewritten, cut off, archived or repaired since."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.errors import BadInput, ConsoleError, NotFound
from kconsole.core.history import Operator
from kconsole.operations.maintenance import examine, mend, verify
from kconsole.operations.signed_heads import (
    NAMESPACE,
    LogHead,
    check_signatures,
    log_head,
    signed,
    signed_heads_in,
)
from kconsole.store.engine import Head
from kconsole.store.file_engine import segments
from kconsole.store.journal_line import head_of
from kconsole.text.messages import words_of
from tests.clocks import noon
from tests.operations.ssh import keygen, made_key, need_ssh_keygen, public
from tests.store.stores import account, add, new_store, opened, rebuild, store_of_lines

NOW = noon().now()
LINES = 12


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_ssh_keygen()
    return made_key(tmp_path_factory.mktemp("key") / "key")


@pytest.fixture(scope="module")
def other_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_ssh_keygen()
    return made_key(tmp_path_factory.mktemp("other") / "key")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return store_of_lines(tmp_path / "s", LINES)


def kept(tmp_path: Path, *documents: bytes) -> Path:
    path = tmp_path / "signatures"
    path.write_bytes(b"".join(documents))
    return path


def add_to(folder: Path, *logins: str) -> None:
    store = opened(folder)
    for login in logins:
        add(store, login)
    store.close()


def head_at(folder: Path, line: int) -> LogHead:
    """What the head was when a line was the last one."""
    heads = [each for each in journal_heads(folder) if each.sequence == line]
    return replace(log_head(folder, NOW), sequence=line, hash=heads[0].hash)


def journal_heads(folder: Path) -> list[Head]:
    return [head_of(raw) for raw in (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)]


def code_of(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ConsoleError) as caught:
        call()
    assert words_of(caught.value.happened)
    return caught.value.code, caught.value.exit_code


# The chain


def test_a_head_that_was_signed_is_found_while_the_log_goes_on(folder: Path, key: Path, tmp_path: Path) -> None:
    head = log_head(folder, NOW + timedelta(microseconds=5))
    assert (head.sequence, head.time) == (LINES, NOW)
    assert Head(head.sequence, head.hash) == verify(folder)
    first = signed(head, key)
    add_to(folder, "berg")
    heads = signed_heads_in(kept(tmp_path, signed(log_head(folder, NOW), key), first))
    assert [each.head.sequence for each in heads] == [LINES, LINES + 1]
    assert heads[0].head == head
    assert {each.key for each in heads} == {keygen("-lf", str(key)).decode().split()[1]}
    assert check_signatures(heads, None, NOW) == ["", ""]
    assert verify(folder, signed=[each.head for each in heads]).sequence == LINES + 1


@pytest.mark.parametrize("keep_snapshot", [False, True])
@pytest.mark.parametrize("change", [2, LINES])
def test_a_rewritten_log_is_found_although_its_hashes_are_right(folder: Path, change: int, keep_snapshot: bool) -> None:
    head = log_head(folder, NOW)
    rebuild(folder, change, keep_snapshot=keep_snapshot)
    if not keep_snapshot:
        assert verify(folder).sequence == LINES  # without a signature no one can know
    assert code_of(lambda: verify(folder, signed=[head])) == ("log-not-as-signed", 7)
    assert code_of(lambda: verify(folder, signed=[head, log_head(folder, NOW)])) == ("log-not-as-signed", 7)


def test_what_was_rewritten_after_the_signature_is_not_found(folder: Path) -> None:
    head = head_at(folder, LINES - 1)
    rebuild(folder, LINES)
    assert verify(folder, signed=[head]).sequence == LINES


def test_a_log_that_was_cut_off_is_found(folder: Path) -> None:
    head = log_head(folder, NOW)
    path = folder / "journal.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    (folder / "store.json").unlink()
    assert verify(folder).sequence == LINES - 1
    assert code_of(lambda: verify(folder, signed=[head])) == ("log-ends-before-signed", 7)
    add_to(folder, "x", "y")
    assert code_of(lambda: verify(folder, signed=[head])) == ("log-not-as-signed", 7)


def test_a_log_of_another_store_is_distinguished_from_a_rewritten_one(folder: Path, tmp_path: Path) -> None:
    new_store(tmp_path / "other", account("anna")).close()
    add_to(tmp_path / "other", "berg")
    head = log_head(tmp_path / "other", NOW)
    assert code_of(lambda: verify(folder, signed=[head])) == ("signed-head-of-another-store", 7)
    assert code_of(lambda: verify(folder, signed=[replace(head, store="")])) == ("log-not-as-signed", 7)


def test_a_damaged_log_is_reported_as_that(folder: Path) -> None:
    head = log_head(folder, NOW)
    path = folder / "journal.jsonl"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"a3@", b"b3@", 1))
    assert code_of(lambda: verify(folder, signed=[head])) == ("journal-damaged", 7)
    path.write_bytes(content[:-70] + b"0" + content[-69:])
    assert code_of(lambda: log_head(folder, NOW)) == ("journal-damaged", 7)
    path.write_bytes(b"")
    assert code_of(lambda: log_head(folder, NOW)) == ("journal-damaged", 7)


def test_there_is_no_head_without_a_log(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no-log"):
        log_head(tmp_path, NOW)


def test_a_line_that_is_being_written_is_no_head(folder: Path) -> None:
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b'{"sequence":13,')
    assert log_head(folder, NOW).sequence == LINES


# Archives and gaps


def test_archived_lines_are_looked_at_where_they_are(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "SEGMENT_SIZE", 2500)
    heads = {line: head_at(folder, line) for line in range(1, LINES + 1)}
    store = opened(folder)
    assert store.archive(2) == LINES - 2
    store.close()
    verify(folder, signed=list(heads.values()))
    assert log_head(folder, NOW).store == heads[1].store
    rest = segments.all_segments(folder)
    last = rest[0].last
    rest[0].path.unlink()
    verify(folder, signed=[heads[last]])  # the line after it says its hash
    for line in (1, last - 1):
        alone = [heads[line]]
        assert code_of(partial(verify, folder, signed=alone)) == ("signed-line-archived", 7)
        verify(folder, signed=[heads[line], heads[LINES]])  # a later one stands for it
    wrong = replace(heads[last], hash="0" * 64)
    assert code_of(lambda: verify(folder, signed=[wrong])) == ("log-not-as-signed", 7)
    assert log_head(folder, NOW).store == ""
    verify(folder, signed=[replace(heads[LINES], store="")])


def test_a_line_that_was_lost_has_its_hash_where_the_next_one_says_it(folder: Path) -> None:
    heads = {line: head_at(folder, line) for line in range(1, LINES + 1)}
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b"a4@", b"*bc@", 1).replace(b"a5@", b"*bc@", 1))  # lines 6 and 7
    mend(folder, examine(folder), Operator("dora"), 0, words_of)
    verify(folder, signed=[heads[7]])
    assert code_of(lambda: verify(folder, signed=[heads[6]])) == ("signed-line-lost", 7)
    verify(folder, signed=[heads[6], heads[7]])
    assert code_of(lambda: verify(folder, signed=[heads[6], heads[2]])) == ("signed-line-lost", 7)


# Signatures


def check(head: LogHead, key: Path, allowed: str | None, tmp_path: Path) -> list[str]:
    signers = tmp_path / "allowed"
    signers.write_text((allowed or "") + "\n")
    heads = signed_heads_in(kept(tmp_path, signed(head, key)))
    return check_signatures(heads, None if allowed is None else signers, NOW + timedelta(days=99))


@pytest.fixture(scope="module")
def head() -> LogHead:
    return LogHead(store="a" * 32, sequence=7, hash="b" * 64, time=NOW)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("", ""),
        ('namespaces="kconsole-log"', ""),
        ('valid-after="20200101",valid-before="20400101"', ""),
        ('valid-before="{later}"', ""),  # it expired since
        ('valid-before="20200101"', "signer-not-valid-then"),
        ('valid-after="{later}"', "signer-not-valid-then"),
        ('namespaces="git"', "signer-not-allowed"),
        ("no-such-option", "signer-unknown"),
    ],
)
def test_a_signer_is_named_by_the_allowed_signers(
    head: LogHead, key: Path, options: str, code: str, tmp_path: Path
) -> None:
    later = f"{NOW + timedelta(days=9):%Y%m%d}"
    allowed = f"anna@north.example,*@south.example {options.replace('{later}', later)} {public(key)}"
    if not code:
        assert check(head, key, allowed, tmp_path) == ["anna@north.example"]
    else:
        assert code_of(lambda: check(head, key, allowed, tmp_path)) == (code, 4)


def test_a_signer_who_is_not_named_is_refused(head: LogHead, key: Path, other_key: Path, tmp_path: Path) -> None:
    assert code_of(lambda: check(head, key, f"anna {public(other_key)}", tmp_path)) == ("signer-unknown", 4)
    assert code_of(lambda: check(head, key, "", tmp_path)) == ("signer-unknown", 4)
    assert code_of(lambda: check(head, key, "nonsense", tmp_path)) == ("signer-unknown", 4)
    heads = signed_heads_in(kept(tmp_path, signed(head, key)))
    assert code_of(lambda: check_signatures(heads, tmp_path / "none", NOW)) == ("cannot-read", 2)
    assert code_of(lambda: check_signatures(heads, tmp_path, NOW)) == ("cannot-read", 2)


def test_a_certificate_of_an_authority_signs(head: LogHead, key: Path, other_key: Path, tmp_path: Path) -> None:
    for name in ("key", "key.pub"):
        (tmp_path / name).write_bytes(key.with_name(name).read_bytes())
    (tmp_path / "key").chmod(0o600)
    keygen("-q", "-s", str(other_key), "-I", "an id", "-n", "anna", str(tmp_path / "key.pub"))
    certificate = tmp_path / "key-cert.pub"
    assert check(head, certificate, f"anna cert-authority {public(other_key)}", tmp_path) == ["anna"]
    (signed_head,) = signed_heads_in(tmp_path / "signatures")
    assert signed_head.key == f"{keygen('-lf', str(key)).decode().split()[1]} an id"


@pytest.mark.parametrize("how", ["text", "namespace", "key", "signature"])
def test_a_wrong_signature_is_refused(head: LogHead, key: Path, other_key: Path, how: str, tmp_path: Path) -> None:
    document = signed(head, key)
    if how == "text":
        document = document.replace(b'"sequence":7', b'"sequence":8')
    elif how == "namespace":
        document = head.text + keygen("-Y", "sign", "-n", "file", "-f", str(key), text=head.text)
    else:
        lines, others = document.split(b"\n"), signed(replace(head, sequence=8), other_key).split(b"\n")
        at = 2 if how == "key" else 5
        document = b"\n".join([*lines[:at], others[at], *lines[at + 1 :]])
    heads = signed_heads_in(kept(tmp_path, document))
    assert code_of(lambda: check_signatures(heads, None, NOW)) == ("signature-wrong", 4)


def test_a_signature_of_ssh_keygen_alone_is_as_good(head: LogHead, key: Path, tmp_path: Path) -> None:
    text = head.text + keygen("-Y", "sign", "-n", NAMESPACE, "-f", str(key), text=head.text)
    assert text == signed(head, key)
    heads = signed_heads_in(kept(tmp_path, b"From: cron\r\n\r\n" + text.replace(b"\n", b"\r\n") + b"\r\nbye\r\n"))
    assert check_signatures(heads, None, NOW) == [""]
    assert heads[0].head == head


SIGNATURE = b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"
TEXT = LogHead(store="a" * 32, sequence=7, hash="b" * 64, time=NOW).text


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no-signed-head"),
        (TEXT, "no-signed-head"),
        (SIGNATURE, "damaged-signed-head"),
        (TEXT + SIGNATURE[:-9], "damaged-signed-head"),
        (TEXT + b"\n" + SIGNATURE, "damaged-signed-head"),
        (TEXT + SIGNATURE + b"> " + TEXT + SIGNATURE, "damaged-signed-head"),
        (TEXT + SIGNATURE, "bad-signed-head"),
        (TEXT + SIGNATURE.replace(b"U1NI", b"==U1"), "bad-signed-head"),
        (TEXT.replace(b"-head/1", b"-head/2") + SIGNATURE, "bad-signed-head"),
        (TEXT.replace(b"7", b"0") + SIGNATURE, "bad-signed-head"),
        (TEXT.replace(b"7", b"1e99") + SIGNATURE, "bad-signed-head"),
        (TEXT.replace(b"bbb", b"BBB") + SIGNATURE, "bad-signed-head"),
        (TEXT.replace(b"aaa", b"") + SIGNATURE, "bad-signed-head"),
        (TEXT.replace(b'Z"', b'"') + SIGNATURE, "bad-signed-head"),
        (TEXT.replace(b"}", b',"more":1}') + SIGNATURE, "bad-signed-head"),
        (b'{"schema":"kconsole-head/1"}\n' + SIGNATURE, "bad-signed-head"),
        (b'{"schema":\xff}\n' + SIGNATURE, "bad-signed-head"),
    ],
)
def test_what_is_no_signed_head_is_refused(content: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=code) as caught:
        signed_heads_in(kept(tmp_path, content))
    assert words_of(caught.value.happened)


# ssh-keygen


def fake(tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "ssh-keygen"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")


def test_a_missing_program_is_named(head: LogHead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kept(tmp_path, b"")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_of(lambda: signed(head, path)) == ("program-missing", 1)


def test_a_program_that_hangs_is_ended(head: LogHead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, "exec sleep 1000", monkeypatch)
    monkeypatch.setattr("kconsole.operations.signed_heads._SIGNING", 0.1)
    assert code_of(lambda: signed(head, kept(tmp_path, b""))) == ("program-too-slow", 1)


def test_a_program_that_cannot_be_run_is_named(head: LogHead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, "", monkeypatch)
    (tmp_path / "bin" / "ssh-keygen").write_bytes(b"\x7fELF no program")
    assert code_of(lambda: signed(head, kept(tmp_path, b""))) == ("program-not-run", 1)


@pytest.mark.parametrize(
    "script", ["exit 1", "echo nonsense", ":", "cat >/dev/null; printf 'x\\033[2J\\n' >&2; exit 1"]
)
def test_a_key_that_cannot_sign_is_named(
    head: LogHead, script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path, script, monkeypatch)
    assert code_of(lambda: signed(head, kept(tmp_path, b""))) == ("cannot-sign", 2)


def test_a_key_that_is_none_cannot_sign(head: LogHead, tmp_path: Path) -> None:
    need_ssh_keygen()
    assert code_of(lambda: signed(head, tmp_path / "none")) == ("cannot-read", 2)
    assert code_of(lambda: signed(head, Path("no\0file"))) == ("cannot-read", 2)
    with pytest.raises(BadInput) as caught:
        signed(head, kept(tmp_path, b"no key"))
    assert caught.value.code == "cannot-sign"
    assert caught.value.details
