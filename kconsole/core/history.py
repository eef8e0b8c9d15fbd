"""What was done: operators, changes, and the commits that a journal keeps."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from kconsole.core.codes import NO_PARAMS, Message
from kconsole.core.decisions import DECISIONS, decided_on
from kconsole.core.records import Entry

KEY_START: Final = "SHA256:"
"""How the fingerprint of a key begins."""

_KEY_PART: Final = 8
"""Characters of a part of a fingerprint that no name has by accident."""


BROWSER_START: Final = "browser "
"""What stands before the address of a browser, in place of where an SSH session came from."""


class Operator(NamedTuple):
    """Who does something.

    The system vouches for `user`, `uid` and `login_uid`. The name is as certain as the forced command, sudo rule or
    user id that gave it. The rest are claims: whoever may run programs as the user can make them up.
    """

    user: str
    claimed: str = ""
    """The name given by `--as`."""
    sudo_user: str = ""
    """Who called sudo, by the environment."""
    connection: str = ""
    """Where an SSH session came from, by the environment; or after `BROWSER_START` the address of a browser."""
    name: str = ""
    """Their name in the roles file."""
    uid: int | None = None
    """The real user id of the process."""
    login_uid: int | None = None
    """The user id that logged in, which neither su nor sudo changes; None where the system keeps none."""
    key: str = ""
    """The fingerprint of the SSH key that opened the session, by the environment; of a certificate, its id follows."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """Whose change it is: system user, name in the roles file, who called sudo; not what `--as` claims."""
        return self.user, self.name, self.sudo_user

    @property
    def shown(self) -> str:
        """The strongest identity first, the claim of `--as` after it: `carol (sudo) as "bob"`.

        That is the name in the roles file, else the system user. Root is the exception: only root could forge who
        called sudo.
        """
        known = self.user
        if self.name:
            known = self.name if self.name == self.user else f"{self.name} ({self.user})"
        elif self.sudo_user:
            known = f"{self.sudo_user} (sudo)" if self.user == "root" else f"{self.user} (sudo: {self.sudo_user})"
        return f'{known} as "{self.claimed}"' if self.claimed else known

    @property
    def names(self) -> tuple[str, ...]:
        """All that they can be looked for by."""
        ids = (str(each) for each in (self.uid, self.login_uid) if each is not None)
        fingerprint, _, certificate = self.key.partition(" ")
        return self.user, self.name, self.sudo_user, self.claimed, *ids, fingerprint, certificate

    def goes_by(self, name: str) -> bool:
        """Whether one of the names is theirs; of a fingerprint a part is enough, from its beginning or a long one."""
        fingerprint = self.key.partition(" ")[0]
        is_part = name.startswith(KEY_START) or len(name) >= _KEY_PART
        return name in self.names or (is_part and name in fingerprint)


def as_operator(operator: "Operator | str") -> Operator:
    """An operator, also from a bare user name."""
    return Operator(operator) if isinstance(operator, str) else operator


class Change(NamedTuple):
    """One record, before and after; None where it is not there. Which kind of record it is, its `table` says."""

    table: str
    number: int
    before: Any
    after: Any


class Refusal(NamedTuple):
    """Something that a guard or the server refused, and why."""

    address: str
    """The account; empty for the whole operation."""
    code: str
    params: Mapping[str, Any] = NO_PARAMS

    @property
    def message(self) -> Message:
        return Message(self.code, self.params)


OLD_REFUSAL: Final = "old-refusal"
"""The code of a refusal in a journal written before refusals had codes; its parameter `text` has the words."""


GAP: Final = "gap"
"""The operation of a line that was lost: of it, only the number and the hash are known."""


MEND: Final = "mend"
"""The operation of the doctor: it says which lines were lost, or begins a journal."""


class Commit(NamedTuple):
    """A transaction that is on disk: one line of the journal."""

    sequence: int
    at: datetime
    operator: Operator
    session: str
    """A random name of the run of kconsole that did it."""
    operation: str
    reason: str
    changes: tuple[Change, ...]
    seats: tuple[int, int] | None = None
    """Seats used before and after, if they were counted."""
    refused: tuple[Refusal, ...] = ()
    """What a guard refused; without changes beside it, that is the whole operation."""
    undoes: int | None = None
    """The sequence number of the commit that this one undoes."""
    own: bool = False
    """Whether this process made it."""
    is_partial: bool = False
    """Whether it changed or refused more than the reader may see."""
    plan: str = ""
    """The id of the plan that it applied."""

    @property
    def is_lost(self) -> bool:
        """Whether its line was lost to damage. Its time is that of the next line: it was no later."""
        return self.operation == GAP

    @property
    def changed_entries(self) -> list[Entry]:
        """The entries that it changed, as they are after it; a removed one as it was before."""
        return [change.after or change.before for change in self.changes if change.table == "entries"]

    @property
    def decided(self) -> list[str]:
        """What its decisions are about: addresses, patterns, names."""
        return [decided_on(change.after or change.before) for change in self.changes if change.table in DECISIONS]

    @property
    def asked_addresses(self) -> list[str]:
        """The addresses of the pending changes that it wrote down or confirmed."""
        pending_changes = [change.after or change.before for change in self.changes if change.table == "intents"]
        return [target.address for pending in pending_changes for target in pending.targets]

    @property
    def refused_addresses(self) -> list[str]:
        """The accounts that it refused to change, each once."""
        refused = (refusal.address for refusal in self.refused)
        return list(dict.fromkeys(address for address in refused if address and " " not in address))

    @property
    def addresses(self) -> list[str]:
        """The addresses that it changed, or else asked the server about, and those that it refused; each once."""
        changed = [entry.address for entry in self.changed_entries] or self.asked_addresses or self.decided
        return list(dict.fromkeys((*changed, *self.refused_addresses)))


class Trace(NamedTuple):
    """What undo needs to know of a commit that changed something: small enough to keep all of them in memory."""

    sequence: int
    undoes: int | None
    records: frozenset[tuple[str, int]]
    """Table and number of what it changed."""


def trace_of(commit: Commit) -> Trace:
    """The trace of a commit."""
    return Trace(commit.sequence, commit.undoes, frozenset((change.table, change.number) for change in commit.changes))
