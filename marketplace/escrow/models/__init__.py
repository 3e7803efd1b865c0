"""The rows of escrow. Services write them by SQL; these classes are their one typed description."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.infra.database import Model

_AT = DateTime(timezone=True)


class Instruction(Model):
    """What we ask the provider to do: written and committed before anybody is called."""

    __tablename__ = "escrow_instruction"
    __table_args__ = (
        UniqueConstraint("kind", "purpose", "subject_id", "sequence"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint(
            "kind IN ('checkout', 'setup', 'charge', 'refund', 'transfer', 'reversal', 'top_up',"
            " 'payout')",
            name="kind",
        ),
        CheckConstraint(
            "state IN ('planned', 'sent', 'unknown', 'succeeded', 'failed', 'expired', 'returned')",
            name="state",
        ),
        CheckConstraint(
            "(finished_at IS NOT NULL) = (state NOT IN ('planned', 'sent', 'unknown'))",
            name="finished",
        ),
        CheckConstraint("state <> 'succeeded' OR provider_ref IS NOT NULL", name="succeeded"),
        CheckConstraint("(returned_at IS NOT NULL) = (state = 'returned')", name="returned"),
        CheckConstraint(
            "(leave_by IS NOT NULL) = (kind IN ('checkout', 'charge') AND state = 'succeeded')",
            name="leave_by",
        ),
        Index("escrow_instruction_subject_id_idx", "subject_id"),
        Index("escrow_instruction_person_id_idx", "person_id", "id"),
        Index("escrow_instruction_of_id_idx", "of_id"),
        Index(
            "escrow_instruction_planned_idx",
            "created_at",
            postgresql_where=text("state = 'planned'"),
        ),
        Index(
            "escrow_instruction_unheard_idx",
            "lease_until",
            postgresql_where=text("state IN ('sent', 'unknown')"),
        ),
        Index("escrow_instruction_failed_idx", "id", postgresql_where=text("state = 'failed'")),
        Index(
            "escrow_instruction_paid_idx",
            "finished_at",
            postgresql_where=text("kind = 'checkout' AND state = 'succeeded'"),
        ),
        Index(
            "escrow_instruction_provider_ref_key", "provider", "kind", "provider_ref", unique=True
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID]
    sequence: Mapped[int]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    of_id: Mapped[UUID | None] = mapped_column(ForeignKey("escrow_instruction.id"))
    provider: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    state: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(BigInteger)
    cause: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    return_path: Mapped[str | None] = mapped_column(Text)
    cancel_path: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(_AT)
    provider_ref: Mapped[str | None] = mapped_column(Text)
    payment_ref: Mapped[str | None] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    refusals: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None] = mapped_column(Text)
    not_before: Mapped[datetime | None] = mapped_column(_AT)
    lease_until: Mapped[datetime | None] = mapped_column(_AT)
    created_at: Mapped[datetime] = mapped_column(_AT)
    sent_at: Mapped[datetime | None] = mapped_column(_AT)
    finished_at: Mapped[datetime | None] = mapped_column(_AT)
    method: Mapped[str | None] = mapped_column(Text)
    returned_at: Mapped[datetime | None] = mapped_column(_AT)
    keyed_at: Mapped[datetime | None] = mapped_column(_AT)
    faults: Mapped[int] = mapped_column(server_default=text("0"))
    leave_by: Mapped[date | None]


class Delivery(Model):
    """What the provider told us: kept as it came, after its signature was checked."""

    __tablename__ = "escrow_delivery"
    __table_args__ = (
        UniqueConstraint("provider", "provider_event_id"),
        CheckConstraint("state IN ('stored', 'applied', 'ignored', 'failed')", name="state"),
        Index("escrow_delivery_stored_idx", "id", postgresql_where=text("state = 'stored'")),
        Index("escrow_delivery_failed_idx", "id", postgresql_where=text("state = 'failed'")),
        Index("escrow_delivery_instruction_id_idx", "instruction_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    provider_event_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    verified_at: Mapped[datetime] = mapped_column(_AT)
    state: Mapped[str] = mapped_column(Text)
    instruction_id: Mapped[UUID | None] = mapped_column(ForeignKey("escrow_instruction.id"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None] = mapped_column(Text)
    not_before: Mapped[datetime | None] = mapped_column(_AT)
    finished_at: Mapped[datetime | None] = mapped_column(_AT)


class Payee(Model):
    """A person as the provider's payee. No row means that they never started."""

    __tablename__ = "escrow_payee"
    __table_args__ = (
        UniqueConstraint("person_id", "provider"),
        UniqueConstraint("provider", "provider_ref"),
        CheckConstraint("state IN ('pending', 'ready')", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    provider: Mapped[str] = mapped_column(Text)
    provider_ref: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_AT)
    ready_at: Mapped[datetime | None] = mapped_column(_AT)
    holder: Mapped[str | None] = mapped_column(Text)
    account_ending: Mapped[str | None] = mapped_column(Text)


class Dispute(Model):
    """A payment somebody had taken back through their bank."""

    __tablename__ = "escrow_dispute"
    __table_args__ = (
        UniqueConstraint("provider", "provider_ref"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("recovered_minor BETWEEN 0 AND amount_minor", name="recovered"),
        CheckConstraint("state IN ('needs_response', 'under_review', 'won', 'lost')", name="state"),
        CheckConstraint("(closed_at IS NOT NULL) = (state IN ('won', 'lost'))", name="closed"),
        CheckConstraint(
            "recovery IN ('none', 'due', 'waiting', 'done', 'undone')", name="recovery"
        ),
        CheckConstraint("answer IN ('contest', 'concede')", name="answer"),
        CheckConstraint(
            "(answer IS NOT NULL) = (answered_at IS NOT NULL)"
            " AND (answer IS NOT NULL) = (answered_by IS NOT NULL)",
            name="answered",
        ),
        CheckConstraint(
            "(evidence IS NOT NULL) = (answer IS NOT DISTINCT FROM 'contest')", name="evidence"
        ),
        CheckConstraint(
            "conceding_by IS NULL OR answer IS NULL OR answer <> 'concede'"
            " OR answered_by <> conceding_by",
            name="four_eyes",
        ),
        Index("escrow_dispute_instruction_id_idx", "instruction_id"),
        Index("escrow_dispute_open_idx", "respond_by", postgresql_where=text("closed_at IS NULL")),
        Index(
            "escrow_dispute_recovery_idx",
            "opened_at",
            postgresql_where=text("recovery IN ('due', 'waiting')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    provider_ref: Mapped[str] = mapped_column(Text)
    instruction_id: Mapped[UUID] = mapped_column(ForeignKey("escrow_instruction.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(_AT)
    respond_by: Mapped[datetime | None] = mapped_column(_AT)
    withdrawn: Mapped[bool]
    recovered_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    recovery: Mapped[str] = mapped_column(Text, server_default=text("'none'"))
    answer: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None] = mapped_column(_AT)
    answer_sent_at: Mapped[datetime | None] = mapped_column(_AT)
    conceding_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    conceding_at: Mapped[datetime | None] = mapped_column(_AT)
    read_at: Mapped[datetime] = mapped_column(_AT)
    closed_at: Mapped[datetime | None] = mapped_column(_AT)


class Recovery(Model):
    """An amount of a dispute's loss that somebody was charged, and to whom it would go back."""

    __tablename__ = "escrow_recovery"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("state IN ('waiting', 'taken', 'failed', 'given_back')", name="state"),
        CheckConstraint("(finished_at IS NOT NULL) = (state <> 'waiting')", name="finished"),
        Index("escrow_recovery_dispute_id_idx", "dispute_id", "id"),
        Index("escrow_recovery_instruction_id_idx", "instruction_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("escrow_dispute.id"))
    route: Mapped[str] = mapped_column(Text)
    from_account: Mapped[int] = mapped_column(BigInteger)
    back_account: Mapped[int] = mapped_column(BigInteger)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    instruction_id: Mapped[UUID | None] = mapped_column(ForeignKey("escrow_instruction.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(_AT)
    finished_at: Mapped[datetime | None] = mapped_column(_AT)


class Remedy(Model):
    """What a finance officer wants done about an instruction or a delivery that is stuck."""

    __tablename__ = "escrow_remedy"
    __table_args__ = (
        CheckConstraint("num_nonnulls(instruction_id, delivery_id) = 1", name="subject"),
        CheckConstraint("kind IN ('retry', 'resolve', 'cancel')", name="kind"),
        CheckConstraint("state IN ('proposed', 'applied', 'refused')", name="state"),
        CheckConstraint("btrim(reason) <> ''", name="reason"),
        CheckConstraint("(decided_at IS NOT NULL) = (state <> 'proposed')", name="decided"),
        CheckConstraint("(provider_ref IS NOT NULL) = (kind = 'resolve')", name="provider_ref"),
        CheckConstraint(
            "kind = 'retry' OR state <> 'applied' OR decided_by <> proposed_by", name="four_eyes"
        ),
        Index("escrow_remedy_instruction_id_idx", "instruction_id"),
        Index("escrow_remedy_delivery_id_idx", "delivery_id"),
        Index(
            "escrow_remedy_proposed_key",
            text("coalesce(instruction_id, delivery_id)"),
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    instruction_id: Mapped[UUID | None] = mapped_column(ForeignKey("escrow_instruction.id"))
    delivery_id: Mapped[UUID | None] = mapped_column(ForeignKey("escrow_delivery.id"))
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    provider_ref: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime] = mapped_column(_AT)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(_AT)


class Pace(Model):
    """When the next request may go to one of the provider's endpoints, for all our processes."""

    __tablename__ = "escrow_pace"

    endpoint: Mapped[str] = mapped_column(Text, primary_key=True)
    next_at: Mapped[datetime] = mapped_column(_AT)
    troubles: Mapped[int] = mapped_column(server_default=text("0"))
    closed_until: Mapped[datetime | None] = mapped_column(_AT)


class Forgery(Model):
    """How often notices were turned away at the door within one hour, and why."""

    __tablename__ = "escrow_forgery"

    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text, primary_key=True)
    hour: Mapped[datetime] = mapped_column(_AT, primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(_AT)


class Movement(Model):
    """One line of the provider's statement, mirrored."""

    __tablename__ = "escrow_movement"
    __table_args__ = (
        UniqueConstraint("provider", "provider_ref"),
        Index("escrow_movement_instruction_id_idx", "instruction_id"),
        Index("escrow_movement_fee_due_idx", "id", postgresql_where=text("NOT fee_booked")),
        Index("escrow_movement_ripening_idx", "available_at", postgresql_where=text("NOT matured")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    provider_ref: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    source_ref: Mapped[str] = mapped_column(Text)
    operation_id: Mapped[str] = mapped_column(Text)
    instruction_id: Mapped[UUID | None] = mapped_column(ForeignKey("escrow_instruction.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    available_at: Mapped[datetime] = mapped_column(_AT)
    created_at: Mapped[datetime] = mapped_column(_AT)
    fee_booked: Mapped[bool]
    matured: Mapped[bool]


class Difference(Model):
    """One thing on which ledger and provider do not agree, from its first sight to its end."""

    __tablename__ = "escrow_difference"
    __table_args__ = (
        CheckConstraint(
            "type IN ('timing', 'fee', 'missing_here', 'missing_there', 'amount', 'duplicate',"
            " 'unknown', 'total')",
            name="type",
        ),
        CheckConstraint(
            "(proposed_by IS NULL) = (proposed_at IS NULL) AND (proposed_by IS NULL OR note <> '')",
            name="proposed",
        ),
        CheckConstraint("(explained_by IS NULL) = (explained_at IS NULL)", name="explained"),
        CheckConstraint("explained_by <> proposed_by", name="four_eyes"),
        Index(
            "escrow_difference_open_key",
            "provider",
            "type",
            "currency",
            "here_minor",
            "there_minor",
            "provider_ref",
            "instruction_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("gone_at IS NULL"),
        ),
        Index(
            "escrow_difference_explained_idx",
            "provider",
            postgresql_where=text("explained_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(CHAR(3))
    here_minor: Mapped[int] = mapped_column(BigInteger)
    there_minor: Mapped[int] = mapped_column(BigInteger)
    provider_ref: Mapped[str | None] = mapped_column(Text)
    instruction_id: Mapped[UUID | None] = mapped_column(ForeignKey("escrow_instruction.id"))
    since: Mapped[datetime | None] = mapped_column(_AT)
    first_seen_at: Mapped[datetime] = mapped_column(_AT)
    last_seen_at: Mapped[datetime] = mapped_column(_AT)
    gone_at: Mapped[datetime | None] = mapped_column(_AT)
    alarmed_at: Mapped[datetime | None] = mapped_column(_AT)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str | None] = mapped_column(Text)
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime | None] = mapped_column(_AT)
    explained_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    explained_at: Mapped[datetime | None] = mapped_column(_AT)


class Mirror(Model):
    """How far a provider's statement has been read, and when all was last proved equal."""

    __tablename__ = "escrow_mirror"

    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    cursor: Mapped[str] = mapped_column(Text, server_default=text("''"))
    read_at: Mapped[datetime | None] = mapped_column(_AT)
    proved_at: Mapped[datetime | None] = mapped_column(_AT)
    differences: Mapped[int | None]
