"""The doctor of a store in a database: whether the database keeps it as it should, and what the journal says."""

from collections.abc import Iterator
from contextlib import closing

from kconsole.core.codes import Finding, message
from kconsole.core.consistency import checked as checked_records
from kconsole.core.errors import BadInput, ConsoleError, NotFound
from kconsole.store.engine import BrokenJournal, DamagedSnapshot
from kconsole.store.journal_line import checks_of, commit_of, head_after
from kconsole.store.postgresql.engine import PostgresEngine
from kconsole.store.postgresql.schema import functions
from kconsole.store.records import Records
from kconsole.store.replay import Gaps
from kconsole.store.state_sum import hash_of_sum

_WALLS = """
SELECT
    (SELECT count(*) FROM pg_trigger WHERE tgrelid IN ('kconsole.journal'::regclass, 'kconsole.head'::regclass)
        AND NOT tgisinternal AND tgenabled = 'O'),
    ARRAY(SELECT r.rolname::text FROM pg_roles r WHERE r.rolcanlogin AND NOT r.rolsuper
        AND r.oid <> (SELECT nspowner FROM pg_namespace WHERE nspname = 'kconsole')
        AND (has_table_privilege(r.oid, 'kconsole.journal', 'INSERT, UPDATE, DELETE, TRUNCATE')
            OR has_table_privilege(r.oid, 'kconsole.head', 'INSERT, UPDATE, DELETE, TRUNCATE')
            OR has_table_privilege(r.oid, 'kconsole.record', 'INSERT, UPDATE, DELETE, TRUNCATE')
            OR to_regclass('kconsole.operator') IS NOT NULL
                AND has_table_privilege(r.oid, to_regclass('kconsole.operator'), 'INSERT, UPDATE, DELETE, TRUNCATE'))),
    ARRAY(SELECT p.proname || ' ' || btrim(regexp_replace(p.prosrc, '\\s+', ' ', 'g'))
            || CASE WHEN p.proconfig IS NULL AND p.proname <> 'seat_of' THEN ' without search_path' ELSE '' END
        FROM pg_proc p WHERE p.pronamespace = 'kconsole'::regnamespace)
"""

TRIGGERS = 5


def examine(address: str) -> list[Finding]:
    """Examine everything; nothing is changed.

    Raises:
        NotFound: there is no store.
        StoreUnusable: the database cannot be reached, or is not fit for a journal.
    """
    with closing(PostgresEngine(address, read_only=True)) as engine:
        has_store = engine.open()
        if engine.away is not None:
            return [Finding("away", engine.away.why, (message("database-away-hint"),))]
        if not has_store:
            raise NotFound("no-store", "make-or-demo", address=address)
        return [*_walls(engine), *_journal(engine)]


def _walls(engine: PostgresEngine) -> Iterator[Finding]:
    triggers, logins, there = engine.ask(_WALLS)[0]
    wanted = {f"{name} {' '.join(body.split())}" for name, body in functions().items()}
    names = {each.partition(" ")[0] for each in wanted.symmetric_difference(there)}
    if names:
        what = message("database-functions-differ", database=engine.address, names=sorted(names))
        yield Finding("functions", what, (message("update-functions"),))
    if triggers != TRIGGERS:
        yield Finding(
            "triggers", message("database-triggers-off", database=engine.address), (message("enable-triggers"),)
        )
    if logins:
        yield Finding("walls", message("database-tables-open", logins=logins), (message("revoke-rights"),))


def _journal(engine: PostgresEngine) -> Iterator[Finding]:
    records, head, gaps, pending = Records(), engine.start(), Gaps(), False
    last = engine.head()
    try:
        for raw in engine.read_after(head):
            head = head_after(raw, head)
            commit, _ = commit_of(raw, head, records.entries)
            if commit.is_lost:
                gaps.add(head.sequence)
            said = checks_of(raw)
            gaps.take(said)
            for change in commit.changes:
                records.take(change)
            if said.state and not gaps.open and hash_of_sum(records.sum()) != said.state:
                raise BrokenJournal(head.sequence, "state-not-said", head)
            if head.sequence >= last.sequence:
                break
        gaps.check()
    except BrokenJournal as damage:
        what = message("journal-damaged", journal=engine.journal_name, line=damage.line, reason=damage.why)
        yield Finding("journal", what, (message("restore-database"),))
        return
    try:
        engine.snapshot()
    except DamagedSnapshot as damaged:
        what = message("snapshot-damaged", snapshot=engine.snapshot_name, reason=damaged.why)
        yield Finding("snapshot", what, (message("next-change-rebuilds"),), serious=False)
    try:
        checked_records(records.inventory, "")
    except BadInput as contradictions:
        what = message("store-contradicts-itself", problems=contradictions.details or (contradictions.happened,))
        yield Finding("records", what, (message("dump-edit-restore"),))
    except ConsoleError:
        pending = True
    if records.pending_changes or pending:
        asked = [target.address for each in records.pending_changes.values() for target in each.targets]
        yield Finding(
            "open", message("unconfirmed-at-server", addresses=asked), (message("sync-confirms"),), serious=False
        )
