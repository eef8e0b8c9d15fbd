"""Files: exports, the server's own files, logins, licenses, dumps, samples, configuration and preferences."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Both, Template
from kconsole.text.words import with_article

_LOGIN_PROBLEMS: Final = {
    "too-long": "is longer than 64 characters",
    "space": "has a space in it",
    "names-a-domain": "names a domain: give only the part before the @",
    "not-ascii": "has a letter outside ASCII: Kerio allows plain letters, digits and a few signs",
    "sign": "has a sign that Kerio does not allow, or no letter and no digit",
}
_SEPARATORS: Final = {";": "semicolons", ",": "commas", "\t": "tabs"}
_TYPES: Final = {
    "text": "text",
    "true-or-false": "true or false",
    "whole-number": "a whole number",
    "list": "a list",
    "object": "an object",
    "time": "a time such as 2026-08-05T12:03:00Z",
    "day": "a day such as 2026-08-05",
}


def _login(what: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda params: f"{what} {_LOGIN_PROBLEMS[params['problem']]}"


def _place(params: Mapping[str, Any]) -> str:
    return "{place}" if params["place"] else "The document"


def _wrong_fields(params: Mapping[str, Any]) -> str:
    separator = _SEPARATORS[params["separator"]]
    more = params["fields"] > params["expected"]
    why = f"a value with {separator} in it needs quotes" if more else "a field is missing"
    return f"The row has {{fields:count field}}, separated by {separator}, and the header has {{expected:,}}: {why}"


def _other_separator(params: Mapping[str, Any]) -> str:
    return f"The row is separated by {_SEPARATORS[params['separator']]}, others by {_SEPARATORS[params['expected']]}"


def _address_taken(params: Mapping[str, Any]) -> str:
    return f"The address is taken by {with_article(params['holder'])} already"


def _at(params: Mapping[str, Any]) -> str:
    """Where a setting stands."""
    return "{file}, line {line}: " if params["line"] else "{file}: "


def _setting_invalid(params: Mapping[str, Any]) -> str:
    *others, last = params["allowed"]
    return f"{_at(params)}'{{key}}' is {{found}}. It must be {', '.join(others)} or {last}."


def _setting_unknown(params: Mapping[str, Any]) -> str:
    near = "Did you mean '{near:or}'? " if params["near"] else ""
    return f"{_at(params)}'{{key}}' is not a setting. {near}The settings are {{settings:commas}}."


TEMPLATES: Final[Mapping[str, Template]] = {
    "no-such-sample": "There is no sample {name}.",
    "samples-are": "The samples are {samples:list}.",
    "sample-damaged": "The sample file {file} is missing or damaged.",
    "install-again": "Install kconsole again.",
    "demo-server-needs-source": (
        "The test server is part of kconsole's source code, and this kconsole was installed without it."
    ),
    "run-from-source": "Run it from a checkout of the source, or leave out --server.",
    "demo-server-failed": "The test server did not start.",
    "run-demo-server": "See why with 'python -m tests.kerio_server' in the checkout. It needs openssl.",
    "read-only-makes-no-store": "--read-only does not create a store.",
    "demo-without-into": "Leave it out, or leave out --into.",
    "needs-terminal": lambda params: (
        "The console needs a terminal that can move its cursor" + (" ({reason})" if params["reason"] else "") + "."
    ),
    "plain-needs-terminal": "The plain console asks questions: standard input has to be a terminal.",
    "ask-ssh-for-terminal": "Over SSH, ask for one: ssh -t HOST kconsole. Commands need none: 'kconsole --help'.",
    "use-command-line": "Use the command line instead: 'kconsole status', 'kconsole accounts', 'kconsole --help'.",
    # Any file
    "at-line": "{place}: {what}",
    "cannot-read": "{file} cannot be read: {reason}.",
    "cannot-write": "{file} cannot be written: {reason}.",
    "not-a-file": "it is not a file",
    "of-another-user": "it belongs to another user",
    "has-another-name": "it has a name outside of the store too",
    "owner-not-kept": "its owner and group cannot be kept",
    "too-large": "it is too large",
    "check-the-name": "Check the name.",
    "no-such-home-folder": "That home folder is unknown.",
    "working-folder-gone": "The working folder is gone, or cannot be read.",
    "write-the-whole-path": "Write the whole path of the file.",
    "standard-input-closed": "Standard input is closed.",
    "name-a-file": "Name a file, or pass the document through a pipe.",
    "document-too-large": "{file} is too large: it has more than {megabytes} MB.",
    "file-needs-name": "A file needs a name.",
    "path-not-a-file": "{file} is not a file.",
    "outside-of-folder": "{file} is not a file in the folder {folder}.",
    "another-folder": "Files cannot be written into {file} here.",
    "name-the-folder": "Name the folder {folder}.",
    "not-under-forced-command": "{what} cannot be used here.",
    "command-too-long": "The command is longer than {longest:,} characters.",
    "command-has-control-characters": "The command has control characters.",
    "command-has-open-quote": "A quote in the command is not closed.",
    "file-exists": "{file} exists already.",
    "name-like-an-option": "{file} begins with -, so programs would take it for an option.",
    "choose-another-name": "Choose another name.",
    "name-a-file-in-folder": Both(
        "Name it {folder}/NAME, or - for standard input or output.", "Name it {folder}/NAME."
    ),
    "leave-it-out": "Leave it out.",
    "type-the-command": "Type the command by hand.",
    "close-the-quote": "Close the quote.",
    "choose-another-or-replace": Both(
        "Choose another name, or replace the file with --force.", "Choose another name, or replace the file."
    ),
    "choose-another-file": "Choose another file.",
    "in-store-folder": "{file} is in the store's own folder.",
    "choose-a-file-elsewhere": "Choose a file elsewhere.",
    "more-faults": "and {more:,} more",
    "more-faulty-rows": Both("and {more:,} more; --faults FILE writes all of them", "and {more:,} more"),
    "more-notes": "and {more:count more note|more notes}",
    "skipped": "skipped: {reason}",
    # Encodings and CSV tables
    "unknown-encoding": "'{encoding}' is not an encoding that kconsole reads.",
    "known-encodings": "Name one that Python knows: utf-8, utf-16, cp1250, cp1251, iso-8859-2, koi8-r ...",
    "csv-empty": "{file} is empty.",
    "csv-encoding-wrong": "{file}, line {line}: Byte {at} (0x{byte}) is not text in {encoding}.",
    "csv-too-many-lines": "{file} has more than {most:,} lines.",
    "csv-other-header": "{file}, line {line}: Here begins another table, with other columns or another separator.",
    "import-one-by-one": "Cut the file there, and import the parts one by one. Nothing was imported.",
    "header-again": "The header stands here again, and was skipped",
    "not-in-encoding": "Byte {at} (0x{byte}) is not text in {encoding}",
    "not-in-encoding-at": "{file}, line {line}: Byte {at} (0x{byte}) is not text in {encoding}.",
    "save-as-utf8": "Save it in UTF-8.",
    "encoding-guessed": (
        "{file} is not in UTF-8, and does not say its encoding. Nothing was taken from it. Words in it would read:"
    ),
    "encoding-example": "{encoding:10} {words:commas}",
    "name-the-guess": Both(
        "Name the encoding in which they are right, as in --encoding {encoding}; any that Python knows may be named. Or"
        " save the file in UTF-8.",
        "Save it in UTF-8.",
    ),
    "name-the-encoding": Both("Name its encoding with --encoding, or save it in UTF-8.", "Save it in UTF-8."),
    "csv-zero-bytes": "{file} is not a CSV file: it contains zero bytes.",
    "save-as-csv": "Save it as CSV in UTF-8. A workbook has to be saved as CSV first.",
    "csv-without-column": "{file} has no column {column}: its first line must name the columns.",
    "csv-column-twice": "{file} has a column twice: {columns:list}.",
    "name-each-column-once": "Name each column once.",
    "kerio-export-sample": (
        "Export the accounts in Kerio's administration, Accounts > Users. The first line names the columns:"
        " Name;Password;FullName;Description;MailAddress;Groups."
    ),
    "login-csv-sample": (
        "Write it like this: address;time;protocol, and in the next line anna@x.example;2026-08-05T12:03Z;IMAP."
    ),
    "line-too-long": "The line is longer than {longest:,} characters",
    "quote-open": "A quote is not closed, or is not doubled inside a quoted value",
    "wrong-fields": _wrong_fields,
    "other-separator": _other_separator,
    "value-too-long": "The {column} is longer than {longest:,} characters",
    # Accounts
    "login-empty": "The row has no login: its Name is empty",
    "bad-login": _login("The login"),
    "bad-further": _login("A further address"),
    "login-twice": "The login {login} is in the file already, on line {first_line}",
    "further-with-domain": "A further address names a domain: MailAddress holds only the part before the @",
    "row-address-taken": _address_taken,
    "alias-is-account": "{alias} is an account itself, so it is not an alias of {login}",
    "alias-taken": "{alias} is taken already, so it is not an alias of {login}",
    "imported": "imported",
    "import-changed": "changed",
    "import-same": "is the same",
    "faulty-rows": "{number:count faulty row|faulty rows}. Nothing was imported:",
    "faulty-users": "{number:count faulty user|faulty users}. Nothing was imported:",
    "file-not-known": "{file} is none of the files that can be imported.",
    "files-to-import": (
        "They are an export of Kerio Connect (CSV with a column Name), a server's users.cfg, and last logins (CSV with"
        " columns address and time)."
    ),
    "domain-of-export-needed": "{file} does not name the domain of its accounts.",
    "type-the-domain": "Type the domain.",
    "correct-the-file": Both("Correct the file, or import the good rows with --skip-faulty.", "Correct the file."),
    "correct-the-server": Both(
        "Correct them on the server, or import the others with --skip-faulty.", "Correct them on the server."
    ),
    # The server's own files
    "config-too-large": "{file}, line {line}: The file is larger than {gigabytes} GB.",
    "config-too-many-items": "{file}, line {line}: The file has more than {most:,} items.",
    "config-empty": "{file}, line {line}: The file is empty.",
    "config-document-type": (
        "{file}, line {line}: The file declares a document type (DTD), which Kerio's files never do."
    ),
    "config-malformed": "{file}, line {line}: {problem}.",
    "config-encoding": "{file}, line {line}: The file is in an unknown encoding.",
    "config-long-stretch": "{file}, line {line}: A tag, comment or value is longer than {kilobytes} kB.",
    "config-too-many-names": "{file}, line {line}: The file has more than {most:,} different names of elements.",
    "config-too-deep": "{file}, line {line}: Elements are nested more than {most} deep.",
    "config-nested-value": "{file}, line {line}: A value has elements in it.",
    "config-other-root": "{file}, line {line}: This is not a configuration file of Kerio Connect, which is a <config>.",
    "config-long-value": "{file}, line {line}: A value is longer than {most:,} characters.",
    "copy-config-again": "Copy the file from the server again. Nothing was imported.",
    "config-readable": "{name} holds passwords, and other users than its owner can read it.",
    "config-missing": "{name} does not exist. Entries that only it names stay as they are.",
    "config-renamed": "{file} is in XML. Of a server's files, {users} and {server} are read, under these names.",
    "name-server-folder": "Name the folder of the server, or of copies of its {users} and {server}.",
    "name-empty": "It has no name",
    "bad-name": _login("Its name"),
    "bad-admin-login": _login("The name of the built-in administrator"),
    "domain-empty": "It names no domain",
    "bad-switch": "It is neither enabled (1) nor disabled (0)",
    "rights-unknown": "The Rights are not known. The role stays as it is",
    "address-twice": "The address is there already, on {place}",
    "domain-without-name": "A domain has no name",
    "domain-twice": "The domain is there already, on {place}",
    "domain-name-invalid": "Its name is not a domain name: {why}",
    "its-domain-invalid": "Its domain is not a domain name: {why}",
    "several-primary-domains": "{number:,} domains have the type of the primary domain. None of them becomes primary.",
    "other-primary-domain": "The primary domain is {file} in the files, and {store} in the store. It stays {store}.",
    # Logins
    "time-not-iso": "The time is not in ISO 8601",
    "time-zone-unclear": "The letters of the zone do not say which it is: write Z, or an offset such as +02:00",
    "time-too-early": "The time is before 1990, when there were no such servers",
    "time-says-never": "The time is one that stands for no time at all",
    "time-out-of-calendar": "The time is not in the calendar",
    "time-in-future": "The time is in the future. Is it in another zone?",
    "address-empty": "The row has no address",
    "unknown-zone": "'{zone}' is not a time zone that this machine knows.",
    "write-a-zone": "Write UTC, an offset like +02:00, or Europe/Prague.",
    "login-in-future": "This time is in the future.",
    "nothing-recorded-zone": "Nothing was recorded. Is it in another zone?",
    "login-not-recorded": "Nothing was recorded.",
    "protocol-too-long": "A protocol has at most {longest} characters.",
    "login-known": "has a known login at that time or later",
    "logged-in": "logged in",
    "first-login": "logged in, the mailbox was created",
    "logged-in-later": "logged in later than was known",
    # License files
    "license-file-too-large": "{file} is too large to be a license file.",
    "license-file-without-block": "{file} is not a license file: it has no license block.",
    "license-file-empty": "{file} has no number of users, no ID and no last day.",
    "license-file-day": "{file}, line {line}: This is not a day such as 04 May 2026.",
    "license-file-users": "{file}, line {line}: This is not a number of users.",
    "license-file-seats": "{file}, line {line}: {number:,} users are not possible.",
    "license-file-place": "The license file is license.key in the server's folder 'license'. Nothing was changed.",
    "license-field-unknown": "line {line}: The field {field} is not known and was skipped.",
    "license-feature-unknown": "line {line}: The feature {feature} is not known and was skipped.",
    # Dumps
    "dump-schema-invalid": "{file} is not a dump of kconsole: its schema is not a number from 1 up.",
    "dump-too-new": (
        "{file} was written by a newer kconsole. It has schema {schema}, and this kconsole reads up to {newest}."
    ),
    "use-newer-for-dump": "Use the kconsole that wrote it, or a newer one.",
    "not-a-dump": "{file} is not a dump of kconsole:",
    "what-a-dump-is": "A dump is what 'kconsole dump' writes. Nothing was changed.",
    "dump-not-json": lambda params: f"{_place(params)} is not JSON: {{reason}}",
    "dump-field-missing": "{place} is missing",
    "dump-not-one-of": "{place} is {found}. Allowed: {allowed}",
    "dump-wrong-type": lambda params: f"{_place(params)} is {{found}}. Allowed: {_TYPES[params['allowed']]}",
    "dump-wrong-value": lambda params: f"{_place(params)} is {{found}}: {{reason}}",
    "contradicts-itself": "{file} contradicts itself:",
    "time-beyond-calendar": "{file} has a time before the year 1 or after 9999.",
    "id-end-too-long": "license.id_end has more than {longest} characters: no more of an ID is stored",
    "listed-twice": "{name} is listed {times} times",
    "has-no-name": "{place} has no name",
    "has-no-address": "{place} has no address",
    "has-no-account": "{place} names no account of the dump",
    "ends-before-start": "{place} ends before it starts",
    "limit-negative": "{place} is negative",
    "not-a-price": "{place} is no amount above zero with four decimals at most, in a currency such as EUR",
    "limit-too-large": "{place} is above {largest:,}",
    # Configuration and preferences
    "no-configuration": "There is no configuration file {file}.",
    "config-example": "'kconsole config show --example' prints one to begin with.",
    "settings-unreadable": "{file} cannot be read: {reason}. No setting is used.",
    "settings-missing": "{variable} names {file}, which does not exist.",
    "settings-not-utf8": "{file}, line {line}: Byte {at} (0x{byte}) is not text in {encoding}. No setting is used.",
    "settings-not-toml": "{file} is not TOML: {reason}. No setting is used.",
    "setting-unknown": _setting_unknown,
    "setting-invalid": _setting_invalid,
    "setting-not-table": lambda params: _at(params) + "'{key}' is {found}. It must be a table: [{key}].",
    "context-bad-name": lambda params: (
        _at(params) + "'{context}' is no name of a context. It must be up to 32 letters, digits and . _ -."
    ),
    "context-not-table": lambda params: _at(params) + "The context '{context}' must be a table: [contexts.{context}].",
    "context-without-store": lambda params: (
        _at(params) + "The context '{context}' needs 'store', the folder of its store."
    ),
    "context-setting-unknown": lambda params: (
        _at(params) + "'{key}' is not a setting of a context. The settings are {settings:commas}."
    ),
    "context-bad-store": lambda params: (
        _at(params) + "'store' is {found}. It must be a folder that begins with / or ~, or postgresql:..., in quotes."
    ),
    "context-bad-note": lambda params: (
        _at(params) + "'note' is {found}. It must be a text in quotes, of 200 characters."
    ),
    "context-unusable": lambda params: (
        "The configuration file has an error in the context {context}, so it is not used."
        if params["context"]
        else "The configuration file cannot be read, and has contexts: it is not known which store is meant."
    ),
    "context-home-unknown": "The store of the context {context} is '{store}', but that home folder is unknown.",
    "config-check": "See 'kconsole config check'.",
    "no-such-context": "There is no context {context}.",
    "contexts-are": "The contexts are {names:list}.",
    "no-contexts": "The configuration file names no contexts.",
    "several-contexts": "Several contexts are configured, and the command names none.",
    "context-line": "{context}: {store}",
    "context-line-unusable": "{context}: has an error in the configuration file",
    "name-context": Both("Name one with --context NAME, or a store with --store.", "Choose one of them."),
    "setting-bad-keys": lambda params: (
        _at(params) + "'{key}' in [keys] is {found}. It must be keys in quotes, separated by commas."
    ),
    "more-settings-problems": "{file}: and {more:count more problem|more problems}.",
    "preference-unsaved": "Your choice cannot be saved in {file}: {reason}.",
    "until-you-leave": "It is used until you leave the console.",
    "too-large-to-read": "it would be too large to be read again",
}
