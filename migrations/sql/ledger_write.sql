-- Write a journal and its movements, once, and apply them to the accounts that ask for it.
CREATE OR REPLACE FUNCTION ledger_write(
    p_verb ledger_verb, p_subject bigint, p_operation text, p_cause text, p_actor text,
    p_happened_at timestamptz, p_expires_at timestamptz,
    p_debits bigint[], p_credits bigint[], p_amounts bigint[], p_codes text[], p_pending bigint[]
) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    v_rows integer := cardinality(p_debits);
    v_phase ledger_phase := CASE p_verb
        WHEN 'hold' THEN 'pending' WHEN 'settle' THEN 'post' WHEN 'void' THEN 'void' ELSE 'single' END;
    v_hash bigint := 0;
    v_journal bigint;
    v_found record;
    v_open bigint[];
    v_applies boolean;
    v_xact xid8;
BEGIN
    IF coalesce(v_rows, 0) = 0 OR v_rows > 500000 OR cardinality(p_credits) <> v_rows
       OR cardinality(p_amounts) <> v_rows OR cardinality(p_codes) <> v_rows THEN
        RAISE EXCEPTION 'a journal has one to 500000 whole movements' USING ERRCODE = 'KL003';
    END IF;
    FOR i IN 1..v_rows LOOP
        IF (p_debits[i] - p_debits[1]) % 1000 <> 0 THEN
            RAISE EXCEPTION 'a journal has one currency' USING ERRCODE = 'KL003';
        END IF;
        v_hash := v_hash + ledger_row_hash(p_debits[i], p_credits[i], p_amounts[i], p_codes[i]);
    END LOOP;
    v_hash := ledger_journal_hash(p_operation, p_verb::text, p_subject, p_cause, v_hash);

    -- The transaction has its number before the journal has: ledger_mark depends on it.
    v_xact := pg_current_xact_id();
    INSERT INTO ledger_journal (verb, subject_id, operation_id, request_hash, cause, actor, happened_at, expires_at)
    VALUES (p_verb, p_subject, p_operation, v_hash, p_cause, p_actor, p_happened_at, p_expires_at)
    ON CONFLICT (operation_id) DO NOTHING
    RETURNING id INTO v_journal;
    IF v_journal IS NULL THEN
        SELECT j.id, j.request_hash INTO v_found FROM ledger_journal j WHERE j.operation_id = p_operation;
        IF v_found.request_hash IS DISTINCT FROM v_hash THEN
            RAISE EXCEPTION 'operation % was used for other content', p_operation USING ERRCODE = 'KL002';
        END IF;
        RETURN v_found.id;
    END IF;

    IF v_rows = 1 THEN
        -- Most journals are one movement: the same two statements, without arrays taken apart.
        SELECT d.debits_apply OR c.credits_apply
        INTO v_applies FROM ledger_account d, ledger_account c
        WHERE d.id = p_debits[1] AND d.closed_at IS NULL AND c.id = p_credits[1] AND c.closed_at IS NULL;
        IF v_applies IS NULL THEN
            PERFORM ledger_refuse_accounts(p_debits || p_credits);
        END IF;
        INSERT INTO ledger_transfer (journal_id, line, debit_account, credit_account, amount, phase, code,
                                     pending_journal, pending_amount)
        VALUES (v_journal, 1, p_debits[1], p_credits[1], p_amounts[1], v_phase, p_codes[1],
                CASE WHEN v_phase >= 'post' THEN p_subject END, p_pending[1]);
    ELSE
        SELECT array_agg(a.id),
               bool_or(a.debits_apply AND a.id = ANY (p_debits) OR a.credits_apply AND a.id = ANY (p_credits))
        INTO v_open, v_applies
        FROM ledger_account a WHERE a.id = ANY (p_debits || p_credits) AND a.closed_at IS NULL;
        IF NOT (p_debits <@ v_open AND p_credits <@ v_open) IS TRUE THEN
            PERFORM ledger_refuse_accounts(p_debits || p_credits);
        END IF;

        INSERT INTO ledger_transfer (journal_id, line, debit_account, credit_account, amount, phase, code,
                                     pending_journal, pending_amount)
        SELECT v_journal, m.line, m.debit, m.credit, m.amount, v_phase, m.code,
               CASE WHEN v_phase >= 'post' THEN p_subject END, m.pending
        FROM unnest(p_debits, p_credits, p_amounts, p_codes, p_pending)
            WITH ORDINALITY AS m (debit, credit, amount, code, pending, line);
    END IF;
    IF v_applies THEN
        PERFORM ledger_apply(v_journal);
    END IF;
    RETURN v_journal;
END
$$;
