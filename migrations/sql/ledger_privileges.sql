-- The application may read everything and write nothing but through the functions.

DO $$
DECLARE
    v_app boolean := EXISTS (SELECT FROM pg_roles WHERE rolname = 'kindling_app');
    v_thing text;
    v_writers text[] := ARRAY['ledger_open', 'ledger_post', 'ledger_move', 'ledger_hold', 'ledger_settle', 'ledger_void',
        'ledger_reverse', 'ledger_stage', 'ledger_post_staged', 'ledger_advance_checkpoints'];
    v_readers text[] := ARRAY['ledger_counters', 'ledger_currency_number', 'ledger_row_hash', 'ledger_journal_hash'];
BEGIN
    FOR v_thing IN SELECT c.oid::regclass FROM pg_class c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'ledger\_%' AND c.relkind IN ('r', 'S')
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', v_thing);
        IF v_app THEN
            EXECUTE format('REVOKE ALL ON %s FROM kindling_app', v_thing);
            EXECUTE format('GRANT SELECT ON %s TO kindling_app', v_thing);
        END IF;
    END LOOP;
    FOR v_thing IN SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'ledger\_%'
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', v_thing);
        IF v_app THEN
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM kindling_app', v_thing);
        END IF;
    END LOOP;
    IF v_app THEN
        FOR v_thing IN SELECT p.oid::regprocedure FROM pg_proc p
            WHERE p.pronamespace = current_schema()::regnamespace AND p.proname = ANY (v_writers || v_readers)
        LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO kindling_app', v_thing);
        END LOOP;
    END IF;
END
$$;
