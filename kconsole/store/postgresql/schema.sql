-- The journal of kconsole in PostgreSQL 13 or newer. Run it in the database, as its owner or a superuser; again after
-- kconsole was updated: it brings an older one up to date.
--
-- A line of the journal is the same bytes as in a file. Lines are added by kconsole.append() alone: it checks the
-- chain of hashes, and what the role of the login may change. No line is ever changed or removed.

BEGIN;

SET LOCAL lock_timeout = '10s';
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;  -- nothing that others have made runs with the rights of who prepares it

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

CREATE SCHEMA IF NOT EXISTS kconsole;
REVOKE ALL ON SCHEMA kconsole FROM PUBLIC;

CREATE TABLE IF NOT EXISTS kconsole.journal (
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
CREATE TABLE IF NOT EXISTS kconsole.head (
    store text PRIMARY KEY,
    sequence bigint NOT NULL,
    hash text NOT NULL,
    format integer NOT NULL,
    size bigint NOT NULL,
    next_number bigint NOT NULL,
    begun xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
    counted bigint NOT NULL DEFAULT 0
);
ALTER TABLE kconsole.head ADD COLUMN IF NOT EXISTS counted bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN kconsole.head.counted IS 'accounts that take a seat, without deleted ones that hold theirs';

-- What the records are after the last line: append() compares with it what a line says was there before.
CREATE TABLE IF NOT EXISTS kconsole.record (
    store text NOT NULL,
    kind text NOT NULL,
    number bigint NOT NULL,
    document text NOT NULL,
    login_at bigint,
    login_protocol text,
    seat smallint,
    PRIMARY KEY (store, kind, number)
);
ALTER TABLE kconsole.record ADD COLUMN IF NOT EXISTS seat smallint;
COMMENT ON COLUMN kconsole.record.seat IS '1: it takes a seat, 2: it held one when it was deleted, 0: neither';
ALTER TABLE kconsole.record ADD COLUMN IF NOT EXISTS added_by text;
COMMENT ON COLUMN kconsole.record.added_by IS 'the login that added it; NULL where an older kconsole took that down';
CREATE INDEX IF NOT EXISTS record_deleted ON kconsole.record (store) WHERE seat = 2;

-- What a login is bound to, beside its role: domains (NULL for all), and the account that is its own.
CREATE TABLE IF NOT EXISTS kconsole.operator (
    login text PRIMARY KEY,
    domains text[],
    account text NOT NULL DEFAULT ''
);

-- The accounts that a helpdesk login changed in the last hour, by the clock of the database.
CREATE TABLE IF NOT EXISTS kconsole.lately (
    store text NOT NULL,
    login text NOT NULL,
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (store, login, number)
);

DROP FUNCTION IF EXISTS kconsole.check_pending(text, json, bigint);
DROP TRIGGER IF EXISTS only_grows ON kconsole.journal;
DROP TRIGGER IF EXISTS stays ON kconsole.journal;
DROP TRIGGER IF EXISTS only_goes_on ON kconsole.head;
DROP TRIGGER IF EXISTS is_kept ON kconsole.head;
DROP TRIGGER IF EXISTS stays ON kconsole.head;

-- A newer version adds 1 where an older kconsole must not replace it.
CREATE OR REPLACE FUNCTION kconsole.version() RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT {VERSION} $$;

-- See the column; the rules are those of kconsole.licensing.policy. It is inlined, so it has no search_path of its own.
CREATE OR REPLACE FUNCTION kconsole.seat_of(kind text, document json) RETURNS smallint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN kind <> 'entries' OR coalesce(document ->> 'kind', 'user') <> 'user'
            OR document ->> 'origin' = 'other_server' OR document ->> 'enabled' = 'false' THEN 0
        WHEN document ->> 'deleted_at' IS NULL THEN 1
        ELSE 2
    END::smallint
$$;

UPDATE kconsole.record SET seat = kconsole.seat_of(kind, document::json) WHERE seat IS NULL;
UPDATE kconsole.head h SET counted = (
    SELECT count(*) FROM kconsole.record r WHERE r.store = h.store AND r.kind = 'entries' AND r.seat = 1
);

CREATE OR REPLACE FUNCTION kconsole.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'no line of the journal is changed or removed' USING ERRCODE = 'KC004';
END
$$;

CREATE OR REPLACE FUNCTION kconsole.check_head() RETURNS trigger
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
CREATE OR REPLACE FUNCTION kconsole.role_of(login name) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE
        WHEN pg_has_role(login, 'kconsole_full_admin', 'MEMBER') THEN 'full-admin'
        WHEN pg_has_role(login, 'kconsole_account_admin', 'MEMBER') THEN 'account-admin'
        WHEN pg_has_role(login, 'kconsole_helpdesk', 'MEMBER') THEN 'helpdesk'
        WHEN pg_has_role(login, 'kconsole_auditor', 'MEMBER') THEN 'auditor'
    END;
END
$$;

-- The form in which addresses and domains are compared here, where no one knows IDNA. A domain to which a login is
-- bound stands in its row in all its forms; in a form that is none of them it is refused, not let through.
CREATE OR REPLACE FUNCTION kconsole.key_of(name text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT lower(normalize(name, NFKC)) $$;

CREATE OR REPLACE FUNCTION kconsole.rank_of(role text) RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE replace(coalesce(role, 'user'), '_', '-')
        WHEN 'user' THEN 0 WHEN 'auditor' THEN 1 WHEN 'helpdesk' THEN 2 WHEN 'account-admin' THEN 3 ELSE 4
    END
$$;

CREATE OR REPLACE FUNCTION kconsole.refuse(reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%', reason USING ERRCODE = 'KC003';
END
$$;

-- Bind a login to domains (NULL for all) and to an account, which it must not disable or delete; or end that.
CREATE OR REPLACE FUNCTION kconsole.bind(of_login text, to_domains text[], its_account text DEFAULT '') RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on AS $$
BEGIN
    IF kconsole.role_of(session_user) IS DISTINCT FROM 'full-admin' THEN
        PERFORM kconsole.refuse('only a full admin binds a login');
    END IF;
    IF cardinality(to_domains) = 0 OR array_position(to_domains, NULL) IS NOT NULL THEN
        PERFORM kconsole.refuse('a login is bound to one domain or more');
    END IF;
    INSERT INTO kconsole.operator VALUES (
        of_login,
        CASE WHEN to_domains IS NOT NULL THEN ARRAY(SELECT kconsole.key_of(name) FROM unnest(to_domains) name) END,
        kconsole.key_of(its_account)
    )
    ON CONFLICT (login) DO UPDATE SET domains = excluded.domains, account = excluded.account;
    PERFORM pg_notify('kconsole', '');
END
$$;

CREATE OR REPLACE FUNCTION kconsole.unbind(of_login text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on AS $$
BEGIN
    IF kconsole.role_of(session_user) IS DISTINCT FROM 'full-admin' THEN
        PERFORM kconsole.refuse('only a full admin ends what a login is bound to');
    END IF;
    DELETE FROM kconsole.operator WHERE login = of_login;
    PERFORM pg_notify('kconsole', '');
END
$$;

-- What holds for the login that asks. A full admin is bound to no domain.
CREATE OR REPLACE FUNCTION kconsole.binding() RETURNS TABLE (role text, domains text[], account text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on AS $$
BEGIN
    role := kconsole.role_of(session_user);
    SELECT o.domains, o.account INTO domains, account FROM kconsole.operator o WHERE o.login = session_user;
    IF role = 'full-admin' THEN
        domains := NULL;
    END IF;
    account := coalesce(account, '');
    RETURN NEXT;
END
$$;

-- Lock the head until the transaction ends, and read it. It is all that a login needs besides append().
-- One that says nothing more for five minutes lets it go; one that is prepared for two phases would keep it for ever,
-- which a notification forbids.
CREATE OR REPLACE FUNCTION kconsole.lock_head(of_store text)
RETURNS TABLE (sequence bigint, hash text, size bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on AS $$
BEGIN
    IF coalesce(kconsole.role_of(session_user), 'auditor') = 'auditor' THEN
        PERFORM kconsole.refuse('the role of this login changes nothing');
    END IF;
    PERFORM set_config('idle_in_transaction_session_timeout', '300s', true), pg_notify('kconsole lock', '');
    RETURN QUERY SELECT h.sequence, h.hash, h.size FROM kconsole.head h WHERE h.store = of_store FOR UPDATE;
    IF NOT FOUND THEN  -- it is yet to be made, by one at a time
        PERFORM pg_advisory_xact_lock(hashtextextended('kconsole new ' || of_store, 0));
        RETURN QUERY SELECT h.sequence, h.hash, h.size FROM kconsole.head h WHERE h.store = of_store FOR UPDATE;
    END IF;
END
$$;

-- {CHECKS}

-- Append lines, all or none, to a store whose head is this; sequence 0 and 64 zeros begin one.
CREATE OR REPLACE FUNCTION kconsole.append(of_store text, after_sequence bigint, after_hash text, lines bytea[], its_format integer)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on AS $$
DECLARE
    role CONSTANT text := coalesce(kconsole.role_of(session_user), 'auditor');
    known kconsole.head;
    line bytea;
    tail text;
    own_hash text;
    content json;
    is_new boolean;
    used_before bigint;
    used_after bigint;
    more bigint;
BEGIN
    IF role = 'auditor' THEN
        PERFORM kconsole.refuse('the role of this login changes nothing');
    END IF;
    IF current_setting('transaction_isolation') NOT LIKE 'read %' THEN  -- it would see what the login was bound to before
        PERFORM kconsole.refuse('lines are added in a transaction that is read committed');
    END IF;
    SELECT * INTO known FROM kconsole.head h WHERE h.store = of_store FOR UPDATE;
    is_new := NOT FOUND;
    IF is_new THEN
        known := ROW(of_store, 0, repeat('0', 64), its_format, 0, 1, pg_current_xact_id(), 0);
    END IF;
    IF (known.sequence, known.hash) IS DISTINCT FROM (after_sequence, after_hash) THEN
        RAISE EXCEPTION 'the journal has gone on' USING ERRCODE = 'KC001';
    END IF;
    is_new := known.begun = pg_current_xact_id();  -- a store that is copied has lines of others
    IF is_new AND role <> 'full-admin' THEN
        PERFORM kconsole.refuse('only a full admin begins a store');
    END IF;
    IF role <> 'full-admin' AND cardinality(lines) > 100 THEN
        PERFORM kconsole.refuse('this role does not add so many lines at once');
    END IF;
    IF its_format < known.format OR its_format > known.format AND role <> 'full-admin' THEN
        PERFORM kconsole.refuse('the store is of another format');
    END IF;
    known.format := its_format;
    IF known.sequence = 0 THEN
        INSERT INTO kconsole.head SELECT known.* ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the journal has gone on' USING ERRCODE = 'KC001';
        END IF;
    END IF;
    FOREACH line IN ARRAY lines LOOP
        IF line IS NULL OR length(line) < 160 THEN
            RAISE EXCEPTION 'no line' USING ERRCODE = 'KC002';
        END IF;
        own_hash := encode(sha256(substring(line FROM 1 FOR length(line) - 76)), 'hex');
        tail := encode(substring(line FROM length(line) - 153), 'escape');
        IF role = 'full-admin' AND position('"gap":true,'::bytea IN substring(line FROM 1 FOR 100)) > 0
            AND substring(tail FROM 88 FOR 64) ~ '^[0-9a-f]+$'
        THEN
            own_hash := substring(tail FROM 88 FOR 64);
        END IF;
        IF tail <> pg_catalog.format(E',"previous":"%s","hash":"%s"}\n', known.hash, own_hash)
            OR position(convert_to('{"sequence":' || known.sequence + 1 || ',', 'UTF8') IN line) <> 1
            OR position('\x0a'::bytea IN line) <> length(line)
        THEN
            RAISE EXCEPTION 'line % does not go on with the chain', known.sequence + 1 USING ERRCODE = 'KC002';
        END IF;
        content := convert_from(line, 'UTF8')::json;
        IF NOT is_new THEN
            PERFORM kconsole.check_line(of_store, content, convert_from(line, 'UTF8'), role, known);
        END IF;
        SELECT count(*) FILTER (WHERE (change -> 'after')::text <> 'null'
                AND kconsole.seat_of(change ->> 'table', change -> 'after') = 1)
            - count(*) FILTER (WHERE known_seat = 1)
        INTO more
        FROM json_array_elements(content -> 'changes') change LEFT JOIN LATERAL (
            SELECT r.seat FROM kconsole.record r
            WHERE r.store = of_store AND r.kind = 'entries' AND r.number = (change ->> 'number')::bigint OFFSET 0
        ) known_as (known_seat) ON change ->> 'table' = 'entries'
        WHERE change -> 'logins' IS NULL;
        IF role <> 'full-admin' THEN
            used_before := kconsole.used(of_store, known.counted);
        END IF;
        INSERT INTO kconsole.journal
        VALUES (of_store, known.sequence + 1, known.hash, own_hash, line);
        INSERT INTO kconsole.record (store, kind, number, document, seat, added_by)
        SELECT of_store, change ->> 'table', (change ->> 'number')::bigint, (change -> 'after')::text,
            kconsole.seat_of(change ->> 'table', change -> 'after'), session_user
        FROM json_array_elements(content -> 'changes') change
        WHERE change -> 'logins' IS NULL AND (change -> 'after')::text <> 'null'
        ON CONFLICT (store, kind, number)
        DO UPDATE SET document = excluded.document, seat = excluded.seat, login_at = NULL, login_protocol = NULL;
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
        known.counted := known.counted + more;
        IF role <> 'full-admin' THEN
            used_after := kconsole.used(of_store, known.counted);
            PERFORM kconsole.check_seats(of_store, content, used_before, used_after);
        END IF;
        known.sequence := known.sequence + 1;
        known.hash := own_hash;
        known.size := known.size + length(line);
        known.next_number := coalesce((content ->> 'next_number')::bigint, known.next_number);
    END LOOP;
    UPDATE kconsole.head h
    SET sequence = known.sequence, hash = known.hash, format = known.format, size = known.size,
        next_number = known.next_number, counted = known.counted
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
GRANT SELECT ON kconsole.operator TO kconsole_full_admin;
GRANT EXECUTE ON FUNCTION kconsole.role_of(name), kconsole.binding(), kconsole.version()
    TO kconsole_auditor, kconsole_helpdesk, kconsole_account_admin, kconsole_full_admin;
GRANT EXECUTE ON FUNCTION
    kconsole.lock_head(text), kconsole.append(text, bigint, text, bytea[], integer)
    TO kconsole_helpdesk, kconsole_account_admin, kconsole_full_admin;
GRANT EXECUTE ON FUNCTION kconsole.bind(text, text[], text), kconsole.unbind(text) TO kconsole_full_admin;

COMMIT;
