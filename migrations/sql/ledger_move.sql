-- Post one movement between two accounts, as most journals are: what ledger_post writes of it, in
-- the two statements it takes. To begin a statement costs more than its rows do.
CREATE OR REPLACE FUNCTION ledger_move(
    p_operation text, p_cause text, p_actor text, p_happened_at timestamptz,
    p_debit bigint, p_credit bigint, p_amount bigint, p_code text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_journal bigint;
    v_applies boolean;
BEGIN
    -- The hash is ledger_journal_hash's, its constant words joined beforehand. The transaction has
    -- its number before the journal has: ledger_mark depends on it.
    INSERT INTO ledger_journal (verb, operation_id, request_hash, cause, actor, happened_at)
    SELECT 'post', p_operation,
           hashtextextended((p_operation || '|post|0|' || p_cause) COLLATE "C",
                            ledger_row_hash(p_debit, p_credit, p_amount, p_code)),
           p_cause, p_actor, p_happened_at
    WHERE pg_current_xact_id() IS NOT NULL
    ON CONFLICT (operation_id) DO NOTHING
    RETURNING id, (
        SELECT d.debits_apply OR c.credits_apply
        FROM ledger_account d, ledger_account c
        WHERE d.id = p_debit AND d.closed_at IS NULL AND c.id = p_credit AND c.closed_at IS NULL
    ) INTO v_journal, v_applies;
    IF v_applies IS NULL THEN
        IF v_journal IS NULL THEN
            -- The operation was posted before: whether as it is now, ledger_write says.
            RETURN ledger_write('post', NULL, p_operation, p_cause, p_actor, p_happened_at, NULL,
                                ARRAY[p_debit], ARRAY[p_credit], ARRAY[p_amount], ARRAY[p_code], NULL);
        END IF;
        PERFORM ledger_refuse_accounts(ARRAY[p_debit, p_credit]);
    END IF;
    INSERT INTO ledger_transfer (journal_id, line, debit_account, credit_account, amount, phase, code)
    VALUES (v_journal, 1, p_debit, p_credit, p_amount, 'single', p_code);
    IF v_applies THEN
        PERFORM ledger_apply(v_journal);
    END IF;
    RETURN v_journal;
END
$$;
