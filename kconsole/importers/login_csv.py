"""Logins from any log, as CSV: which account, when, and by which protocol. Every line is a complete row."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from kconsole.core.identity import canonical_address
from kconsole.core.times import FIRST_LOGIN, LONGEST_PROTOCOL, SKEW, has_zone, is_no_time, moment_of, says_no_time
from kconsole.importers.csv_table import GUARDED, CsvForm, CsvRow, has_columns, read_csv
from kconsole.importers.file_lines import BadLine, LineMessage, Progress, unwatched

LONGEST_ADDRESS: Final = 320  # characters; what RFC 5321 allows before and after the `@`
_LONGEST_TIME: Final = 64

_FORM: Final = CsvForm(  # without words: the code pages agree on every letter of a login
    columns={  # the names of `kconsole accounts --csv` are among them
        "address": ("address", "emailaddress", "mailaddress", "email", "mail", "account", "username", "user", "login"),
        "time": ("time", "timestamp", "datetime", "logintime", "lastlogin", "lastloginat", "date"),
        "protocol": ("protocol", "lastloginprotocol", "via", "service"),
    },
    required=("address", "time"),
    separators=";,\t",
    sample="login-csv-sample",
    ignored=r"[\s_\-\ufeff\x1a]",
    guarded=GUARDED,
)


class Login(NamedTuple):
    """One row: an account logged in, at a time in UTC. The protocol may be empty."""

    line: int
    address: str
    at: datetime
    protocol: str


@dataclass(frozen=True, slots=True)
class LoginFile:
    """The good and the faulty rows of a file."""

    logins: tuple[Login, ...]
    """The last login of each address, in the order in which the addresses first appear."""
    rows: int
    """The number of good rows with a time."""
    without_time: int
    """The number of rows without a login: the time is empty, or says never."""
    faults: tuple[LineMessage, ...]
    encoding: str
    without_zone: int = 0
    """The number of good rows whose time names no zone."""
    notes: tuple[LineMessage, ...] = ()


def is_login_csv(document: bytes) -> bool:
    """Whether a file has the columns of logins."""
    return has_columns(document, _FORM)


def read_login_csv(
    document: bytes,
    name: str,
    now: datetime,
    zone: tzinfo | None = None,
    encoding: str | None = None,
    progress: Progress = unwatched,
) -> LoginFile:
    """Read a file of logins, which errors call by this name.

    A time after now is a fault. One that names no zone is in this one; None is the zone of this machine.

    Raises:
        BadInput: the file is empty, not text, or lacks the columns.
    """
    last: dict[str, Login] = {}
    rows = without_time = without_zone = 0

    def take(row: CsvRow) -> None:
        nonlocal rows, without_time, without_zone
        login = _login(row, zone, now)
        if login is None:
            without_time += 1
            return
        rows += 1
        without_zone += not has_zone(row.values["time"])
        known = last.setdefault(canonical_address(login.address), login)
        if login.at > known.at:
            last[canonical_address(login.address)] = login

    file = read_csv(document, name, encoding, _FORM, take, progress)
    return LoginFile(tuple(last.values()), rows, without_time, file.faults, file.encoding, without_zone, file.notes)


def _login(row: CsvRow, zone: tzinfo | None, now: datetime) -> Login | None:
    """The login of a row; None if it has no time."""
    address, time, protocol = row.values["address"], row.values["time"], row.values.get("protocol", "")
    if not address:
        raise BadLine("address-empty")
    for column, value, longest in (("address", address, LONGEST_ADDRESS), ("protocol", protocol, LONGEST_PROTOCOL)):
        if len(value) > longest:
            raise BadLine("value-too-long", column=column, longest=longest)
    if len(time) > _LONGEST_TIME:
        raise BadLine("time-not-iso")
    if says_no_time(time):
        return None
    try:
        at = moment_of(time, zone)
    except ValueError as error:
        raise BadLine(str(error)) from None
    if is_no_time(at):
        return None
    if at < FIRST_LOGIN:
        raise BadLine("time-too-early")
    if at > now + SKEW:
        raise BadLine("time-in-future")
    return Login(row.line, address, at, protocol)
