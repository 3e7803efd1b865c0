-- The only ways to write money. Each is one call: the locks it takes are never held across a
-- round trip. All end in ledger_write (its own
-- file) or write what it would (ledger_move.sql). What each may raise:
--   KL001 overdraft   KL002 operation used for other content   KL003 not a posting
--   KL004 somebody else has resolved it    KL005 the account is closed    KL006 rows never change

CREATE FUNCTION ledger_row_hash(p_debit bigint, p_credit bigint, p_amount bigint, p_code text)
RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    -- 44 bits, so that the sum over the 500,000 rows a journal may have stays a bigint.
    SELECT hashint8extended(p_amount, hashint8extended(p_debit, hashint8extended(p_credit,
        hashtextextended(p_code COLLATE "C", 0)))) >> 20
$$;

CREATE FUNCTION ledger_journal_hash(
    p_operation text, p_verb text, p_subject bigint, p_cause text, p_rows bigint
) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    -- The cast keeps the expression immutable, so that it is inlined: called, it took longer than
    -- writing the journal.
    SELECT hashtextextended(
        (p_operation || '|' || p_verb || '|' || coalesce(p_subject, 0)::text || '|' || p_cause) COLLATE "C",
        p_rows)
$$;

CREATE FUNCTION ledger_open(
    p_kind text, p_currency text, p_owner_type text, p_owners uuid[],
    p_book text, p_side text, p_mode text, p_overdraft_allowed boolean
) RETURNS TABLE (owner_id uuid, account_id bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    -- Locked in id order, like every writer here: two openers of the same owners cannot deadlock.
    INSERT INTO ledger_account (id, currency, kind, owner_type, owner_id, book, side, mode, overdraft_allowed)
    SELECT nextval('ledger_account_serial') * 1000 + ledger_currency_number(p_currency),
           p_currency, p_kind, p_owner_type, wanted.owner, p_book,
           p_side::ledger_side, p_mode::ledger_mode, p_overdraft_allowed
    FROM (SELECT DISTINCT unnest(p_owners) AS owner ORDER BY 1) AS wanted
    WHERE NOT EXISTS (
        SELECT FROM ledger_account a
        WHERE a.kind = p_kind AND a.currency = p_currency AND a.owner_id IS NOT DISTINCT FROM wanted.owner)
    ON CONFLICT ON CONSTRAINT ledger_account_once DO NOTHING;

    IF p_mode = 'running' THEN
        INSERT INTO ledger_balance (account_id, guard)
        SELECT a.id, a.guard FROM ledger_account a
        WHERE a.kind = p_kind AND a.currency = p_currency
          AND (a.owner_id = ANY (p_owners) OR a.owner_id IS NULL AND p_owner_type IS NULL)
        ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO ledger_checkpoint (account_id)
        SELECT a.id FROM ledger_account a
        WHERE a.kind = p_kind AND a.currency = p_currency
          AND (a.owner_id = ANY (p_owners) OR a.owner_id IS NULL AND p_owner_type IS NULL)
        ON CONFLICT DO NOTHING;
    END IF;

    RETURN QUERY
        SELECT a.owner_id, a.id FROM ledger_account a
        WHERE a.kind = p_kind AND a.currency = p_currency
          AND (a.owner_id = ANY (p_owners) OR a.owner_id IS NULL AND p_owner_type IS NULL);
END
$$;

-- What an account holds in its four counters, whichever way it is kept.
CREATE FUNCTION ledger_counters(p_account bigint)
RETURNS TABLE (debits_pending bigint, debits_posted bigint, credits_pending bigint, credits_posted bigint)
LANGUAGE sql STABLE
AS $$
    SELECT b.debits_pending, b.debits_posted, b.credits_pending, b.credits_posted
    FROM ledger_balance b WHERE b.account_id = p_account
    UNION ALL
    SELECT c.debits_pending + d.pending, c.debits_posted + d.posted,
           c.credits_pending + k.pending, c.credits_posted + k.posted
    FROM ledger_checkpoint c,
    LATERAL (
        SELECT coalesce(sum(CASE t.phase WHEN 'pending' THEN t.amount ELSE -coalesce(t.pending_amount, 0) END), 0)::bigint AS pending,
               coalesce(sum(t.amount) FILTER (WHERE t.phase IN ('single', 'post')), 0)::bigint AS posted
        FROM ledger_transfer t WHERE t.debit_account = c.account_id AND t.journal_id > c.upto_journal
    ) AS d,
    LATERAL (
        SELECT coalesce(sum(CASE t.phase WHEN 'pending' THEN t.amount ELSE -coalesce(t.pending_amount, 0) END), 0)::bigint AS pending,
               coalesce(sum(t.amount) FILTER (WHERE t.phase IN ('single', 'post')), 0)::bigint AS posted
        FROM ledger_transfer t WHERE t.credit_account = c.account_id AND t.journal_id > c.upto_journal
    ) AS k
    WHERE c.account_id = p_account
$$;

CREATE FUNCTION ledger_refuse_overdraft(p_account bigint) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    a ledger_account;
BEGIN
    SELECT * INTO a FROM ledger_account WHERE id = p_account;
    RAISE EXCEPTION 'account % (%) does not hold enough', a.id, a.kind
        USING ERRCODE = 'KL001', DETAIL = a.id::text;
END
$$;

-- Lock and move what a journal's rows ask for: running accounts first, then guarded append
-- accounts, each in the order of their numbers. Anything the guards forbid raises.
CREATE FUNCTION ledger_apply(p_journal bigint) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    r record;
    v_counters record;
BEGIN
    FOR r IN
        SELECT a.id, a.mode, a.guard,
               sum(e.debits_pending)::bigint AS dp, sum(e.debits_posted)::bigint AS dd,
               sum(e.credits_pending)::bigint AS cp, sum(e.credits_posted)::bigint AS cc
        FROM (
            SELECT t.debit_account AS account,
                   CASE t.phase WHEN 'pending' THEN t.amount ELSE -coalesce(t.pending_amount, 0) END AS debits_pending,
                   CASE WHEN t.phase IN ('single', 'post') THEN t.amount ELSE 0 END AS debits_posted,
                   0 AS credits_pending, 0 AS credits_posted
            FROM ledger_transfer t WHERE t.journal_id = p_journal
            UNION ALL
            SELECT t.credit_account, 0, 0,
                   CASE t.phase WHEN 'pending' THEN t.amount ELSE -coalesce(t.pending_amount, 0) END,
                   CASE WHEN t.phase IN ('single', 'post') THEN t.amount ELSE 0 END
            FROM ledger_transfer t WHERE t.journal_id = p_journal
        ) AS e
        JOIN ledger_account a ON a.id = e.account
        GROUP BY a.id
        ORDER BY a.mode, a.id
    LOOP
        IF r.mode = 'running' THEN
            UPDATE ledger_balance b SET
                debits_pending = b.debits_pending + r.dp, debits_posted = b.debits_posted + r.dd,
                credits_pending = b.credits_pending + r.cp, credits_posted = b.credits_posted + r.cc
            WHERE b.account_id = r.id
              AND (b.guard <> 'debits'
                   OR b.debits_pending + r.dp + b.debits_posted + r.dd <= b.credits_posted + r.cc)
              AND (b.guard <> 'credits'
                   OR b.credits_pending + r.cp + b.credits_posted + r.cc <= b.debits_posted + r.dd);
            IF NOT FOUND THEN
                PERFORM ledger_refuse_overdraft(r.id);
            END IF;
        ELSIF r.guard = 'debits' AND r.dp + r.dd > 0 OR r.guard = 'credits' AND r.cp + r.cc > 0 THEN
            -- Whoever takes from this account queues here; whoever adds to it does not.
            UPDATE ledger_checkpoint SET withdrawals = withdrawals + 1 WHERE account_id = r.id;
            SELECT * INTO v_counters FROM ledger_counters(r.id);
            IF r.guard = 'debits' AND v_counters.debits_pending + v_counters.debits_posted > v_counters.credits_posted
               OR r.guard = 'credits' AND v_counters.credits_pending + v_counters.credits_posted > v_counters.debits_posted
            THEN
                PERFORM ledger_refuse_overdraft(r.id);
            END IF;
        END IF;
    END LOOP;
END
$$;

-- Say what is wrong with the accounts of a posting that ledger_write refused.
CREATE FUNCTION ledger_refuse_accounts(p_wanted bigint[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_account bigint;
BEGIN
    SELECT min(id) INTO v_account FROM ledger_account
    WHERE id = ANY (p_wanted) AND closed_at IS NOT NULL;
    IF FOUND AND v_account IS NOT NULL THEN
        RAISE EXCEPTION 'account % is closed', v_account USING ERRCODE = 'KL005', DETAIL = v_account::text;
    END IF;
    SELECT min(w) INTO v_account FROM unnest(p_wanted) AS w
    WHERE NOT EXISTS (SELECT FROM ledger_account WHERE id = w);
    RAISE EXCEPTION 'there is no account %', coalesce(v_account::text, 'NULL') USING ERRCODE = 'KL003';
END
$$;

CREATE FUNCTION ledger_post(
    p_operation text, p_cause text, p_actor text, p_happened_at timestamptz,
    p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_codes text[]
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN ledger_write('post', NULL, p_operation, p_cause, p_actor, p_happened_at, NULL,
                        p_debits, p_credits, p_amounts, p_codes, NULL);
END
$$;

CREATE FUNCTION ledger_hold(
    p_operation text, p_cause text, p_actor text, p_happened_at timestamptz,
    p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_codes text[], p_expires_at timestamptz
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN ledger_write('hold', NULL, p_operation, p_cause, p_actor, p_happened_at, p_expires_at,
                        p_debits, p_credits, p_amounts, p_codes, NULL);
END
$$;

CREATE FUNCTION ledger_settle(
    p_operation text, p_hold text, p_actor text, p_happened_at timestamptz, p_amount bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN ledger_follow('settle', p_operation, p_hold, p_actor, p_happened_at, p_amount);
END
$$;

CREATE FUNCTION ledger_void(p_operation text, p_hold text, p_actor text, p_happened_at timestamptz)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN ledger_follow('void', p_operation, p_hold, p_actor, p_happened_at, NULL);
END
$$;

CREATE FUNCTION ledger_reverse(p_operation text, p_of text, p_actor text, p_happened_at timestamptz)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN ledger_follow('reverse', p_operation, p_of, p_actor, p_happened_at, NULL);
END
$$;
