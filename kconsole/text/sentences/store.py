"""Sentences about the store: its files, its journal, and what the doctor finds."""

from collections.abc import Mapping
from typing import Any, Final

from kconsole.text.sentences.base import Both, Template


def _held(rest: str) -> Template:
    def template(params: Mapping[str, Any]) -> str:
        process = f" (process {params['process']})" if params["process"] else ""
        return ("{operator}" if params["operator"] else "Another kconsole") + process + rest

    return template


TEMPLATES: Final[Mapping[str, Template]] = {
    # Opening
    "no-store": "There is no store in {address}.",
    "make-or-demo": Both(
        "Create one with 'kconsole init --seats N', or look around with 'kconsole demo'.",
        "Create one with 'kconsole init --seats N' on the command line.",
    ),
    "store-not-read": "The store cannot be read: {error}.",
    "no-home": "The user has no home folder that a store could be in.",
    "name-store-without-home": "Name the store's folder with --store or in KCONSOLE_STORE.",
    "store-exists": "There is a store in {folder} already.",
    "use-it-or-another-folder": "Use it, or choose another folder.",
    "not-a-folder": "{folder} is not a folder.",
    "choose-another-place": "Choose another place for the store.",
    "file-is-a-link": "{file} is a symbolic link.",
    "file-is-no-file": "{file} is a folder, a pipe or a device, not a file.",
    "put-file-back": "Nothing was changed. Move it away, and put the file back; 'kconsole doctor' shows what is left.",
    "link-the-folder": "Nothing was changed. Link the folder of the store, not a file in it.",
    "folder-of-another-user": "{folder} belongs to another user.",
    "read-only-or-as-its-owner": "Nothing was changed. Work as its owner, or look at it with 'kconsole --read-only'.",
    "others-can-write": "Other users can change {file}.",
    "close-above-to-others": "Run 'chmod o-w {file}', or look at the store with --read-only.",
    "close-to-others": (
        "Look at it with --read-only; then run 'chmod go-w {file}', or 'kconsole doctor --fix'. To share a store with"
        " a group, there are 'kconsole init --group NAME' and 'kconsole share on --group NAME'."
    ),
    "newer-store": "A newer kconsole wrote {file} (format {format}; this one reads up to {newest}).",
    "use-newer-kconsole": "It was not touched. Use the kconsole that wrote it, or a newer one.",
    "older-store": "{file} has format {format}, which this kconsole no longer reads (it reads format {oldest}).",
    "use-kconsole-0-1": "It was not touched. Open it once with kconsole 0.1, which brings it to the present format.",
    "opened-read-only": "The store was opened read-only.",
    "open-without-read-only": "Open it without --read-only to change it.",
    # Rights
    "open-read-only": "The store can only be read. {why}",
    "no-right-to-write": "You may not change {file} ({error}): it belongs to {owner} and the group {group}.",
    "how-to-have-right": (
        "Work as {owner}, or ask {owner} to share the store with a group that you are in:"
        " 'kconsole share on --group NAME'. Where it is shared, 'kconsole doctor' shows files with a wrong mode."
    ),
    "on-read-only-fs": "{file} is on a file system that is mounted to be read only.",
    "mount-to-write": "Mount it to be written, if its disk is in order.",
    "on-network-fs": "{folder} is on a network file system ({type}), where locks are not safe.",
    "why-no-network-fs": Both(
        "Two machines could change the store at once, and lose changes. Work on the machine that has the folder, or use"
        " --allow-network-fs if only one machine ever changes it.",
        "Two machines could change the store at once, and lose changes. Work on the machine that has the folder.",
    ),
    "ask-for-rights": (
        "Ask its owner, or root, for the right to read it: 'kconsole share on --group NAME' shares a store with a group"
        " that you are in, and 'kconsole doctor --fix' mends the modes of its files. Or work as its owner."
    ),
    "no-such-group": "There is no group {group} on this system.",
    "groups-of-system": "'getent group' lists the groups, and 'id' those that you are in.",
    "not-in-group": "You are not in the group {group}.",
    "become-member": "Nothing was changed. Let root add you ('usermod -aG {group} USER'), and log in again.",
    "not-stores-owner": "{folder} belongs to {owner}.",
    "owner-shares": "Nothing was changed. Only its owner, or root, can share a store, or stop sharing it.",
    "folder-holds-others": "{folder} holds other files too.",
    "share-own-folder": "Nothing was changed. A store that is shared needs a folder of its own.",
    "root-can-share": "A part may be done. Let root run the same command: it finishes what you have no right to do.",
    "group-cannot-reach": "Not everyone in the group {group} can get into {folders:list}, on the way to the store.",
    "let-group-pass": "Move the store to another place, as /srv/kconsole, or let them pass ('chmod o+x FOLDER').",
    "not-for-group": "{file} has another mode or group than the files of a store that is shared with {group}.",
    "group-should-have": "Its mode should be {mode}. Its owner ({owner}) or root can change it.",
    # Files and locks
    "unreadable": "{file} cannot be read: {error}.",
    "check-folder-and-permissions": "Check the folder and its permissions, then try again.",
    "unwritable": "{file} cannot be written: {error}.",
    "check-space-and-permissions": "Check the free space and the permissions of the folder, then try again.",
    "not-confirmed": "{file} was written, but the disk did not confirm it: {error}.",
    "perhaps-saved": "The change may or may not be saved.",
    "check-disk-then-store": "Check the disk, then see what the store holds before you repeat the change.",
    "store-busy": _held(" is saving to {folder}, and did not finish within {seconds:g} s."),
    "server-busy": _held(
        " is changing the mail server for the store {folder}, and did not finish within {seconds:g} s."
    ),
    "try-again-or-find-hanging": "Try again. If this continues, look for a kconsole that hangs.",
    # Damage
    "journal-damaged": "{journal} is damaged at line {line}: {reason}.",
    "journal-missing": "{journal} is missing.",
    "restore-or-read-only": "Restore it from a backup. Until then, 'kconsole --read-only' shows what the store held.",
    "read-only-shows-good-part": "'kconsole --read-only' shows the intact part.",
    "doctor-says-more": "Run 'kconsole doctor' for details.",
    "snapshot-damaged": "{snapshot} is damaged: {reason}.",
    "snapshot-rebuilt": "{snapshot} was damaged ({reason}); its content was rebuilt from the journal.",
    "restore-backup": "It was not touched. Restore it from a backup; store.json.bak may be an earlier state of it.",
    "torn-line-set-aside": (
        "The last line of the journal was torn. It was never reported as done, and is in {file} now."
    ),
    "line-without-hash": "it does not end with a hash",
    "line-not-its-hash": "its content does not match its hash",
    "line-does-not-follow": "it does not follow the line before it",
    "line-not-the-hash-kept-after-it": "its hash is not the one in the line after it",
    "line-not-json": "it is not JSON ({error})",
    "line-out-of-sequence": "its number is not the next one",
    "line-changed-since": "it was changed since it was read",
    "line-has-no-end": "it has no end",
    "line-feed-is-another-byte": "its line feed is another byte",
    "makes-no-sense": "its content makes no sense ({error})",
    "journal-empty": "the journal is empty",
    "journal-cut-off": "the end of the journal was cut off",
    "journal-replaced": "another file was put in its place",
    "not-the-line-of-the-snapshot": "it is not the line that store.json was made from",
    "lock-broken": "another process wrote without the lock",
    "file-is-empty": "it is empty",
    "not-whole-json": "it is not whole JSON ({error})",
    "of-another-store": "it is of another store",
    "not-a-store": "it is not a store of kconsole",
    "no-format": "it does not name its format",
    "state-not-of-line": "its records are not those that line {line} of the journal says",
    "state-not-said": "the records after it are not those that it says",
    "not-of-this-journal": "it was not made from this journal",
    "parts-of-two-stores": "{journal} and {snapshot} are of two different stores.",
    "take-the-foreign-part-away": "Move the foreign one elsewhere. 'kconsole doctor' says which that is, if it can.",
    "not-its-checksum": "its content does not match its checksum; another program changed it, or the disk did",
    # Archives
    "archive-missing": "The lines up to {last} are archived, and {file} is not in the store's folder.",
    "put-archive-back": "Put it back, with those before it.",
    "archive-damaged": "The archived line {line} of the log is damaged: {reason}.",
    "archive-too-short": "{file} ends before it",
    "archive-unreadable": "{file} cannot be unpacked ({error})",
    # Verify
    "not-a-head": "'{head}' is not the head of a log.",
    "head-is-what-verify-shows": "It is the 64 digits that 'kconsole log verify' showed.",
    "no-log": "There is no log in {folder}.",
    "name-the-store": "Name the store's folder with --store.",
    "head-not-in-log": "{journal} does not hold the head {head:.16}...: its end was cut off, or it was rebuilt.",
    "compare-with-backup": "Compare it with a backup.",
    # The doctor
    "file-of-another-user": lambda params: (
        f"{{files:some}} {'belongs' if len(params['files']) == 1 else 'belong'} to another user than the folder"
        " {folder}, who may be locked out."
    ),
    "chown-as-root": "Let root run 'chown --reference={folder} FILE' for each of them that should be the user's.",
    "others-can-read": "{file} can be read by other users.",
    "only-owner-should": "Only its owner should be able to.",
    "store-contradicts-itself": lambda params: (
        "The store contradicts itself: "
        + "; ".join(f"{{problems[{number}]}}" for number in range(len(params["problems"])))
        + "."
    ),
    "dump-edit-restore": "Correct it with 'kconsole dump', an editor, and 'kconsole restore'.",
    "unconfirmed-at-server": "The server was asked to change {addresses:some}; its answer is unconfirmed.",
    "sync-confirms": "'kconsole sync' asks the server.",
    "left-over-files": "Left over from a crash or earlier damage: {files:list}.",
    "move-to-folder": "They can be moved to '{folder}'.",
    "disk-nearly-full": "Only {megabytes} MB are free on the disk of {folder}.",
    "make-room-on-disk": "On a full disk no change can be saved. Free some space.",
    "torn-last-line": "The last line of {journal} is torn; it was never reported as done.",
    "can-be-set-aside": "It can be set aside.",
    "snapshot-missing": "{snapshot} is missing.",
    "snapshot-differs": "{snapshot} does not match the journal.",
    "rebuild-from-journal": "It can be rebuilt from the journal.",
    "nothing-good-restore-backup": "Nothing intact is left: restore it from a backup.",
    "restore-or-begin-with": (
        "Restore it from a backup. Or let a new journal begin with what is good, that is {source};"
        " the old one is kept aside."
    ),
    "all-lines-can-be-restored": "It can be restored, with every line of the log.",
    "good-lines-can-be-kept": (
        "Restore it from a backup. Or let the log go on without {lost:count line}: {kept:count line} stay as they are,"
        " and gaps show where the others were."
    ),
    "changes-of-lost-lines-unknown": "What the lost lines changed is not known where no later line shows it.",
    "lines-lost": lambda params: (
        ("Line {first} was" if params["first"] == params["last"] else "The lines {first} to {last} were")
        + " lost to damage. 'kconsole doctor --fix' has repaired that: all others are as they were."
    ),
    "restore-backup-to-have-them": "Only a backup from before the damage has them.",
    "lines-were-lost": "{lost:count line} lost to damage; the files from before are in {folder}",
    "line-is-lost": "it was lost, and the log does not say that the doctor has repaired that",
    "lines-not-in-it": "That leaves out {count:count line}.",
    "good-journal": "the journal",
    "good-lines": "the lines up to {last}",
    "good-snapshot": "what {name} holds",
    "good-snapshot-and-lines": "what {name} holds and the lines up to {last}",
    "rebuilt-from": "rebuilt from {source}; the files from before are in {folder}",
}
