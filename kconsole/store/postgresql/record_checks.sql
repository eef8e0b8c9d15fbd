-- What append() checks of the lines of logins that are no full admins. None of these functions is granted to anyone.
-- Those in PL/pgSQL keep their plans, which those in SQL make at each call.

CREATE OR REPLACE FUNCTION kconsole.is_object(content json) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN json_typeof(content) = 'object' AND (
        SELECT count(*) = count(DISTINCT key) FROM json_object_keys(CASE json_typeof(content) WHEN 'object' THEN content END) key
    );
END
$$;

-- Whether every reader of JSON can take something: it is not deep, and has no number that is too large.
CREATE OR REPLACE FUNCTION kconsole.is_readable(content json) RETURNS boolean
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

-- What a record of a kind looks like, byte for byte: made from kconsole.core. NULL for kinds that only full admins change.
CREATE OR REPLACE FUNCTION kconsole.pattern_of(kind text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE kind
{PATTERNS}
    END
$$;

-- Whether a record is one that kconsole writes, so that every reader can take it, its days and times too.
CREATE OR REPLACE FUNCTION kconsole.is_record(kind text, document text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN document ~ ('^' || kconsole.pattern_of(kind) || '$') AND NOT EXISTS (
        SELECT FROM regexp_matches(document, '"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z)"', 'g') times
        WHERE times[1]::timestamptz IS NULL  -- no such day is an error
    );
END
$$;

-- Whether a login that is bound to domains works with an address; one that is bound to none works with all.
CREATE OR REPLACE FUNCTION kconsole.sees(domains text[], address text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT domains IS NULL OR coalesce(kconsole.key_of(substring(address FROM '@([^@]*)$')) = ANY (domains), false)
$$;

-- Whether a store has a domain, spelled as it has it but for case.
CREATE OR REPLACE FUNCTION kconsole.has_domain(of_store text, name text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM kconsole.record r
        WHERE r.store = of_store AND r.kind = 'domains' AND lower(r.document::json ->> 'name') = lower(name)
    )
$$;

-- The seats in use, as kconsole.licensing.counting has them.
CREATE OR REPLACE FUNCTION kconsole.used(of_store text, counted bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        WITH restart AS (
            SELECT (document::json ->> 'last_restart')::timestamptz AS at, coalesce(document::json ->> 'line', '0')::bigint AS line
            FROM kconsole.record WHERE store = of_store AND kind = 'server' AND number = 1
        ), held AS (
            SELECT (document::json ->> 'deleted_at')::timestamptz AS at,
                coalesce(document::json ->> 'deleted_in', '0')::bigint AS line
            FROM kconsole.record WHERE store = of_store AND kind = 'entries' AND seat = 2
        ), server AS (
            SELECT document::json AS it FROM kconsole.record WHERE store = of_store AND kind = 'connection' AND number = 1
        )
        SELECT counted + (
            SELECT count(*) FROM held LEFT JOIN restart ON true
            WHERE restart.at IS NULL
                OR NOT CASE WHEN held.line <> restart.line THEN held.line < restart.line ELSE held.at < restart.at END
        ) + coalesce((
            SELECT coalesce(it ->> 'unlisted', '0')::bigint FROM server
            WHERE json_array_length(coalesce(it -> 'uncounted', '[]')) > 0
                OR position('"figure":"other-domains"' IN coalesce(it ->> 'missing', '')) > 0
        ), 0)
    );
END
$$;

-- Check that a change begins with the record as it is now; returns what that was, NULL for none.
CREATE OR REPLACE FUNCTION kconsole.record_before(of_store text, change json) RETURNS jsonb
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
    RETURN nullif(change -> 'before' #>> '{}', 'null')::jsonb;
END
$$;

-- Refuse to take someone's account from them who must keep it: the login's own, or one of a higher role.
CREATE OR REPLACE FUNCTION kconsole.check_taken(entry jsonb, role text, own kconsole.operator) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF kconsole.key_of(entry ->> 'address') = own.account THEN
        PERFORM kconsole.refuse('no login disables or deletes its own account');
    END IF;
    IF kconsole.rank_of(entry ->> 'role') > kconsole.rank_of(role) THEN
        PERFORM kconsole.refuse('this role disables and deletes no account of a higher role');
    END IF;
END
$$;

-- Check what a server is about to be asked for, or that it has answered.
CREATE OR REPLACE FUNCTION kconsole.check_pending(
    of_store text, role text, own kconsole.operator, before jsonb, after jsonb
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    deed CONSTANT text := coalesce(after, before) ->> 'deed';
    target jsonb;
    known jsonb;
BEGIN
    IF before IS NOT NULL AND after IS NOT NULL OR role = 'helpdesk' AND (
        deed <> 'disable' OR coalesce(after, before) ->> 'mailbox' <> ''
        OR coalesce(after, before) ->> 'transfer_to' <> '' OR coalesce(after, before) ->> 'domain_id' <> ''
    ) THEN
        PERFORM kconsole.refuse('this role does not ask the server for that');
    END IF;
    IF jsonb_array_length(coalesce(after, before) -> 'targets') = 0 THEN
        PERFORM kconsole.refuse('a server is asked for one account or more');
    END IF;
    IF deed IN ('delete', 'alias') AND own.domains IS NULL AND (deed = 'alias' OR EXISTS (  -- it may undo an addition
        SELECT FROM jsonb_array_elements(coalesce(after, before) -> 'targets') each
        WHERE NOT EXISTS (
            SELECT FROM kconsole.record r WHERE r.store = of_store AND r.kind = 'entries'
                AND r.number = (each ->> 'number')::bigint AND r.added_by = session_user
        )
    )) THEN
        PERFORM kconsole.refuse('this role deletes no accounts');
    END IF;
    IF after ->> 'transfer_to' <> '' AND NOT kconsole.sees(own.domains, after ->> 'transfer_to')
        OR after ->> 'domain_id' <> '' AND own.domains IS NOT NULL AND NOT EXISTS (
            SELECT FROM kconsole.record r WHERE r.store = of_store AND r.kind = 'domains'
                AND r.document::json ->> 'server_id' = after ->> 'domain_id'
                AND kconsole.sees(own.domains, '@' || (r.document::json ->> 'name'))
        )
    THEN
        PERFORM kconsole.refuse('this login is bound to other domains');
    END IF;
    FOR target IN SELECT value FROM jsonb_array_elements(coalesce(after, before) -> 'targets') LOOP
        IF NOT kconsole.sees(own.domains, target ->> 'address') THEN
            PERFORM kconsole.refuse('this login is bound to other domains');
        END IF;
        CONTINUE WHEN after IS NULL;
        CONTINUE WHEN deed IN ('add', 'alias') AND target ->> 'server_id' = '';  -- what is not there yet
        SELECT document::jsonb INTO known FROM kconsole.record r
        WHERE r.store = of_store AND r.kind = 'entries' AND r.number = (target ->> 'number')::bigint;
        IF known IS NULL OR target -> 'address' IS DISTINCT FROM known -> 'address'
            OR target -> 'server_id' IS DISTINCT FROM coalesce(known -> 'server_id', '""')
        THEN
            PERFORM kconsole.refuse('a server is asked for accounts as they are here');
        END IF;
        IF deed IN ('disable', 'delete') THEN
            PERFORM kconsole.check_taken(known, role, own);
        END IF;
    END LOOP;
END
$$;

-- Check a change of an entry by an account admin: what kconsole does with accounts, and nothing else.
CREATE OR REPLACE FUNCTION kconsole.check_entry(
    of_store text, content json, number bigint, own kconsole.operator, before jsonb, after jsonb, undone json
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    was_live CONSTANT boolean := before IS NOT NULL AND before ->> 'deleted_at' IS NULL;
    is_live CONSTANT boolean := after IS NOT NULL AND after ->> 'deleted_at' IS NULL;
    is_mapped CONSTANT boolean := after ->> 'origin' = 'directory' AND content ->> 'deed' = 'map';
    fixed text[];
BEGIN
    IF after IS NULL OR was_live AND NOT is_live AND own.domains IS NULL AND NOT EXISTS (  -- an undo of its own addition
        SELECT FROM json_array_elements(undone -> 'changes') change
        WHERE change ->> 'table' = 'entries' AND change ->> 'number' = number::text
            AND (change -> 'before')::text ~ '^null$|"deleted_at":"' AND (change -> 'after')::jsonb = before
    ) THEN
        PERFORM kconsole.refuse('this role deletes no accounts');
    END IF;
    IF was_live AND NOT is_live AND after ->> 'deleted_in' IS DISTINCT FROM content ->> 'sequence'
        OR before IS NOT NULL AND NOT was_live AND NOT is_live AND (after ->> 'deleted_at', after ->> 'deleted_in')
            IS DISTINCT FROM (before ->> 'deleted_at', before ->> 'deleted_in')
        OR was_live AND NOT is_live
            AND abs(extract(epoch FROM (after ->> 'deleted_at')::timestamptz - (content ->> 'at')::timestamptz)) > 86400
        OR after ->> 'transferred_to' <> '' AND NOT kconsole.sees(own.domains, after ->> 'transferred_to')
            AND after ->> 'transferred_to' IS DISTINCT FROM before ->> 'transferred_to'
    THEN
        PERFORM kconsole.refuse('a deletion is not as kconsole writes it');
    END IF;
    IF after ->> 'server_id' <> '' AND after ->> 'server_id' IS DISTINCT FROM before ->> 'server_id' AND (
        was_live AND before ->> 'server_id' <> '' OR EXISTS (
            SELECT FROM kconsole.record r WHERE r.store = of_store AND r.kind = 'entries' AND r.number <> check_entry.number
                AND position('"server_id":' || (after -> 'server_id')::text IN r.document) > 0
        )
    ) THEN
        PERFORM kconsole.refuse('an account keeps its id at the server, which is no other one''s');
    END IF;
    IF EXISTS (  -- restored by an undo
        SELECT FROM json_array_elements(undone -> 'changes') change
        WHERE change ->> 'table' = 'entries' AND change ->> 'number' = number::text
            AND (change -> 'before')::jsonb = after
    ) THEN
        RETURN;
    END IF;
    IF is_live AND before ->> 'address' IS DISTINCT FROM after ->> 'address' THEN
        IF NOT kconsole.has_domain(of_store, substring(after ->> 'address' FROM '@([^@]*)$')) THEN
            PERFORM kconsole.refuse('an account is in a domain of the store');
        END IF;
        -- one @; no blank or mark around it or that hides in it, and nothing that JSON escapes
        IF after ->> 'address' !~ '^[^@\u0001-\u0020"\\\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+@[^@]+$' THEN
            PERFORM kconsole.refuse('that is no address');
        END IF;
    END IF;
    IF NOT was_live AND NOT is_live AND (before IS NULL OR EXISTS (
        SELECT FROM unnest(ARRAY['address', 'kind', 'origin', 'role', 'enabled']) name
        WHERE after -> name IS DISTINCT FROM before -> name
    )) THEN
        PERFORM kconsole.refuse('this role does not change that of a deleted account');
    END IF;
    IF EXISTS (
        SELECT FROM jsonb_array_elements_text(after -> 'delivers_to') target
        WHERE NOT coalesce(before -> 'delivers_to', '[]') ? target AND target LIKE '%@%'
            AND NOT kconsole.sees(own.domains, target)
    ) THEN
        PERFORM kconsole.refuse('this login is bound to other domains');
    END IF;
    IF was_live THEN
        fixed := ARRAY['kind', 'origin', 'role', 'moderators'];
        IF NOT is_mapped THEN
            fixed := fixed || ARRAY['address', 'full_name', 'description', 'directory_id', 'directory_logon'];
        END IF;
        IF before ->> 'kind' IS DISTINCT FROM 'alias' OR own.domains IS NULL THEN
            fixed := fixed || ARRAY['delivers_to'];
        END IF;
        IF EXISTS (SELECT FROM unnest(fixed) name WHERE after -> name IS DISTINCT FROM before -> name) THEN
            PERFORM kconsole.refuse('this role does not change that of an account');
        END IF;
    ELSIF is_live AND (
        after -> 'role' IS NOT NULL OR after -> 'moderators' IS NOT NULL
        OR coalesce(after ->> 'origin', 'local') <> 'local' AND NOT is_mapped
        OR coalesce(after ->> 'kind', 'user') <> 'user' AND (after ->> 'kind' <> 'alias' OR own.domains IS NULL)
        OR before IS NOT NULL AND kconsole.key_of(before ->> 'address') <> kconsole.key_of(after ->> 'address')
    ) THEN
        PERFORM kconsole.refuse('this role does not add that');
    END IF;
END
$$;

-- Whether this is how kconsole writes the login: alone, after a name, or with who called sudo; then, who it claims to be.
CREATE OR REPLACE FUNCTION kconsole.is_login(written text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known CONSTANT text := regexp_replace(coalesce(written, ''), ' as ".*"$', '');
BEGIN
    RETURN known = session_user
        OR known IN (format('%s (%s)', split_part(known, ' (', 1), session_user),
            format('%s (sudo: %s)', session_user, split_part(split_part(known, ' (sudo: ', 2), ')', 1)));
END
$$;

-- Refuse a reservation beside which not all that is reserved at one moment would be free. Its record is there.
CREATE OR REPLACE FUNCTION kconsole.check_reserved(of_store text, of_number bigint, free bigint, in_domain text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF free < (
        WITH every AS (
            SELECT r.number, coalesce(each ->> 'count', '1')::bigint AS seats,
                greatest((each ->> 'start')::timestamptz, clock_timestamp()) AS start, (each ->> 'until')::timestamptz AS until
            FROM kconsole.record r, LATERAL CAST(r.document AS json) each
            WHERE r.store = of_store AND r.kind = 'reservations'
                AND (in_domain IS NULL OR kconsole.key_of(each ->> 'domain') = kconsole.key_of(in_domain))
        ), beside AS (
            SELECT other.* FROM every own JOIN every other ON other.start < own.until AND own.start < other.until
            WHERE own.number = of_number
        )
        SELECT max((
            SELECT sum(seats) FROM beside
            WHERE start <= moment.at AND moment.at < until
        ))
        FROM (SELECT greatest(each.start, own.start) AS at FROM beside each, every own WHERE own.number = of_number) moment
    ) THEN
        PERFORM kconsole.refuse('no seat is free for that reservation');
    END IF;
END
$$;

-- Check a keep, mark, offboarding or reservation of an account admin.
CREATE OR REPLACE FUNCTION kconsole.check_decision(
    of_store text, kind text, number bigint, own kconsole.operator, before jsonb, after jsonb, undone json
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_restored CONSTANT boolean := after IS NULL OR EXISTS (
        SELECT FROM json_array_elements(undone -> 'changes') change
        WHERE change ->> 'table' = kind AND change ->> 'number' = check_decision.number::text
            AND (change -> 'before')::jsonb = after
    );
    account text;
    is_gone boolean;
    successor text;
BEGIN
    IF kind = 'reservations' THEN
        IF NOT (kconsole.sees(own.domains, '@' || coalesce(before ->> 'domain', after ->> 'domain', ''))
                AND kconsole.sees(own.domains, '@' || coalesce(after ->> 'domain', before ->> 'domain', '')))
            -- one of any domain is used by whoever takes its seat
            AND NOT (before ->> 'domain' IS NULL AND before IS NOT NULL AND (after IS NULL OR (
                after - 'count' = before - 'count'
                AND coalesce(after ->> 'count', '1')::bigint < coalesce(before ->> 'count', '1')::bigint
            )))
        THEN
            PERFORM kconsole.refuse('this login is bound to other domains');
        END IF;
        IF NOT is_restored AND coalesce(after ->> 'domain', '') <> ''
            AND after ->> 'domain' IS DISTINCT FROM before ->> 'domain' AND NOT kconsole.has_domain(of_store, after ->> 'domain')
        THEN
            PERFORM kconsole.refuse('seats are reserved in a domain of the store');
        END IF;
        IF NOT is_restored AND (
            (after ->> 'until')::timestamptz > clock_timestamp() + interval '{LONGEST_RESERVATION} days 1 hour'
            OR coalesce(after ->> 'count', '1')::bigint NOT BETWEEN 1 AND {MOST_RESERVED}
            OR (after ->> 'until')::timestamptz <= (after ->> 'start')::timestamptz
        ) THEN
            PERFORM kconsole.refuse('this role does not reserve that');
        END IF;
    ELSE
        SELECT document::json ->> 'address', document::json ->> 'deleted_at' IS NOT NULL INTO account, is_gone
        FROM kconsole.record r
        WHERE r.store = of_store AND r.kind = 'entries' AND r.number = check_decision.number;
        IF NOT kconsole.sees(own.domains, coalesce(account, before ->> 'address')) THEN
            PERFORM kconsole.refuse('this login is bound to other domains');
        END IF;
        IF after IS NOT NULL AND after ->> 'entry' IS DISTINCT FROM number::text
            OR NOT is_restored AND (account IS NULL OR is_gone OR after ->> 'address' IS DISTINCT FROM account)
        THEN
            PERFORM kconsole.refuse('a decision names its account');
        END IF;
        IF kind = 'keeps' AND NOT is_restored
            AND (after ->> 'until')::timestamptz > clock_timestamp() + interval '{LONGEST_KEEP} days 1 hour'
        THEN
            PERFORM kconsole.refuse('this role keeps no account for so long');
        END IF;
        IF kind = 'offboardings' AND NOT is_restored
            AND (after ->> 'due')::timestamptz > clock_timestamp() + interval '{LONGEST_AHEAD} days 1 hour'
        THEN
            PERFORM kconsole.refuse('an offboarding is not so far ahead');
        END IF;
        FOREACH successor IN ARRAY ARRAY['to', 'alias_to'] LOOP
            CONTINUE WHEN kind <> 'offboardings' OR coalesce(after ->> successor, '') = ''
                AND coalesce(after ->> (CASE successor WHEN 'to' THEN 'to_entry' ELSE 'alias_entry' END), '0') = '0';
            IF own.domains IS NULL OR NOT kconsole.sees(own.domains, after ->> successor) OR NOT EXISTS (
                SELECT FROM kconsole.record r WHERE r.store = of_store AND r.kind = 'entries'
                    AND r.number = (after ->> (CASE successor WHEN 'to' THEN 'to_entry' ELSE 'alias_entry' END))::bigint
                    AND r.document::jsonb -> 'address' = after -> successor
            ) THEN
                PERFORM kconsole.refuse('this login hands over nothing to that account');
            END IF;
        END LOOP;
    END IF;
    IF NOT is_restored AND kind <> 'marks' AND (CASE
        WHEN kind = 'reservations' AND before IS NOT NULL THEN after ->> 'by' IS DISTINCT FROM before ->> 'by'
        ELSE NOT kconsole.is_login(after ->> 'by')
    END) THEN
        PERFORM kconsole.refuse('a decision names the login');
    END IF;
END
$$;
