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
    """The name to bind with, a distinguished name in most directories; empty to bind as nobody."""
    ca_file: str = ""
    """A file with the certificates to trust, in place of the system's."""
    fingerprint: str = ""
    """SHA-256 of the server's certificate, in hexadecimal digits; it alone is then trusted, whoever signed it."""
    insecure: bool = False
    """Whether to go on with a server whose certificate nobody checked, or without encryption at all."""
    attributes: tuple[tuple[str, str], ...] = ()
    """Attributes with other names than those of the kind, as (`login`, `mailNickname`)."""


class DirectoryUser(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """A user as the directory names him."""

    id: str
    """The directory's own and lasting id for him, which no renaming changes."""
    login: str
    full_name: str = ""
    description: str = ""
    enabled: bool = True
    last_logon: datetime | None = None
    """When he last logged in to the directory, where it knows; that is not a login to his mailbox."""
    name: str = ""
    """His distinguished name: where in the directory he is."""
