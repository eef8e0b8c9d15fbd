"""The names of a store's files, and how its snapshot begins. It imports nothing: completion reads them at each TAB."""

JOURNAL_FILE = "journal.jsonl"
SNAPSHOT_FILE = "store.json"

PRODUCT = "kconsole"
FORMAT = 2
"""The format that this kconsole reads and writes. Format 1, without a journal, was last read by kconsole 0.1."""

META_START = b'{"meta":{"1":'
META_END = b"},\n"

ENTRIES = b'"entries":{'
"""Where the entries begin in a snapshot: they stand last."""

BETWEEN = rb'\},"\d+":\{'
"""Between two documents of a table. It is never inside a text, where each quote has a backslash before it."""
