"""Signed heads: the last line of a log by its number and hash, signed with an SSH key.

Whoever keeps one elsewhere can show that the log was rewritten or cut off since, also by someone who made a chain with
right hashes. A signed head is a line of JSON, the signed text, and below it the signature that `ssh-keygen -Y sign`
makes of that. A file may hold several, with any text around them, as a folder of mail does.
"""

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from kconsole.core.codes import message, short
from kconsole.core.encoding import NONSENSE
from kconsole.core.errors import BadInput, NotFound, Refused, StoreUnusable, reason_of
from kconsole.core.times import in_utc, to_iso
from kconsole.operations.files import open_file, read_document, whole_path
from kconsole.operations.locations import Location
from kconsole.operations.ssh_keygen import Answer, ssh_keygen
from kconsole.operations.ssh_keys import blob_fingerprint, fields_in
from kconsole.store.engine import START, BrokenJournal, Head
from kconsole.store.journal_line import head_of
from kconsole.store.locations import engine_at, refuse_away
from kconsole.store.replay import Gaps

NAMESPACE: Final = "kconsole-log"
"""What the signatures are for: none that was made for something else counts."""

_SIGNING: Final = 300.0  # seconds: a person may type a passphrase, or look for a token
_CHECKING: Final = 30.0  # seconds
_LARGEST: Final = 16 * 1024 * 1024  # bytes: some ten thousand signed heads

_BEGIN: Final = b"-----BEGIN SSH SIGNATURE-----"
_SIGNED: Final = re.compile(
    rb'^(\{"schema":[^\n]*\}\n)(' + _BEGIN + rb"\n([A-Za-z0-9+/=\n]+)-----END SSH SIGNATURE-----)$", re.MULTILINE
)


class LogHead(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of a log, which stands for all lines up to it."""

    schema: Literal["kconsole-head/1"] = "kconsole-head/1"
    store: Annotated[str, Meta(pattern="^([0-9a-f]{32})?$")]
    """The id of the store; empty if the line that says it is archived elsewhere."""
    sequence: Annotated[int, Meta(ge=1, lt=10**18)]
    hash: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    time: Annotated[datetime, Meta(tz=True)]
    """When this was the last line."""

    @property
    def text(self) -> bytes:
        """The text that is signed."""
        return msgspec.json.encode(self) + b"\n"


class SignedHead(NamedTuple):
    """A head with a signature that is not checked yet."""

    head: LogHead
    text: bytes
    signature: bytes
    key: str
    """The fingerprint of the key that the signature names."""


def log_head(store: Location, now: datetime) -> LogHead:
    """The last whole line of the log, which is checked; those before it are not. Takes no lock."""
    with closing(engine_at(store, read_only=True)) as engine:
        if not engine.open():
            refuse_away(engine)
            raise NotFound("no-log", "name-the-store", folder=str(store))
        try:
            last = engine.head()
            raw = engine.line(last.sequence)
            if raw is None or head_of(raw) != last:
                raise BrokenJournal(max(last.sequence, 1), "line-not-its-hash" if raw else "journal-empty", START)
        except BrokenJournal as damage:
            raise damage.of(engine.journal_name) from None
        at = in_utc(now).replace(microsecond=0)
        return LogHead(store=engine.store_id(), sequence=last.sequence, hash=last.hash, time=at)


def signed(head: LogHead, key: Path) -> bytes:
    """A head with its signature below it. ssh-keygen asks for the passphrase itself.

    The key is the file of a private one, or of the public one of which the SSH agent has the private one.

    Raises:
        BadInput: it cannot sign.
    """
    path = _checked_path(key)
    answer = ssh_keygen(("-Y", "sign", "-n", NAMESPACE, "-f", str(path)), head.text, _SIGNING)
    document = head.text + answer.output
    if not answer.succeeded or not _SIGNED.search(document):
        raise BadInput("cannot-sign", "private-key-or-agent", answer.words, key=str(path))
    return document


def signed_heads_in(file: Path) -> list[SignedHead]:
    """The signed heads in a file, or in standard input for `-`, by their lines.

    Raises:
        BadInput: there is none, or one that no kconsole made.
    """
    content, name = read_document(file, _LARGEST)
    content = content.replace(b"\r\n", b"\n")
    found = list(_SIGNED.finditer(content))
    if not found or content.count(_BEGIN) != len(found):
        raise BadInput("damaged-signed-head" if _BEGIN in content else "no-signed-head", "sign-a-head", file=name)
    heads = []
    for number, (text, signature, encoded) in enumerate((each.groups() for each in found), 1):
        try:
            head = msgspec.json.decode(text, type=LogHead)
            blob = b64decode(encoded.replace(b"\n", b""), validate=True)
            key = blob_fingerprint(fields_in(blob[len("SSHSIG") + 4 :])[0])  # after its magic words and a version
        except (*NONSENSE, IndexError) as error:
            why = message("makes-no-sense", error=short(str(error)))
            raise BadInput("bad-signed-head", "sign-a-head", file=name, number=number, reason=why) from None
        heads.append(SignedHead(head, text, signature + b"\n", key))
    return sorted(heads, key=lambda each: each.head.sequence)


def check_signatures(heads: Sequence[SignedHead], allowed_signers: Path | None, now: datetime) -> list[str]:
    """Check each signature; returns the signers by the names that the file of allowed signers gives them.

    Without such a file it is not checked whose keys they are, and the names are empty. A key has to be valid at the
    time for which it signed, as for commits in git: a head does not become wrong when its key expires.

    Raises:
        Refused: a signature is wrong, or its key may not sign.
    """
    allowed = None if allowed_signers is None else _checked_path(allowed_signers)
    return [_checked_signer(each, allowed, min(now, each.head.time)) for each in heads]


def _checked_signer(signed: SignedHead, allowed: Path | None, at: datetime) -> str:
    line, time = signed.head.sequence, to_iso(signed.head.time)
    answer = _check("check-novalidate", signed, "-n", NAMESPACE)
    if not answer.succeeded:
        raise Refused("signature-wrong", "take-another-signature", answer.words, line=line, key=signed.key)
    if allowed is None:
        return ""
    verify_time = f"-Overify-time={at.astimezone():%Y%m%d%H%M%S}"  # local, as times in the file are
    answer = _check("find-principals", signed, "-f", str(allowed), verify_time)
    name = answer.output.decode("utf-8", "replace").partition("\n")[0]
    if not answer.succeeded or not name:
        if "expired" in answer.errors or "not yet valid" in answer.errors:
            raise Refused("signer-not-valid-then", "sign-again", answer.words, key=signed.key, line=line, time=time)
        raise Refused("signer-unknown", "add-signer-or-not", answer.words, key=signed.key, line=line, file=str(allowed))
    answer = _check("verify", signed, "-n", NAMESPACE, "-f", str(allowed), "-I", name, verify_time)
    if not answer.succeeded:
        raise Refused("signer-not-allowed", "add-signer-or-not", answer.words, name=name, line=line, file=str(allowed))
    return name


def _check(how: str, signed: SignedHead, *arguments: str) -> Answer:
    return ssh_keygen(("-Y", how, *arguments), signed.text, _CHECKING, signed.signature)


def check_in_log(
    heads: Iterable[LogHead], found: Mapping[int, Head], last: Head, store: str, journal: str, gaps: Gaps
) -> None:
    """Check that heads are in a log, of which `found` has the lines with their numbers.

    Of a line that is archived elsewhere, or was lost, it is not known. A later one stands for all before it.

    Raises:
        StoreUnusable: the log is another one, or it is not known whether it is the same.
    """
    unknown: StoreUnusable | None = None
    for head in sorted(heads, key=lambda each: each.sequence):
        line, at = head.sequence, dict[str, Any](journal=journal, line=head.sequence, time=to_iso(head.time))
        if store and head.store and head.store != store:
            raise StoreUnusable("signed-head-of-another-store", "check-which-store", **at)
        if line > last.sequence:
            raise StoreUnusable("log-ends-before-signed", "compare-with-backup", last=last.sequence, **at)
        if line not in found:
            unknown = StoreUnusable("signed-line-archived", "put-archive-back", **at)
        elif found[line].hash == head.hash:
            unknown = None
        elif any(first <= line <= end for first, end in gaps.known):
            unknown = StoreUnusable("signed-line-lost", "compare-with-backup", **at)
        else:
            raise StoreUnusable("log-not-as-signed", "compare-with-backup", **at)
    if unknown is not None:
        raise unknown


def _checked_path(path: Path) -> Path:
    path = whole_path(str(path))
    try:
        open_file(path).close()
    except OSError as error:
        raise BadInput("cannot-read", "check-the-name", file=str(path), reason=reason_of(error)) from None
    return path
