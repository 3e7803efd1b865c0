-- Resolve a hold or turn a journal round: its rows, again, under another verb.
CREATE OR REPLACE FUNCTION ledger_follow(
    p_verb ledger_verb, p_operation text, p_of text, p_actor text, p_happened_at timestamptz, p_amount bigint
) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    v_of record;
    v_by text;
    v record;
BEGIN
    SELECT j.id, j.verb, j.cause INTO v_of FROM ledger_journal j WHERE j.operation_id = p_of;
    IF NOT FOUND OR (p_verb = 'reverse') <> (v_of.verb IN ('post', 'settle')) OR
       (p_verb IN ('settle', 'void')) <> (v_of.verb = 'hold') THEN
        RAISE EXCEPTION 'there is nothing to % under operation %', p_verb, p_of USING ERRCODE = 'KL003';
    END IF;
    -- Wait for whoever is resolving the same journal, then see what became of it.
    PERFORM pg_advisory_xact_lock(hashint8extended(v_of.id, 2));
    SELECT j.operation_id INTO v_by FROM ledger_journal j
    WHERE j.subject_id = v_of.id AND j.operation_id <> p_operation;
    IF FOUND THEN
        RAISE EXCEPTION 'operation % was already resolved by %', p_of, v_by USING ERRCODE = 'KL004';
    END IF;
    SELECT array_agg(t.debit_account ORDER BY t.line) AS debits,
           array_agg(t.credit_account ORDER BY t.line) AS credits,
           array_agg(t.amount ORDER BY t.line) AS amounts,
           array_agg(t.code ORDER BY t.line) AS codes
    INTO v FROM ledger_transfer t WHERE t.journal_id = v_of.id;
    IF p_verb = 'reverse' THEN
        RETURN ledger_write('reverse', v_of.id, p_operation, v_of.cause, p_actor, p_happened_at, NULL,
                            v.credits, v.debits, v.amounts, v.codes, NULL);
    END IF;
    IF p_amount IS NOT NULL AND (cardinality(v.amounts) <> 1 OR p_amount > v.amounts[1] OR p_amount <= 0) THEN
        RAISE EXCEPTION 'a part can be settled of a hold of one movement, and no more than it holds'
            USING ERRCODE = 'KL003';
    END IF;
    RETURN ledger_write(p_verb, v_of.id, p_operation, v_of.cause, p_actor, p_happened_at, NULL,
                        v.debits, v.credits,
                        CASE WHEN p_amount IS NULL THEN v.amounts ELSE ARRAY[p_amount] END,
                        v.codes, v.amounts);
END
$$;
