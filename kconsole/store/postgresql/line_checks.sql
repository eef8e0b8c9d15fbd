-- What append() checks of a whole line of a login that is no full admin; see record_checks.sql.

-- Check the form of a line: byte for byte what kconsole writes, but for the records in it.
CREATE OR REPLACE FUNCTION kconsole.check_form(content json, line text, role text, next_number bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fields CONSTANT text[] := ARRAY['sequence', 'at', 'operator', 'session', 'deed', 'claims', 'operator_name', 'uid',
        'login_uid', 'reason', 'seats', 'refusals', 'undoes', 'plan', 'next_number', 'changes', 'previous', 'hash'];
    texts CONSTANT text[] := ARRAY['at', 'operator', 'session', 'deed', 'operator_name', 'reason', 'plan', 'previous',
        'hash'];
    changed CONSTANT boolean := content -> 'changes' ->> 0 IS NOT NULL;
    made integer;
BEGIN
    IF length(line) > (CASE role WHEN 'helpdesk' THEN 1024 * 1024 ELSE 16 * 1024 * 1024 END) THEN
        PERFORM kconsole.refuse('a line of this role is not that long');
    END IF;
    IF (EXISTS (SELECT FROM json_object_keys(content) key WHERE key <> ALL (fields))
        OR line <> (
            SELECT '{' || string_agg(to_json(key)::text || ':' || value::text, ',' ORDER BY array_position(fields, key))
                || E'}\n'
            FROM json_each(content)
        )
        OR line ~ '(^|[^\\])(\\\\)*\\(/|u(?!00(0[1-9a-f]|1[0-9a-f])))'  -- what needs no escape, or no reader takes
        OR EXISTS (SELECT FROM json_each(content) WHERE key = ANY (texts) AND json_typeof(value) <> 'string')
        OR EXISTS (
            SELECT FROM json_each(content)
            WHERE key IN ('uid', 'login_uid') AND NOT (value::text ~ '^[0-9]{1,10}$' AND value::text::bigint < 4294967296)
        )
        OR content ->> 'at' !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?Z$'
        OR content -> 'session' IS NULL OR content -> 'deed' IS NULL
        OR coalesce((content -> 'seats')::text, '[0,0]') !~ '^\[-?[0-9]{1,9},-?[0-9]{1,9}\]$'
        OR coalesce((content -> 'undoes')::text, '1') !~ '^[0-9]{1,15}$'
        OR NOT coalesce(kconsole.is_object(content -> 'claims'), true)
        OR EXISTS (SELECT FROM json_each(content -> 'claims') WHERE json_typeof(value) <> 'string')
        OR json_typeof(coalesce(content -> 'refusals', '[]')) <> 'array'
        OR NOT kconsole.is_readable(coalesce(content -> 'refusals', '[]'))
        OR json_typeof(content -> 'changes') IS DISTINCT FROM 'array'
        OR NOT changed AND content -> 'refusals' ->> 0 IS NULL
        OR (content -> 'next_number')::text !~ '^[0-9]{1,15}$'
        OR (content ->> 'deed') IN ('init', 'migrate', 'mend', 'gap')
        OR role = 'helpdesk' AND changed AND (content -> 'undoes' IS NOT NULL OR content -> 'plan' IS NOT NULL)) IS NOT FALSE  -- what is not known is not right
    THEN
        PERFORM kconsole.refuse('a line of this role does not say that');
    END IF;
    IF abs(extract(epoch FROM (content ->> 'at')::timestamptz - clock_timestamp())) > 86400 THEN
        PERFORM kconsole.refuse('the clock of the line is more than a day from that of the database');
    END IF;
    IF EXISTS (
        SELECT FROM json_array_elements(coalesce(content -> 'refusals', '[]')) refusal
        WHERE NOT kconsole.is_object(refusal) OR json_typeof(refusal -> 'code') IS DISTINCT FROM 'string'
            OR json_typeof(coalesce(refusal -> 'address', '""')) <> 'string'
            OR NOT kconsole.is_object(coalesce(refusal -> 'params', '{}'))
    ) OR EXISTS (
        SELECT FROM json_array_elements(content -> 'changes') change
        WHERE change::text IS DISTINCT FROM pg_catalog.format('{"table":%s,"number":%s,"before":%s,"after":%s}',
                change -> 'table', change ->> 'number', change -> 'before', change -> 'after')
            OR change ->> 'number' !~ '^[0-9]{1,15}$'
            OR (change -> 'before')::text <> 'null'
                AND kconsole.is_record(change ->> 'table', (change -> 'before')::text) IS NOT TRUE
            OR (change -> 'after')::text <> 'null'
                AND kconsole.is_record(change ->> 'table', (change -> 'after')::text) IS NOT TRUE
    ) THEN
        PERFORM kconsole.refuse('a change of this role is not as kconsole writes it');
    END IF;
    IF changed AND content ->> 'deed' <> ALL (ARRAY['ask server'] || (
            CASE role WHEN 'helpdesk' THEN ARRAY['disable', 'settle'] ELSE {OPERATIONS} END
        )) OR content ->> 'deed' = 'ask server' AND EXISTS (
            SELECT FROM json_array_elements(content -> 'changes') change WHERE change ->> 'table' <> 'intents'
        )
    THEN
        PERFORM kconsole.refuse('this role does not do that');
    END IF;
    -- new records have the next numbers, and these are used up no faster
    SELECT count(*) INTO made FROM json_array_elements(content -> 'changes') change
    WHERE (change ->> 'number')::bigint >= next_number;
    IF (content ->> 'next_number')::bigint - next_number
            NOT BETWEEN made AND made + (CASE role WHEN 'helpdesk' THEN 0 ELSE 100 END)
        OR EXISTS (
            SELECT FROM json_array_elements(content -> 'changes') change
            WHERE (change ->> 'number')::bigint >= (content ->> 'next_number')::bigint
                OR (change -> 'before')::text = 'null' AND (change ->> 'number')::bigint < next_number
                    AND (change ->> 'table' = 'intents'
                        OR change ->> 'table' = 'reservations' AND content -> 'undoes' IS NULL
                        -- what a server has made got its number before it was asked
                        OR change ->> 'table' = 'entries' AND (content -> 'changes')::text !~ '\{"table":"intents"')
        )
    THEN
        PERFORM kconsole.refuse('a new record has the next number');
    END IF;
END
$$;

-- Refuse helpdesk more accounts than its brake, by the clock of the database.
CREATE OR REPLACE FUNCTION kconsole.check_brake(of_store text, content json) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM kconsole.lately WHERE login = session_user AND at < clock_timestamp() - interval '{BRAKE_TIME}';
    INSERT INTO kconsole.lately
    SELECT DISTINCT of_store, session_user::text, number, clock_timestamp() FROM (
        SELECT (change ->> 'number')::bigint FROM json_array_elements(content -> 'changes') change
        WHERE change ->> 'table' = 'entries'
        UNION
        SELECT (target ->> 'number')::bigint
        FROM json_array_elements(content -> 'changes') change, json_array_elements(change -> 'after' -> 'targets') target
        WHERE change ->> 'table' = 'intents' AND (change -> 'after')::text <> 'null'
    ) touched (number)
    ON CONFLICT (store, login, number) DO UPDATE SET at = excluded.at;
    IF (SELECT count(*) FROM kconsole.lately l WHERE l.store = of_store AND l.login = session_user) > {BRAKE} THEN
        PERFORM kconsole.refuse('this role changes {BRAKE} accounts an hour at most');
    END IF;
END
$$;

-- Refuse a line that says more than its login may.
CREATE OR REPLACE FUNCTION kconsole.check_line(of_store text, content json, line text, role text, known kconsole.head) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own kconsole.operator;
    undone json;
    its_undone json;
    change json;
    before jsonb;
    after jsonb;
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
    PERFORM kconsole.check_form(content, line, role, known.next_number);
    SELECT * INTO own FROM kconsole.operator o WHERE o.login = session_user;
    IF content -> 'undoes' IS NOT NULL AND content -> 'changes' ->> 0 IS NOT NULL THEN
        SELECT convert_from(j.line, 'UTF8')::json INTO undone FROM kconsole.journal j
        WHERE j.store = of_store AND j.sequence = (content ->> 'undoes')::bigint;
        IF undone ->> 'operator' IS DISTINCT FROM session_user::text THEN
            PERFORM kconsole.refuse('this role undoes its own changes only');
        END IF;
    END IF;
    FOR change IN SELECT value FROM json_array_elements(content -> 'changes') LOOP
        before := kconsole.record_before(of_store, change);
        after := nullif((change -> 'after')::jsonb, 'null');
        -- a record is put back only while it is as the line that is undone left it; a deletion may be a later one
        its_undone := CASE WHEN EXISTS (
            SELECT FROM json_array_elements(undone -> 'changes') each
            WHERE each ->> 'table' = change ->> 'table' AND each ->> 'number' = change ->> 'number'
                AND CASE WHEN before ->> 'deleted_at' <> '' AND each -> 'after' ->> 'deleted_at' <> ''
                    THEN (each -> 'after')::jsonb - '{deleted_at,deleted_in}'::text[] = before - '{deleted_at,deleted_in}'::text[]
                    ELSE (each -> 'after')::jsonb = coalesce(before, 'null') END
        ) THEN undone END;
        IF change ->> 'table' = 'intents' THEN
            PERFORM kconsole.check_pending(of_store, role, own, before, after);
        ELSIF change ->> 'table' = 'entries' THEN
            IF NOT (kconsole.sees(own.domains, coalesce(before, after) ->> 'address')
                AND kconsole.sees(own.domains, coalesce(after, before) ->> 'address'))
            THEN
                PERFORM kconsole.refuse('this login is bound to other domains');
            END IF;
            IF before ->> 'deleted_at' IS NULL AND (after IS NULL OR after ->> 'deleted_at' IS NOT NULL
                OR before ->> 'enabled' IS DISTINCT FROM 'false' AND after ->> 'enabled' = 'false')
            THEN
                PERFORM kconsole.check_taken(before, role, own);
            END IF;
            IF role = 'account-admin' THEN
                PERFORM kconsole.check_entry(
                    of_store, content, (change ->> 'number')::bigint, own, before, after, its_undone
                );
            ELSIF before IS NULL OR after IS NULL OR before ->> 'enabled' = 'false'
                OR after -> 'enabled' IS DISTINCT FROM 'false'::jsonb OR before - 'enabled' <> after - 'enabled'
                OR EXISTS (
                    SELECT FROM json_each(change -> 'after') a
                    WHERE a.key <> 'enabled' AND a.value::text <> (change -> 'before' -> a.key)::text
                )
            THEN
                PERFORM kconsole.refuse('this role turns "enabled" off, and changes nothing else');
            END IF;
        ELSIF role = 'account-admin' AND change ->> 'table' IN ('keeps', 'marks', 'offboardings', 'reservations') THEN
            PERFORM kconsole.check_decision(
                of_store, change ->> 'table', (change ->> 'number')::bigint, own, before, after, its_undone
            );
        ELSE
            PERFORM kconsole.refuse('this role does not change that');
        END IF;
    END LOOP;
    IF role = 'helpdesk' AND content -> 'changes' ->> 0 IS NOT NULL THEN
        PERFORM kconsole.check_brake(of_store, content);
    END IF;
END
$$;

-- How many seats the accounts of a domain use.
CREATE OR REPLACE FUNCTION kconsole.used_in(of_store text, domain text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT count(*) FROM kconsole.record r
        WHERE r.store = of_store AND r.kind = 'entries' AND r.seat = 1
            AND lower(substring(r.document FROM '^\{"address":"(?:[^"\\]|\\.)*@([^"@\\]*)"')) = lower(domain)
    );
END
$$;

-- Whether a reservation holds no more seats than before, and not longer.
CREATE OR REPLACE FUNCTION kconsole.takes_no_more(before json, after json) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN before::text <> 'null' AND after ->> 'domain' IS NOT DISTINCT FROM before ->> 'domain'
        AND coalesce(after ->> 'count', '1')::bigint <= coalesce(before ->> 'count', '1')::bigint
        AND (after ->> 'start')::timestamptz >= (before ->> 'start')::timestamptz
        AND (after ->> 'until')::timestamptz <= (before ->> 'until')::timestamptz;
END
$$;

-- Check a line once its records are there: no address is there twice; it says how many seats are used before and after
-- it, and takes none beyond a limit. Users of a directory may be more than the license has.
CREATE OR REPLACE FUNCTION kconsole.check_seats(of_store text, content json, used_before bigint, used_after bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seats CONSTANT bigint := (
        SELECT document::json ->> 'seats' FROM kconsole.record
        WHERE store = of_store AND kind = 'license' AND number = 1
    );
    newcomers text[];
    reservation json;
    undone json;
BEGIN
    IF content -> 'seats' IS NOT NULL AND (content -> 'seats')::text <> format('[%s,%s]', used_before, used_after) THEN
        PERFORM kconsole.refuse('the seats of a line are not those that are used before and after it');
    END IF;
    newcomers := ARRAY(
        SELECT kconsole.key_of(change -> 'after' ->> 'address') FROM json_array_elements(content -> 'changes') change
        WHERE change ->> 'table' = 'entries' AND change -> 'after' ->> 'deleted_at' IS NULL
            AND (change -> 'before' ->> 'deleted_at' IS NOT NULL
                OR change -> 'before' ->> 'address' IS DISTINCT FROM change -> 'after' ->> 'address')
    );
    IF cardinality(newcomers) > 0 AND EXISTS (
        SELECT FROM kconsole.record r CROSS JOIN LATERAL split_part(r.document, '"', 4) written
        JOIN unnest(newcomers) address ON address = CASE octet_length(written)
            WHEN length(written) THEN lower(written) ELSE kconsole.key_of(written) END
        WHERE r.store = of_store AND r.kind = 'entries' AND r.document !~ '"deleted_at":"'
        GROUP BY address HAVING count(*) > 1
    ) THEN
        PERFORM kconsole.refuse('an address is that of one account');
    END IF;
    undone := convert_from((
        SELECT j.line FROM kconsole.journal j WHERE j.store = of_store AND j.sequence = (content ->> 'undoes')::bigint
    ), 'UTF8');
    FOR reservation IN
        SELECT value FROM json_array_elements(content -> 'changes')
        WHERE value ->> 'table' = 'reservations' AND (value -> 'after')::text <> 'null'
    LOOP
        CONTINUE WHEN kconsole.takes_no_more(reservation -> 'before', reservation -> 'after') OR EXISTS (  -- restored by an undo
            SELECT FROM json_array_elements(undone -> 'changes') each
            WHERE each ->> 'table' = 'reservations' AND each ->> 'number' = reservation ->> 'number'
                AND (each -> 'before')::text = (reservation -> 'after')::text
        );
        PERFORM kconsole.check_reserved(of_store, (reservation ->> 'number')::bigint, seats - used_after, NULL);
        PERFORM kconsole.check_reserved(
            of_store, (reservation ->> 'number')::bigint,
            (d.document::json ->> 'user_limit')::bigint - kconsole.used_in(of_store, d.document::json ->> 'name'),
            d.document::json ->> 'name'
        )
        FROM kconsole.record d
        WHERE d.store = of_store AND d.kind = 'domains' AND d.document::json ->> 'user_limit' IS NOT NULL
            AND kconsole.sees(ARRAY[kconsole.key_of(d.document::json ->> 'name')], '@' || (reservation -> 'after' ->> 'domain'));
    END LOOP;
    IF content ->> 'deed' = 'map' AND NOT EXISTS (
        SELECT FROM json_array_elements(content -> 'changes') change
        WHERE kconsole.seat_of(change ->> 'table', change -> 'after') = 1
            AND change -> 'after' ->> 'origin' IS DISTINCT FROM 'directory'
    ) THEN
        RETURN;
    END IF;
    IF used_after > used_before AND used_after > seats THEN
        PERFORM kconsole.refuse('no seat of the license is free for that');
    END IF;
    IF EXISTS (
        SELECT FROM kconsole.record d
        WHERE d.store = of_store AND d.kind = 'domains' AND d.document::json ->> 'user_limit' IS NOT NULL
            AND EXISTS (
                SELECT FROM json_array_elements(content -> 'changes') change
                WHERE kconsole.seat_of(change ->> 'table', change -> 'after') = 1
                    AND NOT ((change -> 'before')::text <> 'null' AND kconsole.seat_of('entries', change -> 'before') = 1
                        AND change -> 'before' ->> 'address' = change -> 'after' ->> 'address')
                    AND kconsole.sees(ARRAY[kconsole.key_of(d.document::json ->> 'name')], change -> 'after' ->> 'address')
            )
            AND (d.document::json ->> 'user_limit')::bigint < kconsole.used_in(of_store, d.document::json ->> 'name')
    ) THEN
        PERFORM kconsole.refuse('no seat of the domain is free for that');
    END IF;
END
$$;
