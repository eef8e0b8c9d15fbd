"""Sentences about a store in a PostgreSQL database."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Template


def _away_since(params: Mapping[str, Any]) -> str:
    age = "before" if params["minutes"] is None else "less than {minutes:count minute} ago"
    return "{why} What this host read " + age + " is shown, and nothing can be changed."


TEMPLATES: Final[Mapping[str, Template]] = {
    # Its address
    "database-address": "That is no address of a database that can have a store.",
    "database-address-wrong": "The address of the database cannot be used: {error}.",
    "address-like-this": (
        "It looks like postgresql://USER@HOST/DATABASE, or postgresql:SERVICE for a service of libpq. Several stores in"
        " one database have names: add ?store=NAME."
    ),
    "password-in-address": "The address of the database has a password in it.",
    "password-to-libpq": (
        "Others can see a command line. Write the password into ~/.pgpass (mode 0600), or name the file in PGPASSFILE;"
        " a client certificate needs none. Change a password that others may have seen."
    ),
    "no-driver": "What speaks with PostgreSQL cannot be used: {error}.",
    "install-driver": (
        "Install it with 'pip install \"kconsole[postgresql]\"'. The Debian package has it, and needs libpq5."
    ),
    # Away
    "database-away": "{database} cannot be reached: {error}.",
    "database-silent": "{database} has not answered for {seconds} s.",
    "database-away-hint": (
        "What was read before can still be shown; changes are refused until the database is back. Check the server, the"
        " network, and libpq's files (~/.pgpass, pg_service.conf, ~/.postgresql/root.crt)."
    ),
    "database-away-since": _away_since,
    "database-not-confirmed": "{database} did not say whether the change was saved: {error}.",
    "look-when-it-is-back": "Once the database is back, 'kconsole log' shows whether the change is there.",
    "lease-lost": (
        "The session that kept others from changing the mail server has ended, so no more is asked of the server. {why}"
    ),
    "database-polled": (
        "{database} does not notify this console, which asks it each second instead. Changes of others show a little"
        " later."
    ),
    # What it must be
    "database-standby": "{database} is a standby server, where nothing can be changed.",
    "name-primary": "Name the primary server, or several hosts with target_session_attrs=read-write.",
    "database-unsafe": "{database} runs with fsync=off: after a crash, changes that were confirmed would be lost.",
    "turn-fsync-on": "Nothing was changed. Let its administrator turn fsync on.",
    "database-encoding": "{database} has the encoding {encoding}.",
    "make-utf8-database": "Make a database for kconsole with the encoding UTF8.",
    "database-pooled": (
        "{database} is reached through a pooler that shares sessions (PgBouncer in transaction mode), where locks and"
        " notifications get lost."
    ),
    "pool-sessions": "Name the database itself, or let the pooler work with pool_mode=session.",
    "database-not-prepared": "{database} is not prepared for kconsole, or by an older one.",
    "prepare-database": (
        "Its owner prepares it with 'kconsole --store postgresql:... store init-postgresql'."
        " 'kconsole store init-postgresql --print' shows the SQL first."
    ),
    "database-is-newer": "A newer kconsole prepared {database}.",
    "database-failed": "{database} failed: {error}.",
    "see-log-of-database": "The log of the database server says more.",
    "make-room-on-server": "Make room on the disk of the database server, then try again.",
    "database-went-back": (
        "{database} does not have line {line} of the log any more, which this host has seen: an older backup was"
        " restored, or the log was rewritten."
    ),
    "compare-then-remove-cache": (
        "Nothing was changed. Compare it with backups and signed heads. If it is right as it is, remove the folder"
        " {folder}."
    ),
    # What a login may do
    "database-refuses": "{database} refuses that: {error}.",
    "ask-for-database-role": (
        "Nothing was changed. Ask the administrator of the database for a role: 'GRANT kconsole_helpdesk TO LOGIN', or"
        " kconsole_account_admin, kconsole_full_admin, kconsole_auditor."
    ),
    "who-changes-that": (
        "Nothing was changed. The administrator of the database grants roles, and a full admin binds logins to domains."
    ),
    "database-gives-no-role": "{database} gives the login {login} no role.",
    "database-role-reads": "The role of the login {login} only reads.",
    "no-such-login": "{database} has no login {login}.",
    "make-the-login": "Its administrator makes it with 'createuser {login}', then grants it a role.",
    "no-domain-in-common": "The roles file and the database bind you to domains, and have none in common.",
    "no-group-in-database": "A store in a database is shared by the roles of its logins, not with a group.",
    "roles-in-database": "Share a store in a database by roles: grant them there.",
    "only-for-folders": "'kconsole {command}' is for a store in a folder, not for {database}.",
    "database-does-that": "The database has means of its own for that: 'kconsole help postgresql'.",
    "name-domain-or-account": "Name a domain or an account; with --end, neither.",
    # Copies
    "copy-differs": "The copy in {target} is not the same as the original.",
    "copy-again": "Do not use it. Check the disks of both, then copy again to another place.",
    # The doctor
    "database-triggers-off": "Triggers that keep the lines of the log as they are, are missing or off in {database}.",
    "enable-triggers": (
        "Find out who did that, and verify the log. 'ALTER TABLE kconsole.journal ENABLE TRIGGER ALL', the same for"
        " kconsole.head, turns them on."
    ),
    "database-functions-differ": "Functions of {database} are not those of this kconsole: {names:some}.",
    "update-functions": (
        "If kconsole was updated, its owner brings the database up to date with 'kconsole store init-postgresql'."
        " Otherwise, find out who changed them."
    ),
    "database-tables-open": "{logins:some} may write into the tables of the log, past all checks.",
    "revoke-rights": "Revoke these rights: roles of kconsole need none of them.",
    "restore-database": "Restore the database from a backup. Until then, 'kconsole --read-only' shows the intact part.",
    "next-change-rebuilds": "The next change makes it again from the log.",
}
