-- The journal of kconsole in PostgreSQL 13 or newer. Run it once in the database, as its owner or a superuser.
--
-- A line of the journal is the same bytes as in a file. Lines are added by kconsole.append() alone: it checks the
-- chain of hashes, and what the role of the login may change. No line is ever changed or removed.

BEGIN;

DO $$
DECLARE
    each text;
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'the database has the encoding %, and must have UTF8', current_setting('server_encoding');
    END IF;
    FOREACH each IN ARRAY ARRAY['kconsole_auditor', 'kconsole_helpdesk', 'kconsole_account_admin', 'kconsole_full_admin']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = each) THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', each);
        END IF;
    END LOOP;
    IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        EXECUTE pg_catalog.format('GRANT kconsole_full_admin TO %I', current_user);
    END IF;
END
$$;

CREATE SCHEMA kconsole;
REVOKE ALL ON SCHEMA kconsole FROM PUBLIC;

CREATE TABLE kconsole.journal (
    store text NOT NULL,
    sequence bigint NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL,
    line bytea NOT NULL,
    PRIMARY KEY (store, sequence),
    UNIQUE (store, previous),
    UNIQUE (store, hash)
);

-- One row for each store, which whoever appends locks: so the chain cannot fork.
CREATE TABLE kconsole.head (
    store text PRIMARY KEY,
    sequence bigint NOT NULL,
    hash text NOT NULL,
    format integer NOT NULL,
    size bigint NOT NULL,
    next_number bigint NOT NULL,
    begun xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id()
);

-- What the records are after the last line: append() compares with it what a line says was there before.
CREATE TABLE kconsole.record (
    store text NOT NULL,
    kind text NOT NULL,
    number bigint NOT NULL,
    document text NOT NULL,
    login_at bigint,
    login_protocol text,
    PRIMARY KEY (store, kind, number)
);

CREATE FUNCTION kconsole.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'no line of the journal is changed or removed' USING ERRCODE = 'KC004';
END
$$;

CREATE FUNCTION kconsole.check_head() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.store <> OLD.store OR NEW.sequence <= OLD.sequence THEN
        RAISE EXCEPTION 'the head of a journal only goes on' USING ERRCODE = 'KC004';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON kconsole.journal
    FOR EACH ROW EXECUTE FUNCTION kconsole.refuse_change();
CREATE TRIGGER stays BEFORE TRUNCATE ON kconsole.journal
    FOR EACH STATEMENT EXECUTE FUNCTION kconsole.refuse_change();
CREATE TRIGGER only_goes_on BEFORE UPDATE ON kconsole.head
    FOR EACH ROW EXECUTE FUNCTION kconsole.check_head();
CREATE TRIGGER is_kept BEFORE DELETE ON kconsole.head
    FOR EACH ROW EXECUTE FUNCTION kconsole.refuse_change();
CREATE TRIGGER stays BEFORE TRUNCATE ON kconsole.head
    FOR EACH STATEMENT EXECUTE FUNCTION kconsole.refuse_change();

-- The role of a login: the highest one that it is a member of; NULL for none. Superusers are members of all.
CREATE FUNCTION kconsole.role_of(login name) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN pg_has_role(login, 'kconsole_full_admin', 'MEMBER') THEN 'full-admin'
        WHEN pg_has_role(login, 'kconsole_account_admin', 'MEMBER') THEN 'account-admin'
        WHEN pg_has_role(login, 'kconsole_helpdesk', 'MEMBER') THEN 'helpdesk'
        WHEN pg_has_role(login, 'kconsole_auditor', 'MEMBER') THEN 'auditor'
    END
$$;

CREATE FUNCTION kconsole.rank_of(role text) RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE replace(coalesce(role, 'user'), '_', '-')
        WHEN 'user' THEN 0 WHEN 'auditor' THEN 1 WHEN 'helpdesk' THEN 2 WHEN 'account-admin' THEN 3 ELSE 4
    END
$$;

CREATE FUNCTION kconsole.refuse(reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%', reason USING ERRCODE = 'KC003';
END
$$;

-- Lock the head until the transaction ends, and read it. It is all that a login needs besides append().
CREATE FUNCTION kconsole.lock_head(of_store text)
RETURNS TABLE (sequence bigint, hash text, size bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF coalesce(kconsole.role_of(session_user), 'auditor') = 'auditor' THEN
        PERFORM kconsole.refuse('the role of this login changes nothing');
    END IF;
    RETURN QUERY SELECT h.sequence, h.hash, h.size FROM kconsole.head h WHERE h.store = of_store FOR UPDATE;
    IF NOT FOUND THEN  -- it is yet to be made, by one at a time
        PERFORM pg_advisory_xact_lock(hashtextextended('kconsole new ' || of_store, 0));
        RETURN QUERY SELECT h.sequence, h.hash, h.size FROM kconsole.head h WHERE h.store = of_store FOR UPDATE;
    END IF;
END
$$;

CREATE FUNCTION kconsole.is_object(content json) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT json_typeof(content) = 'object' AND (
        SELECT count(*) = count(DISTINCT key) FROM json_object_keys(CASE json_typeof(content) WHEN 'object' THEN content END) key
    )
$$;

-- Whether every reader of JSON can take something: it is not deep, and has no number that is too large.
CREATE FUNCTION kconsole.is_readable(content json) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE part(value, depth) AS (
        SELECT content, 0
        UNION ALL
        SELECT inner_part.value, part.depth + 1
        FROM part, LATERAL (
            SELECT value FROM json_array_elements(CASE json_typeof(part.value) WHEN 'array' THEN part.value END)
            UNION ALL
            SELECT value FROM json_each(CASE json_typeof(part.value) WHEN 'object' THEN part.value END)
        ) inner_part
        WHERE part.depth < 12
    )
    SELECT max(depth) < 12
        AND bool_and(json_typeof(value) <> 'number' OR value::text ~ '^-?[0-9]{1,15}(\.[0-9]{1,15})?$')
    FROM part
$$;

-- Check that a change begins with the record as it is now; returns what that was, NULL for none.
CREATE FUNCTION kconsole.record_before(of_store text, change json) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known kconsole.record;
    before jsonb := change -> 'before';
    is_there jsonb;
BEGIN
    SELECT * INTO known FROM kconsole.record r
    WHERE r.store = of_store AND r.kind = change ->> 'table' AND r.number = (change ->> 'number')::bigint;
    is_there := coalesce(known.document, 'null')::jsonb;
    IF known.login_at IS NOT NULL THEN
        IF (before #>> '{last_login,at}')::timestamptz IS DISTINCT FROM to_timestamp(known.login_at)
            OR coalesce(before #>> '{last_login,protocol}', '') <> known.login_protocol
        THEN
            PERFORM kconsole.refuse('a change does not begin with the record as it is');
        END IF;
        is_there := is_there - 'last_login';
        before := before - 'last_login';
    END IF;
    IF before IS DISTINCT FROM is_there THEN
        PERFORM kconsole.refuse('a change does not begin with the record as it is');
    END IF;
    RETURN change -> 'before';
END
$$;

-- Refuse what helpdesk is about to ask the server, unless that is to disable accounts as they are here.
CREATE FUNCTION kconsole.check_pending(of_store text, change json, next_number bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    after CONSTANT json := change -> 'after';
    target json;
    known jsonb;
BEGIN
    IF change ->> 'number' <> next_number::text OR NOT kconsole.is_object(after)
        OR (SELECT array_agg(key) FROM json_object_keys(after) key) IS DISTINCT FROM
            ARRAY['deed', 'at', 'targets', 'mailbox', 'transfer_to', 'domain_id', 'reason']
        OR after ->> 'deed' <> 'disable' OR json_typeof(after -> 'targets') <> 'array'
        OR after ->> 'at' !~ '^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?Z$'
        OR (after ->> 'at')::timestamptz IS NULL
        OR (SELECT bool_or(json_typeof(value) <> 'string') FROM json_each(after) WHERE key NOT IN ('targets'))
        OR after ->> 'mailbox' <> '' OR after ->> 'transfer_to' <> '' OR after ->> 'domain_id' <> ''
    THEN
        PERFORM kconsole.refuse('this role asks the server to disable, and nothing else');
    END IF;
    FOR target IN SELECT value FROM json_array_elements(after -> 'targets') LOOP
        IF NOT kconsole.is_object(target) OR (SELECT array_agg(key) FROM json_object_keys(target) key)
            IS DISTINCT FROM ARRAY['number', 'server_id', 'address'] OR (target -> 'number')::text !~ '^[0-9]{1,18}$'
        THEN
            PERFORM kconsole.refuse('this role asks the server to disable, and nothing else');
        END IF;
        SELECT document::jsonb INTO known FROM kconsole.record r
        WHERE r.store = of_store AND r.kind = 'entries' AND r.number = (target ->> 'number')::bigint;
        IF known IS NULL OR (target -> 'address')::jsonb IS DISTINCT FROM known -> 'address'
            OR (target -> 'server_id')::jsonb IS DISTINCT FROM coalesce(known -> 'server_id', '""')
            OR kconsole.rank_of(known ->> 'role') > kconsole.rank_of('helpdesk')
        THEN
            PERFORM kconsole.refuse('this role asks the server to disable accounts as they are here');
        END IF;
    END LOOP;
END
$$;

-- Refuse a line that says more than the role of its login may. Whatever else it says, kconsole can read it.
CREATE FUNCTION kconsole.check_line(of_store text, content json, line text, role text, known kconsole.head) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fields CONSTANT text[] := ARRAY['sequence', 'at', 'operator', 'session', 'deed', 'claims', 'operator_name', 'uid',
        'login_uid', 'reason', 'seats', 'refusals', 'next_number', 'changes', 'previous', 'hash'];
    texts CONSTANT text[] := ARRAY['at', 'operator', 'session', 'deed', 'operator_name', 'reason', 'previous', 'hash'];
    change json;
    before jsonb;
    after jsonb;
    next_number bigint := known.next_number;
BEGIN
    IF NOT kconsole.is_object(content) THEN
        PERFORM kconsole.refuse('a line is an object, each field of which stands there once');
    END IF;
    IF content ->> 'operator' IS DISTINCT FROM session_user::text THEN
        PERFORM kconsole.refuse('the operator of a line is the login');
    END IF;
    IF role = 'full-admin' THEN
        RETURN;
    END IF;
    IF length(line) > 16 * 1024 * 1024 THEN
        PERFORM kconsole.refuse('a line of this role is not that long');
    END IF;
    IF json_typeof(content -> 'changes') IS DISTINCT FROM 'array' OR content -> 'gaps' IS NOT NULL
        OR content -> 'store' IS NOT NULL OR content ->> 'next_number' !~ '^[0-9]{1,18}$'
        OR (content ->> 'next_number')::bigint < known.next_number
    THEN
        PERFORM kconsole.refuse('a line of this role does not say that');
    END IF;
    FOR change IN SELECT value FROM json_array_elements(content -> 'changes') LOOP
        IF NOT kconsole.is_object(change) OR change -> 'logins' IS NOT NULL
            OR change ->> 'number' !~ '^[0-9]{1,18}$' OR change -> 'before' IS NULL OR change -> 'after' IS NULL
        THEN
            PERFORM kconsole.refuse('a change of this role names a record, as it was and as it is');
        END IF;
        before := kconsole.record_before(of_store, change);
        after := change -> 'after';
        IF change ->> 'table' NOT IN ('entries', 'intents', 'keeps', 'marks', 'offboardings', 'reservations') THEN
            PERFORM kconsole.refuse('this role does not change that');
        END IF;
        IF change ->> 'table' = 'entries' THEN
            IF before -> 'deleted_at' IS NULL AND after -> 'deleted_at' IS NOT NULL
                OR after = 'null' AND content -> 'undoes' IS NULL
            THEN
                PERFORM kconsole.refuse('this role deletes no accounts');
            END IF;
            IF kconsole.rank_of(before ->> 'role') > kconsole.rank_of(role)
                OR kconsole.rank_of(after ->> 'role') > kconsole.rank_of(role)
            THEN
                PERFORM kconsole.refuse('this role does not change an account of a higher role');
            END IF;
        END IF;
    END LOOP;
    IF role = 'account-admin' THEN
        RETURN;
    END IF;

    -- Helpdesk turns `enabled` off, and nothing else. Its lines are byte for byte as kconsole writes them.
    IF EXISTS (SELECT FROM json_object_keys(content) key WHERE key <> ALL (fields))
        OR line <> (
            SELECT '{' || string_agg(to_json(key)::text || ':' || value::text, ',' ORDER BY array_position(fields, key))
                || E'}\n'
            FROM json_each(content)
        )
        OR line ~* '\\u(0000|d[89a-f])'
        OR EXISTS (SELECT FROM json_each(content) WHERE key = ANY (texts) AND json_typeof(value) <> 'string')
        OR EXISTS (
            SELECT FROM json_each(content)
            WHERE key IN ('uid', 'login_uid') AND NOT (value::text ~ '^[0-9]{1,10}$' AND value::text::bigint < 4294967296)
        )
        OR content ->> 'at' !~ '^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?Z$'
        OR abs(extract(epoch FROM (content ->> 'at')::timestamptz - clock_timestamp())) > 86400
        OR content -> 'session' IS NULL OR content -> 'deed' IS NULL
        OR coalesce((content -> 'seats')::text, '[0,0]') !~ '^\[-?[0-9]{1,9},-?[0-9]{1,9}\]$'
        OR NOT coalesce(kconsole.is_object(content -> 'claims'), true)
        OR EXISTS (SELECT FROM json_each(content -> 'claims') WHERE json_typeof(value) <> 'string')
        OR json_typeof(coalesce(content -> 'refusals', '[]')) <> 'array'
        OR NOT kconsole.is_readable(coalesce(content -> 'refusals', '[]'))
        OR (content -> 'changes' ->> 0 IS NULL AND content -> 'refusals' ->> 0 IS NULL)
        OR content ->> 'deed' IN ('mend', 'gap')
    THEN
        PERFORM kconsole.refuse('a line of this role does not say that');
    END IF;
    FOR change IN SELECT value FROM json_array_elements(coalesce(content -> 'refusals', '[]')) LOOP
        IF NOT kconsole.is_object(change) OR json_typeof(change -> 'code') IS DISTINCT FROM 'string'
            OR json_typeof(coalesce(change -> 'address', '""')) <> 'string'
            OR NOT kconsole.is_object(coalesce(change -> 'params', '{}'))
        THEN
            PERFORM kconsole.refuse('a line of this role does not say that');
        END IF;
    END LOOP;
    IF content -> 'changes' ->> 0 IS NOT NULL AND content ->> 'deed' <> 'disable' THEN
        PERFORM kconsole.refuse('this role disables accounts, and does nothing else');
    END IF;
    FOR change IN SELECT value FROM json_array_elements(content -> 'changes') LOOP
        before := change -> 'before';
        after := change -> 'after';
        IF change::text <> pg_catalog.format('{"table":%s,"number":%s,"before":%s,"after":%s}',
            change -> 'table', change ->> 'number', change -> 'before', change -> 'after')
        THEN
            PERFORM kconsole.refuse('a line of this role does not say that');
        END IF;
        IF change ->> 'table' = 'intents' THEN  -- before a server is asked, and when it has answered
            IF before = 'null' THEN
                PERFORM kconsole.check_pending(of_store, change, next_number);
                next_number := next_number + 1;
            ELSIF after <> 'null' OR before ->> 'deed' <> 'disable' THEN
                PERFORM kconsole.refuse('this role asks the server to disable, and nothing else');
            END IF;
            CONTINUE;
        END IF;
        IF change ->> 'table' <> 'entries'
            OR NOT kconsole.is_object(change -> 'before') OR NOT kconsole.is_object(change -> 'after')
            OR before ->> 'enabled' = 'false' OR after -> 'enabled' IS DISTINCT FROM 'false'::jsonb
            OR before - 'enabled' IS DISTINCT FROM after - 'enabled'
            OR EXISTS (
                SELECT FROM json_each(change -> 'after') a
                WHERE a.key <> 'enabled' AND a.value::text <> (change -> 'before' -> a.key)::text
            )
        THEN
            PERFORM kconsole.refuse('this role turns "enabled" off, and changes nothing else');
        END IF;
    END LOOP;
    IF content ->> 'next_number' <> next_number::text THEN
        PERFORM kconsole.refuse('a line of this role does not say that');
    END IF;
END
$$;

-- Append lines, all or none, to a store whose head is this; sequence 0 and 64 zeros begin one.
CREATE FUNCTION kconsole.append(of_store text, after_sequence bigint, after_hash text, lines bytea[], its_format integer)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role CONSTANT text := coalesce(kconsole.role_of(session_user), 'auditor');
    known kconsole.head;
    line bytea;
    before_tail bytea;
    tail text;
    content json;
    is_new boolean;
BEGIN
    IF role = 'auditor' THEN
        PERFORM kconsole.refuse('the role of this login changes nothing');
    END IF;
    SELECT * INTO known FROM kconsole.head h WHERE h.store = of_store FOR UPDATE;
    is_new := NOT FOUND;
    IF is_new THEN
        known := ROW(of_store, 0, repeat('0', 64), its_format, 0, 1, pg_current_xact_id());
    END IF;
    IF (known.sequence, known.hash) IS DISTINCT FROM (after_sequence, after_hash) THEN
        RAISE EXCEPTION 'the journal has gone on' USING ERRCODE = 'KC001';
    END IF;
    is_new := known.begun = pg_current_xact_id();  -- a store that is copied has lines of others
    IF is_new AND role <> 'full-admin' THEN
        PERFORM kconsole.refuse('only a full admin begins a store');
    END IF;
    IF its_format < known.format THEN
        PERFORM kconsole.refuse('the store is of a newer format');
    END IF;
    known.format := its_format;
    IF known.sequence = 0 THEN
        INSERT INTO kconsole.head SELECT known.* ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the journal has gone on' USING ERRCODE = 'KC001';
        END IF;
    END IF;
    FOREACH line IN ARRAY lines LOOP
        IF length(line) < 160 THEN
            RAISE EXCEPTION 'no line' USING ERRCODE = 'KC002';
        END IF;
        before_tail := substring(line FROM 1 FOR length(line) - 76);
        tail := encode(substring(line FROM length(line) - 153), 'escape');
        IF tail !~ '^,"previous":"[0-9a-f]{64}","hash":"[0-9a-f]{64}"\}\n$'
            OR substring(tail FROM 14 FOR 64) <> known.hash
            OR position(convert_to('{"sequence":' || known.sequence + 1 || ',', 'UTF8') IN line) <> 1
            OR position('\x0a'::bytea IN line) <> length(line)
            OR (substring(tail FROM 88 FOR 64) <> encode(sha256(before_tail), 'hex')
                AND NOT (role = 'full-admin' AND position('"gap":true,'::bytea IN substring(line FROM 1 FOR 100)) > 0))
        THEN
            RAISE EXCEPTION 'line % does not go on with the chain', known.sequence + 1 USING ERRCODE = 'KC002';
        END IF;
        content := convert_from(line, 'UTF8')::json;
        IF NOT is_new THEN
            PERFORM kconsole.check_line(of_store, content, convert_from(line, 'UTF8'), role, known);
        END IF;
        INSERT INTO kconsole.journal
        VALUES (of_store, known.sequence + 1, known.hash, substring(tail FROM 88 FOR 64), line);
        INSERT INTO kconsole.record
        SELECT of_store, change ->> 'table', (change ->> 'number')::bigint, (change -> 'after')::text
        FROM json_array_elements(content -> 'changes') change
        WHERE change -> 'logins' IS NULL AND (change -> 'after')::text <> 'null'
        ON CONFLICT (store, kind, number)
        DO UPDATE SET document = excluded.document, login_at = NULL, login_protocol = NULL;
        IF position('"after":null'::bytea IN line) > 0 THEN
            DELETE FROM kconsole.record r USING json_array_elements(content -> 'changes') change
            WHERE change -> 'logins' IS NULL AND (change -> 'after')::text = 'null'
                AND r.store = of_store AND r.kind = change ->> 'table' AND r.number = (change ->> 'number')::bigint;
        END IF;
        IF position('"logins":'::bytea IN line) > 0 THEN
            UPDATE kconsole.record r
            SET login_at = (login ->> 2)::bigint, login_protocol = change -> 'protocols' ->> (login ->> 4)::integer
            FROM json_array_elements(content -> 'changes') change, json_array_elements(change -> 'logins') login
            WHERE change -> 'logins' IS NOT NULL
                AND r.store = of_store AND r.kind = change ->> 'table' AND r.number = (login ->> 0)::bigint;
        END IF;
        known.sequence := known.sequence + 1;
        known.hash := substring(tail FROM 88 FOR 64);
        known.size := known.size + length(line);
        known.next_number := coalesce((content ->> 'next_number')::bigint, known.next_number);
    END LOOP;
    UPDATE kconsole.head h
    SET sequence = known.sequence, hash = known.hash, format = known.format, size = known.size,
        next_number = known.next_number
    WHERE h.store = of_store AND h.sequence < known.sequence;
    PERFORM pg_notify('kconsole', of_store || ':' || known.sequence);
    RETURN known.sequence;
END
$$;

REVOKE ALL ON ALL TABLES IN SCHEMA kconsole FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA kconsole FROM PUBLIC;
GRANT USAGE ON SCHEMA kconsole
    TO kconsole_auditor, kconsole_helpdesk, kconsole_account_admin, kconsole_full_admin;
GRANT SELECT ON kconsole.journal, kconsole.head
    TO kconsole_auditor, kconsole_helpdesk, kconsole_account_admin, kconsole_full_admin;
GRANT EXECUTE ON FUNCTION kconsole.role_of(name)
    TO kconsole_auditor, kconsole_helpdesk, kconsole_account_admin, kconsole_full_admin;
GRANT EXECUTE ON FUNCTION
    kconsole.lock_head(text), kconsole.append(text, bigint, text, bytea[], integer)
    TO kconsole_helpdesk, kconsole_account_admin, kconsole_full_admin;

COMMIT;
