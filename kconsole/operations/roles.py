"""The roles file: who works here, and what they may do.

It is checked as sshd checks its files, and read again whenever it changes. Whoever can run other programs as the
store's user is a full admin, whatever it says.
"""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from kconsole.core.codes import Finding, Message, first_of, message, short
from kconsole.core.errors import BadInput, ConsoleError, Refused, reason_of
from kconsole.core.roles import FULL, RANKS, ROLES, Authority, RoleName
from kconsole.operations.locations import Location
from kconsole.operations.session import Session
from kconsole.store.records import Records

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from kconsole.operations.roles_model import OperatorEntry

ROLES_FILE: Final = Path("/etc/kconsole/roles.toml")

LARGEST: Final = 1024 * 1024  # bytes
MOST_PROBLEMS: Final = 10  # that are shown one by one

How = Literal["no-roles", "root", "owner", "forced-command", "uid", "sudo"]
"""How it is known who works here; `no-roles`: there is no roles file, so it does not matter."""


class Person(NamedTuple):
    """Who runs this process, as far as the system says."""

    uid: int
    """The real user id."""
    sudo_uid: int | None
    """That of the caller of sudo."""
    owner: int
    """The user id of the store's owner."""
    name: str = ""
    """The operator that `kconsole shell --operator` names."""
    may_look: bool = False
    """Whether that operator is an auditor where the roles file does not name them."""

    @property
    def is_owner(self) -> bool:
        """Whether they are root or the store's owner, and not someone else by way of sudo."""
        return self.uid == 0 or (self.uid == self.owner and self.sudo_uid in (None, 0, self.owner))


def person_here(store: Location, name: str = "", may_look: bool = False) -> Person:
    """Who runs this process, at a store. One that is yet to be made will be theirs; one in a database is root's."""
    uid, sudo_uid = os.getuid(), os.environ.get("SUDO_UID", "")
    try:
        owner = 0 if isinstance(store, str) else store.stat().st_uid
    except FileNotFoundError:
        owner = uid
    except OSError:  # then it cannot be opened either
        owner = -1
    return Person(uid, int(sudo_uid) if sudo_uid.isascii() and sudo_uid.isdigit() else None, owner, name, may_look)


@dataclass(frozen=True)
class Known:
    """What the roles file says of a person."""

    authority: Authority
    how: How


class Roles:
    """The roles of a store's operators, as the file has them now.

    Attributes:
        path: the file, whether it is there or not.
        person: who works here.
        how: how that is known.
        operator: their name in the file; empty for root, the owner, and where there is no file.
    """

    def __init__(self, person: Person, path: Path | None = None) -> None:
        """Read the file: the usual one, or that of `--roles`, which must be there.

        Raises:
            Refused: the file may be changed by others, or does not name this person.
            BadInput: its content is no roles file.
        """
        if path is not None and not person.is_owner:
            raise Refused("roles-option-for-owner", "leave-out-roles")
        self.path = ROLES_FILE if path is None else path
        self.person = person
        self._must_be_there = path is not None
        self._signature = _signature(self.path)
        known = self._read()
        self._authority, self.how = known.authority, known.how
        self.operator: Final = self._authority.operator
        self._must_be_there = self._must_be_there or self._signature is not None

    def authority(self) -> Authority:
        """What the person may do now. The file is read again if it has changed.

        If it is gone or unusable by now, nothing can be changed any more; what is shown stays as it was.
        """
        signature = _signature(self.path)
        if signature != self._signature:
            self._signature = signature
            try:
                known = self._read()
                self._authority, self.how = known.authority, known.how
                self._must_be_there = True
            except ConsoleError as error:
                self._authority = replace(self._authority, refused=error.happened)
        return self._authority

    def _read(self) -> Known:
        if self._signature is None and not self._must_be_there:
            if self.person.may_look:
                return _looking(self.person.name)
            if self.person.name:
                hint = message("make-roles-file", name=self.person.name)
                raise Refused("operator-without-roles", hint, name=self.person.name, file=str(self.path))
            return Known(FULL, "no-roles")
        return known_as(self.person, read_roles(self.path, self.person.owner), self.path)


def known_as(person: Person, operators: Mapping[str, "OperatorEntry"], path: Path) -> Known:
    """What the roles say of a person.

    Raises:
        Refused: they do not name them.
    """
    name = person.name
    file = str(path)
    if name:
        entry = operators.get(name)
        if entry is None and person.may_look:
            return _looking(name)
        if entry is None:
            raise Refused("operator-unknown", "ask-for-a-role", name=name, file=file)
        if None not in (person.sudo_uid, entry.uid) and person.sudo_uid != entry.uid:
            raise Refused("operator-is-another", "ask-for-a-role", name=name, uid=person.sudo_uid, file=file)
        return Known(_authority(name, operators), "forced-command")
    if person.is_owner:
        return Known(replace(FULL, ranks=_ranks(operators)), "root" if person.uid == 0 else "owner")
    uid = person.sudo_uid if person.uid == person.owner else person.uid
    how: How = "sudo" if person.uid == person.owner else "uid"
    found = next((each for each, entry in operators.items() if entry.uid == uid), None)
    if found is None:
        raise Refused("not-in-roles", "ask-for-a-role", uid=uid, file=file)
    return Known(_authority(found, operators), how)


def _looking(name: str) -> Known:
    return Known(Authority("auditor", operator=name), "forced-command")


def _authority(name: str, operators: Mapping[str, "OperatorEntry"]) -> Authority:
    entry = operators[name]
    domains = frozenset(entry.domains or ())
    return Authority(entry.role, domains, entry.account or "", name, _ranks(operators))


def _ranks(operators: Mapping[str, "OperatorEntry"]) -> Mapping[str, RoleName]:
    ranks: dict[str, RoleName] = {}
    for entry in operators.values():
        if entry.account and RANKS[entry.role] > RANKS[ranks.get(entry.account, "user")]:
            ranks[entry.account] = entry.role
    return ranks


def _signature(path: Path) -> tuple[int, ...] | None:
    """What changes whenever a file does; None if it is not there."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return (error.errno or 0,)
    return (
        status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_size, status.st_mtime_ns,
        status.st_ctime_ns,
    )  # fmt: skip


# Reading it


def read_roles(path: Path, owner: int) -> "dict[str, OperatorEntry]":
    """The operators in a roles file, by name.

    Raises:
        Refused: it is not there, cannot be read, or others than root and the store's owner could change it.
        BadInput: its content is no roles file.
    """
    import tomllib

    from pydantic import ValidationError

    from kconsole.operations.roles_model import RolesFile

    file = str(path)
    try:
        document = tomllib.loads(_content(path, owner).decode())
        return RolesFile.model_validate(document).operator
    except UnicodeDecodeError as error:
        reason = message("not-utf8", line=error.object.count(b"\n", 0, error.start) + 1)
        raise BadInput("roles-not-toml", "correct-roles-file", file=file, reason=reason) from None
    except ValidationError as error:
        problems = [_problem(each) for each in error.errors(include_url=False)]
        details = first_of(problems, MOST_PROBLEMS)
        raise BadInput("roles-invalid", "correct-roles-file", details, file=file, number=len(problems)) from None
    except (ValueError, RecursionError) as error:  # tomllib's too
        raise BadInput("roles-not-toml", "correct-roles-file", file=file, reason=short(str(error))) from None
    except FileNotFoundError:
        raise Refused("roles-file-gone", "put-roles-file-back", file=file) from None
    except OSError as error:
        raise Refused("roles-file-unreadable", "put-roles-file-back", file=file, reason=reason_of(error)) from None


def _content(path: Path, owner: int) -> bytes:
    """The content of the file, if no one else could have written it."""
    if path.is_symlink():
        raise Refused("roles-file-is-a-link", "put-roles-file-back", file=str(path))

    def opened(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_NONBLOCK | os.O_NOFOLLOW)

    with open(path, "rb", opener=opened) as file:  # that of a path takes no opener
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Refused("roles-file-is-no-file", "put-roles-file-back", file=str(path))
        _check(path, status, owner)
        folder = Path(os.path.realpath(path.parent))
        for above in (folder, *folder.parents):
            _check(above, above.stat(), owner)
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Refused("roles-file-too-large", "put-roles-file-back", file=str(path))
    return content


def _check(path: Path, status: os.stat_result, owner: int) -> None:
    """Refuse a file or folder that others than root and the store's owner can change.

    In a sticky folder of root, as `/tmp` is one, others can change nothing of what is checked here.
    """
    if status.st_uid not in (0, owner):
        hint = message("chown-to-root", file=str(path))
        raise Refused("roles-of-another-user", hint, file=str(path), uid=status.st_uid)
    is_sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX and status.st_uid == 0
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not is_sticky:
        raise Refused("roles-writable-by-others", message("close-to-writing", file=str(path)), file=str(path))


_ALLOWED: Final[Mapping[str, str]] = {
    "role": "allowed-roles",
    "domains": "allowed-domains",
    "account": "allowed-account",
    "uid": "allowed-uid",
    "": "allowed-operators",
}
"""What each key may be, as a code."""


def _problem(error: "ErrorDetails") -> Message:
    """What is wrong: the key, what was found, and what is allowed."""
    place, kind = [str(each) for each in error["loc"]], error["type"]
    key = short(".".join(each for each in place if each != "[key]"))
    if kind == "extra_forbidden":
        return message("roles-key-unknown", key=key, known=list(_keys(len(place))))
    if kind == "missing":
        return message("roles-key-missing", key=key, allowed=_allowed(place))
    if kind == "uid-twice":
        return message("roles-uid-twice", **error["ctx"])
    if kind == "full-admin-bound":
        return message("roles-full-admin-bound", key=key)
    if place[-1:] == ["[key]"]:
        return message("roles-name-invalid", name=short(place[1]))
    return message("roles-key-invalid", key=key, found=_shown(error["input"]), allowed=_allowed(place))


def _keys(depth: int) -> tuple[str, ...]:
    return ("operator",) if depth == 1 else ("role", "domains", "account", "uid")


def _allowed(place: list[str]) -> Message:
    key = place[2] if len(place) > 2 else ""
    return message(_ALLOWED.get(key, _ALLOWED[""]), roles=list(ROLES))


def _shown(value: Any) -> str:
    import json

    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."


# What is odd about it


def records_of(store: Location) -> Records | None:
    """The records of a store, to compare a roles file with; None if there is none to be read."""
    with suppress(ConsoleError):
        session = Session.open(store, read_only=True)
        session.close()
        return session.state
    return None


def warnings_of(entry: "OperatorEntry", owner: int, state: Records | None) -> list[Message]:
    """What is odd about an operator, though the file is valid. The store is not compared where it cannot be read."""
    import pwd

    found = []
    if entry.uid in (0, owner):
        found.append(message("uid-is-full-admin", uid=entry.uid))
    elif entry.uid is not None:
        try:
            pwd.getpwuid(entry.uid)
        except KeyError:
            found.append(message("uid-unknown", uid=entry.uid))
    if state is not None:
        unknown = (name for name in entry.domains or () if state.domain_named(name) is None)
        found += [message("role-domain-unknown", domain=name) for name in unknown]
        account = None if entry.account is None else state.entry_at(entry.account)
        if entry.account is not None and (account is None or not account.is_account):
            found.append(message("role-account-unknown", address=entry.account))
    return found


def roles_findings(store: Location, path: Path | None = None) -> list[Finding]:
    """What the doctor finds wrong with the roles file of a store."""
    try:
        read_roles(path or ROLES_FILE, person_here(store).owner)
    except ConsoleError as error:
        return [Finding("roles", error.happened, error.hints)] if error.code != "roles-file-gone" or path else []
    return []
