"""Contracts: templates, parties, signatures, files."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = """
-- A text that somebody was shown stays what it was: a version is written once.
CREATE TABLE contract_template (
    code text NOT NULL,
    version int NOT NULL,
    language text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    digest char(64) NOT NULL,
    CONSTRAINT contract_template_pkey PRIMARY KEY (code, version, language),
    CONSTRAINT contract_template_version_check CHECK (version > 0)
);

CREATE TABLE contract (
    id uuid NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    template_code text NOT NULL,
    template_version int NOT NULL,
    template_language text NOT NULL,
    state text NOT NULL,
    title text NOT NULL,
    -- What was filled into the template, and what stands for the terms everybody was shown.
    terms jsonb NOT NULL,
    terms_hash char(64) NOT NULL,
    -- The file before its seals, frozen when it is drafted; and with them.
    document_key text NOT NULL,
    document_hash char(64) NOT NULL,
    signed_key text,
    signed_hash char(64),
    drafted_at timestamptz NOT NULL,
    sign_by timestamptz NOT NULL,
    agreed_at timestamptz,
    signed_at timestamptz,
    voided_at timestamptz,
    void_reason text,
    CONSTRAINT contract_pkey PRIMARY KEY (id),
    CONSTRAINT contract_template_fkey
        FOREIGN KEY (template_code, template_version, template_language)
        REFERENCES contract_template (code, version, language),
    CONSTRAINT contract_state_check CHECK (state IN ('drafted', 'signing', 'signed', 'void')),
    CONSTRAINT contract_sealed_check CHECK (
        (signed_key IS NULL) = (signed_hash IS NULL) AND (signed_key IS NULL) = (signed_at IS NULL)
        AND (state <> 'signed' OR signed_key IS NOT NULL)),
    CONSTRAINT contract_void_check CHECK (
        (state = 'void') = (voided_at IS NOT NULL) AND (voided_at IS NULL) = (void_reason IS NULL))
);
-- One thing has one contract that counts.
CREATE UNIQUE INDEX contract_subject_key ON contract (subject_id) WHERE state <> 'void';
CREATE INDEX contract_subject_idx ON contract (subject_id, id);
CREATE INDEX contract_waiting_idx ON contract (sign_by) WHERE state = 'drafted';
CREATE INDEX contract_signed_hash_idx ON contract (signed_hash);

CREATE TABLE contract_party (
    id uuid NOT NULL,
    contract_id uuid NOT NULL,
    position int NOT NULL,
    role text NOT NULL,
    person_id uuid,  -- null: the platform
    name text NOT NULL,
    share_minor bigint,
    currency char(3),
    how text,
    agreed_at timestamptz,
    session_hash text,
    address_hash text,
    shown_hash char(64),
    certificate text,
    serial text,
    signature text,
    signed_at timestamptz,
    CONSTRAINT contract_party_pkey PRIMARY KEY (id),
    CONSTRAINT contract_party_position_key UNIQUE (contract_id, position),
    CONSTRAINT contract_party_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contract (id),
    CONSTRAINT contract_party_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT contract_party_how_check CHECK (how IN ('checkbox', 'mandate', 'hand', 'seal')),
    CONSTRAINT contract_party_agreed_check CHECK (
        (how IS NULL) = (agreed_at IS NULL) AND (how IS NULL) = (shown_hash IS NULL)),
    CONSTRAINT contract_party_signed_check CHECK (
        signed_at IS NULL OR (certificate IS NOT NULL AND how IS NOT NULL))
);
CREATE INDEX contract_party_person_idx ON contract_party (person_id, contract_id);

-- The asking for seals: written before the provider is asked.
CREATE TABLE contract_signing (
    id uuid NOT NULL,
    contract_id uuid NOT NULL,
    state text NOT NULL,
    provider text NOT NULL,
    provider_ref text,
    attempts int NOT NULL DEFAULT 0,
    planned_at timestamptz NOT NULL,
    sent_at timestamptz,
    due_at timestamptz NOT NULL,
    finished_at timestamptz,
    last_error text,
    CONSTRAINT contract_signing_pkey PRIMARY KEY (id),
    CONSTRAINT contract_signing_contract_id_key UNIQUE (contract_id),
    CONSTRAINT contract_signing_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES contract (id),
    CONSTRAINT contract_signing_state_check
        CHECK (state IN ('planned', 'sent', 'unknown', 'done', 'called_off'))
);
CREATE INDEX contract_signing_due_idx ON contract_signing (due_at)
    WHERE state IN ('planned', 'sent', 'unknown');

-- A lender agrees with the order: before there is a contract that could hold it.
CREATE TABLE commitment_consent (
    commitment_id uuid NOT NULL,
    how text NOT NULL,
    given_at timestamptz NOT NULL,
    session_hash text NOT NULL,
    address_hash text NOT NULL,
    shown_hash char(64) NOT NULL,
    CONSTRAINT commitment_consent_pkey PRIMARY KEY (commitment_id),
    CONSTRAINT commitment_consent_commitment_id_fkey
        FOREIGN KEY (commitment_id) REFERENCES commitment (id) ON DELETE CASCADE,
    CONSTRAINT commitment_consent_how_check CHECK (how IN ('checkbox', 'mandate'))
);
"""

# What was shown and agreed to is not written over, by no command and by no hand.
FROZEN = """
CREATE FUNCTION contract_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.kind, NEW.subject_id, NEW.template_code, NEW.template_version, NEW.template_language,
            NEW.title, NEW.terms, NEW.terms_hash, NEW.document_key, NEW.document_hash)
        IS DISTINCT FROM (OLD.kind, OLD.subject_id, OLD.template_code, OLD.template_version,
            OLD.template_language, OLD.title, OLD.terms, OLD.terms_hash, OLD.document_key,
            OLD.document_hash)
        OR (OLD.signed_hash IS NOT NULL AND (NEW.signed_hash, NEW.signed_key, NEW.signed_at)
            IS DISTINCT FROM (OLD.signed_hash, OLD.signed_key, OLD.signed_at))
    THEN
        RAISE EXCEPTION 'contract % is frozen', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contract_frozen BEFORE UPDATE ON contract
    FOR EACH ROW EXECUTE FUNCTION contract_stays();

CREATE FUNCTION contract_words_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER contract_template_frozen BEFORE UPDATE ON contract_template
    FOR EACH ROW EXECUTE FUNCTION contract_words_stay();
CREATE TRIGGER commitment_consent_frozen BEFORE UPDATE ON commitment_consent
    FOR EACH ROW EXECUTE FUNCTION contract_words_stay();
"""


def upgrade() -> None:
    """Make the tables of contracts, and of the consents that lenders give with their orders."""
    connection = op.get_bind().connection.driver_connection
    connection.execute(TABLES)
    connection.execute(FROZEN)
