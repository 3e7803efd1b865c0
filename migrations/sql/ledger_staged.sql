-- Many operations at once. The caller fills pg_temp.ledger_stage by one INSERT ... SELECT, and
-- ledger_post_staged writes one journal per operation, all rows, and every balance once.

CREATE OR REPLACE FUNCTION ledger_stage_is_ours() RETURNS boolean
LANGUAGE sql STABLE
AS $$
    -- The functions below run with the owner's rights and read this table: it must be the one
    -- ledger_stage() made, not a view or a trigger somebody else put in its place.
    SELECT count(*) = 3 FROM pg_class c
    WHERE c.relnamespace = pg_my_temp_schema() AND c.relkind = 'r'
      AND c.relname IN ('ledger_stage', 'ledger_stage_operation', 'ledger_stage_effect')
      AND c.relowner = (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user)
$$;

CREATE OR REPLACE FUNCTION ledger_stage() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF to_regclass('pg_temp.ledger_stage') IS NOT NULL THEN
        IF NOT ledger_stage_is_ours() THEN
            RAISE EXCEPTION 'ledger_stage belongs to somebody else' USING ERRCODE = 'KL003';
        END IF;
        IF EXISTS (SELECT FROM pg_temp.ledger_stage) THEN  -- staged and never posted
            TRUNCATE pg_temp.ledger_stage, pg_temp.ledger_stage_operation, pg_temp.ledger_stage_effect RESTART IDENTITY;
        END IF;
        RETURN;
    END IF;
    CREATE TEMPORARY TABLE ledger_stage (
        -- Numbers are fetched by the thousand: one at a time they cost as much as the row.
        seq integer GENERATED ALWAYS AS IDENTITY (CACHE 1000),
        debit bigint NOT NULL,
        credit bigint NOT NULL,
        amount bigint NOT NULL,
        currency char(3) NOT NULL,
        operation_id text COLLATE "C" NOT NULL,
        cause text COLLATE "C" NOT NULL,
        code text NOT NULL
    ) ON COMMIT PRESERVE ROWS;
    -- ledger_apply_staged only needs to know about how many accounts there are.
    ALTER TABLE pg_temp.ledger_stage ALTER debit SET STATISTICS 10, ALTER credit SET STATISTICS 10;
    CREATE TEMPORARY TABLE ledger_stage_operation (
        journal_id bigint NOT NULL,
        first integer NOT NULL,
        rows integer NOT NULL,
        request_hash bigint NOT NULL,
        currency_named boolean NOT NULL,
        operation_id text COLLATE "C" NOT NULL,
        cause text COLLATE "C" NOT NULL
    ) ON COMMIT PRESERVE ROWS;
    CREATE TEMPORARY TABLE ledger_stage_effect (
        account_id bigint NOT NULL,
        debits bigint NOT NULL,
        credits bigint NOT NULL,
        mode ledger_mode,
        guard ledger_guard,
        closed boolean
    ) ON COMMIT PRESERVE ROWS;
    -- The application fills the first table; nobody but us touches the others.
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'kindling_app') THEN
        GRANT SELECT, INSERT ON pg_temp.ledger_stage TO kindling_app;
    END IF;
END
$$;

-- Leave out what an earlier call posted: same content is skipped, other content raises.
CREATE OR REPLACE FUNCTION ledger_skip_posted() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_other text;
BEGIN
    SELECT o.operation_id INTO v_other
    FROM pg_temp.ledger_stage_operation o JOIN ledger_journal j ON j.operation_id = o.operation_id
    WHERE j.id <> o.journal_id AND j.request_hash <> o.request_hash LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'operation % was used for other content', v_other USING ERRCODE = 'KL002';
    END IF;
    DELETE FROM pg_temp.ledger_stage_operation o USING ledger_journal j
    WHERE j.operation_id = o.operation_id AND j.id <> o.journal_id;
    DELETE FROM pg_temp.ledger_stage s
    WHERE NOT EXISTS (SELECT FROM pg_temp.ledger_stage_operation o WHERE o.operation_id = s.operation_id);
END
$$;

-- Move the balances by what is staged, each account once, in the order of their numbers.
CREATE OR REPLACE FUNCTION ledger_apply_staged(p_pending boolean) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_running bigint;
    v_locked bigint;
    v_wrong bigint;
    r record;
    v_counters record;
BEGIN
    -- Unseen tables are taken for small ones, and each account would be looked up by itself.
    IF pg_relation_size('pg_temp.ledger_stage') > 256 * 1024 THEN
        ANALYZE pg_temp.ledger_stage (debit, credit);
    END IF;
    EXECUTE 'INSERT INTO pg_temp.ledger_stage_effect (account_id, debits, credits, mode, guard, closed)
        SELECT account, coalesce(d.amount, 0), coalesce(c.amount, 0), a.mode, a.guard, a.closed_at IS NOT NULL
        FROM (SELECT debit AS account, sum_minor(amount) AS amount FROM pg_temp.ledger_stage GROUP BY debit) AS d
        FULL JOIN (SELECT credit AS account, sum_minor(amount) AS amount FROM pg_temp.ledger_stage GROUP BY credit) AS c
            USING (account)
        LEFT JOIN ledger_account a ON a.id = account
        -- Append accounts that everybody may use without limit have nothing to be applied to.
        WHERE a.id IS NULL OR a.closed_at IS NOT NULL OR a.mode = ''running'' OR a.guard <> ''none''';
    SELECT min(account_id) FILTER (WHERE mode IS NULL OR closed), count(*) FILTER (WHERE mode = 'running')
    INTO v_wrong, v_running FROM pg_temp.ledger_stage_effect;
    IF v_wrong IS NOT NULL THEN
        PERFORM ledger_refuse_accounts(ARRAY[v_wrong]);
    END IF;

    -- The rows are locked in order and judged as they are once locked; the CHECK judges again.
    EXECUTE format(
        'SELECT count(*), min(account_id) FILTER (WHERE short) FROM (
             SELECT b.account_id,
                    b.guard = ''debits'' AND b.debits_pending + b.debits_posted + e.debits
                        > b.credits_posted + %1$s
                    OR b.guard = ''credits'' AND b.credits_pending + b.credits_posted + e.credits
                        > b.debits_posted + %2$s AS short
             FROM ledger_balance b JOIN pg_temp.ledger_stage_effect e ON e.account_id = b.account_id
             ORDER BY b.account_id FOR NO KEY UPDATE OF b) AS locked',
        CASE WHEN p_pending THEN '0' ELSE 'e.credits' END,
        CASE WHEN p_pending THEN '0' ELSE 'e.debits' END) INTO v_locked, v_wrong;
    IF v_wrong IS NOT NULL THEN
        PERFORM ledger_refuse_overdraft(v_wrong);
    END IF;
    IF v_locked <> v_running THEN
        RAISE EXCEPTION 'a running account has no balance row' USING ERRCODE = 'KL003';
    END IF;
    EXECUTE format(
        'UPDATE ledger_balance b SET debits_%1$s = b.debits_%1$s + e.debits, credits_%1$s = b.credits_%1$s + e.credits
         FROM pg_temp.ledger_stage_effect e WHERE b.account_id = e.account_id',
        CASE WHEN p_pending THEN 'pending' ELSE 'posted' END);

    FOR r IN
        SELECT e.account_id, e.guard FROM pg_temp.ledger_stage_effect e
        WHERE e.mode = 'append' AND (e.guard = 'debits' AND e.debits > 0 OR e.guard = 'credits' AND e.credits > 0)
        ORDER BY e.account_id
    LOOP
        UPDATE ledger_checkpoint SET withdrawals = withdrawals + 1 WHERE account_id = r.account_id;
        SELECT * INTO v_counters FROM ledger_counters(r.account_id);
        IF r.guard = 'debits' AND v_counters.debits_pending + v_counters.debits_posted > v_counters.credits_posted
           OR r.guard = 'credits' AND v_counters.credits_pending + v_counters.credits_posted > v_counters.debits_posted
        THEN
            PERFORM ledger_refuse_overdraft(r.account_id);
        END IF;
    END LOOP;
END
$$;

-- Post (or hold) everything staged; returns how many journals were new. The statements over the
-- stage are EXECUTEd, so that each batch is planned for its own size. No merge joins: rows are
-- written in the order in which they were staged, so that what callers put side by side stays
-- side by side in every index (sorted by operation, a night of repayments took twice as long).
CREATE OR REPLACE FUNCTION ledger_post_staged(
    p_actor text, p_happened_at timestamptz, p_verb text DEFAULT 'post', p_expires_at timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET work_mem = '128MB'
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_staged bigint;
    v_fresh bigint;
    v_mixed bigint;
    v_unnamed text;
BEGIN
    IF NOT ledger_stage_is_ours() THEN
        RAISE EXCEPTION 'nothing was staged by ledger_stage()' USING ERRCODE = 'KL003';
    END IF;
    IF p_verb NOT IN ('post', 'hold') THEN
        RAISE EXCEPTION 'staged operations are posted or held' USING ERRCODE = 'KL003';
    END IF;
    PERFORM pg_current_xact_id();
    EXECUTE 'INSERT INTO pg_temp.ledger_stage_operation
            (journal_id, first, rows, request_hash, currency_named, operation_id, cause)
        SELECT nextval(''ledger_journal_id_seq''), first, rows,
               ledger_journal_hash(operation_id, $1, NULL, cause, content),
               currency_number = ledger_currency_number(currency), operation_id, cause
        FROM (SELECT operation_id, cause, min(seq) AS first, count(*) AS rows,
                     debit % 1000 AS currency_number, currency,
                     sum_minor(ledger_row_hash(debit, credit, amount, code)) AS content
              FROM pg_temp.ledger_stage GROUP BY operation_id, cause, 5, currency ORDER BY 3) AS o' USING p_verb;
    GET DIAGNOSTICS v_staged = ROW_COUNT;
    SELECT operation_id INTO v_unnamed FROM pg_temp.ledger_stage_operation WHERE NOT currency_named LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'operation % is staged in another currency than its accounts have', v_unnamed
            USING ERRCODE = 'KL003';
    END IF;
    EXECUTE 'INSERT INTO ledger_journal (id, verb, operation_id, request_hash, cause, actor, happened_at, expires_at)
        SELECT journal_id, $1::ledger_verb, operation_id, request_hash, cause, $2, $3, $4
        FROM pg_temp.ledger_stage_operation
        ON CONFLICT (operation_id) DO NOTHING' USING p_verb, p_actor, p_happened_at, p_expires_at;
    GET DIAGNOSTICS v_fresh = ROW_COUNT;
    IF v_fresh < v_staged THEN
        -- Two causes or currencies in one operation look like one posted before: tell them apart.
        SELECT count(*) - count(DISTINCT operation_id) INTO v_mixed FROM pg_temp.ledger_stage_operation;
        IF v_mixed > 0 THEN
            RAISE EXCEPTION 'an operation has one cause and one currency' USING ERRCODE = 'KL003';
        END IF;
        PERFORM ledger_skip_posted();
    END IF;
    IF v_fresh > 0 THEN
        EXECUTE 'INSERT INTO ledger_transfer (journal_id, line, debit_account, credit_account, amount, phase, code)
            SELECT o.journal_id, s.seq - o.first + 1, s.debit, s.credit, s.amount, $1::ledger_phase, s.code
            FROM pg_temp.ledger_stage s JOIN pg_temp.ledger_stage_operation o ON o.operation_id = s.operation_id'
            USING CASE p_verb WHEN 'hold' THEN 'pending' ELSE 'single' END;
        PERFORM ledger_apply_staged(p_verb = 'hold');
    END IF;
    -- To truncate makes nine files anew; a few rows are deleted in a hundredth of the time.
    IF pg_relation_size('pg_temp.ledger_stage') > 256 * 1024 THEN
        TRUNCATE pg_temp.ledger_stage, pg_temp.ledger_stage_operation, pg_temp.ledger_stage_effect RESTART IDENTITY;
    ELSE
        DELETE FROM pg_temp.ledger_stage;
        DELETE FROM pg_temp.ledger_stage_operation;
        DELETE FROM pg_temp.ledger_stage_effect;
    END IF;
    RETURN v_fresh;
END
$$;
