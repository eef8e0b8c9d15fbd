"""The mail server that is administered, and how it is reached."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAccess:
    """Where the server's administration is, and who asks it. No password is ever part of it."""

    url: str
    """`https://host[:port]`; the port is 4040 where none is named."""
    user: str
    """Who logs in: with `@domain`, unless the account is in the primary domain or is the built-in administrator."""
    ca_file: str = ""
    """A file with the certificates to trust, in place of the system's."""
    fingerprint: str = ""
    """SHA-256 of the server's certificate, in hexadecimal digits; it alone is then trusted, whoever signed it."""
    insecure: bool = False
    """Whether to go on with a server whose certificate nobody checked."""
