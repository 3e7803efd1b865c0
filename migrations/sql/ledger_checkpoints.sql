-- Checkpoints of append accounts. Journal numbers are not handed out in commit order: a slow
-- transaction may hold a small number while larger ones are already committed. So a number is
-- safe only once every transaction that could hold a smaller one is over:
--   1. a mark notes the last number S and, afterwards, the next transaction id X;
--   2. a writer has its transaction id before its journal number, so whoever starts at X or
--      later gets numbers above S;
--   3. when pg_snapshot_xmin has passed X, everybody older is over: journals up to S are final.

CREATE FUNCTION ledger_advance_checkpoints() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_from bigint;
    v_upto bigint;
    v_last bigint;
    v_accounts bigint := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('ledger_advance_checkpoints', 0)) THEN
        RETURN 0;  -- another worker is at it
    END IF;
    SELECT coalesce(max(upto_journal) FILTER (WHERE applied), 0),
           max(upto_journal) FILTER (WHERE horizon <= pg_snapshot_xmin(pg_current_snapshot()))
    INTO v_from, v_upto FROM ledger_mark;
    IF v_upto > v_from THEN
        UPDATE ledger_checkpoint c SET
            upto_journal = v_upto,
            debits_pending = c.debits_pending + e.dp, debits_posted = c.debits_posted + e.dd,
            credits_pending = c.credits_pending + e.cp, credits_posted = c.credits_posted + e.cc
        FROM (
            SELECT account, sum(dp)::bigint AS dp, sum(dd)::bigint AS dd, sum(cp)::bigint AS cp, sum(cc)::bigint AS cc
            FROM (
                SELECT t.debit_account AS account,
                       CASE t.phase WHEN 'pending' THEN t.amount ELSE -coalesce(t.pending_amount, 0) END AS dp,
                       CASE WHEN t.phase IN ('single', 'post') THEN t.amount ELSE 0 END AS dd, 0 AS cp, 0 AS cc
                FROM ledger_transfer t WHERE t.journal_id > v_from AND t.journal_id <= v_upto
                UNION ALL
                SELECT t.credit_account, 0, 0,
                       CASE t.phase WHEN 'pending' THEN t.amount ELSE -coalesce(t.pending_amount, 0) END,
                       CASE WHEN t.phase IN ('single', 'post') THEN t.amount ELSE 0 END
                FROM ledger_transfer t WHERE t.journal_id > v_from AND t.journal_id <= v_upto
            ) AS rows GROUP BY account
        ) AS e
        WHERE c.account_id = e.account;
        GET DIAGNOSTICS v_accounts = ROW_COUNT;
        UPDATE ledger_mark SET applied = true WHERE upto_journal = v_upto;
        DELETE FROM ledger_mark WHERE upto_journal < v_upto;
    END IF;
    SELECT last_value INTO v_last FROM ledger_journal_id_seq;  -- first the number ...
    INSERT INTO ledger_mark (upto_journal, horizon)            -- ... then the transaction id
    SELECT v_last, pg_snapshot_xmax(pg_current_snapshot())
    WHERE NOT EXISTS (SELECT FROM ledger_mark WHERE upto_journal = v_last);
    RETURN v_accounts;
END
$$;
