"""The directory service that a domain's users are mapped from."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

DirectoryKind = Literal["active_directory", "openldap", "apple", "kerio", "custom"]
"""How a directory names things. `openldap` is any with inetOrgPerson entries, `custom` brings its own names."""


class Directory(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """Where a domain's users are mapped from, and how it is reached. No password is ever part of it."""

    url: str
    """`ldaps://host[:port]`, or `ldap://host[:port]` for StartTLS."""
    base: str
    """The distinguished name below which the users are."""
    kind: DirectoryKind = "openldap"
    filter: str = ""
    """A further LDAP filter that users must pass; empty for none."""
    bind_as: str = ""
    """The name to bind with, a distinguished name in most directories; empty to bind anonymously."""
    ca_file: str = ""
    """A file with the certificates to trust, in place of the system's."""
    fingerprint: str = ""
    """SHA-256 of the server's certificate, in hexadecimal digits; it alone is then trusted, whoever signed it."""
    insecure: bool = False
    """Whether to accept a server whose certificate is not checked, or that does not encrypt."""
    attributes: tuple[tuple[str, str], ...] = ()
    """Attributes with other names than those of the kind, as (`login`, `mailNickname`)."""


class DirectoryUser(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """A user in the directory."""

    id: str
    """The directory's own id of the user, which no renaming changes."""
    login: str
    full_name: str = ""
    description: str = ""
    enabled: bool = True
    last_logon: datetime | None = None
    """The last login to the directory, where it knows; that is not a login to the mailbox."""
    unknown: tuple[str, ...] = ()
    """`full_name`, `description`: fields that may have another value, because their attribute is hidden or not text."""
    name: str = ""
    """The distinguished name: where in the directory the user is."""
