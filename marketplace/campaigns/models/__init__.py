"""The tables of campaigns. Totals and search words are kept by the database itself."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.campaigns.models.columns import Key, Moment
from marketplace.infra.database import Model
from marketplace.kernel.money import Money


class Campaign(Model):
    """One campaign, from first draft to paid out."""

    __tablename__ = "campaign"

    id: Mapped[Key]
    sponsor_id: Mapped[UUID]
    form_key: Mapped[str]
    state: Mapped[str]
    title: Mapped[str]
    tagline: Mapped[str] = mapped_column(default="")
    category: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    story_html: Mapped[str] = mapped_column(default="")
    story_stripped: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    risks: Mapped[str] = mapped_column(default="")
    currency: Mapped[str | None]
    goal_minor: Mapped[int | None]
    deadline: Mapped[Moment | None]
    cover_id: Mapped[UUID | None]
    fee_bps: Mapped[int | None]
    created_at: Mapped[Moment]
    changed_at: Mapped[Moment]
    submitted_at: Mapped[Moment | None]
    launched_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]
    decided_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    fee_minor: Mapped[int | None]
    net_minor: Mapped[int | None]
    release_id: Mapped[UUID | None]
    return_reason: Mapped[str | None]
    collection: Mapped[str] = mapped_column(default="now")
    collect_until: Mapped[Moment | None]
    model: Mapped[str] = mapped_column(default="all_or_nothing")
    floor_minor: Mapped[int | None]
    optimum_minor: Mapped[int | None]
    round: Mapped[int] = mapped_column(default=1)
    round_two_days: Mapped[int | None]
    first_deadline: Mapped[Moment | None]
    deadline_zone: Mapped[str] = mapped_column(default="UTC")
    late_until: Mapped[Moment | None]
    launch_at: Mapped[Moment | None]
    announced_at: Mapped[Moment | None]
    gone_at: Mapped[Moment | None]
    preview_digest: Mapped[str | None]
    inspection_days: Mapped[int] = mapped_column(default=14)
    suspended_at: Mapped[Moment | None]
    fulfilled_at: Mapped[Moment | None]
    address_lock_on: Mapped[date | None]
    terms_at: Mapped[Moment | None]

    @property
    def goal(self) -> Money | None:
        """The goal, once the sponsor has set one."""
        if self.goal_minor is None or self.currency is None:
            return None
        return Money(self.goal_minor, self.currency)


class Reward(Model):
    """One reward tier."""

    __tablename__ = "reward"

    id: Mapped[Key]
    campaign_id: Mapped[UUID]
    form_key: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    price_minor: Mapped[int]
    currency: Mapped[str]
    quantity: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0)
    delivery: Mapped[date | None]
    kind: Mapped[str] = mapped_column(default="physical")
    is_addon: Mapped[bool] = mapped_column(default=False)
    per_person: Mapped[int | None]
    opens_at: Mapped[Moment | None]
    closes_at: Mapped[Moment | None]
    secret_digest: Mapped[str | None]
    picture_id: Mapped[UUID | None]
    position: Mapped[int] = mapped_column(default=0)
    withdrawn_at: Mapped[Moment | None]

    @property
    def price(self) -> Money:
        """What it costs at least."""
        return Money(self.price_minor, self.currency)

    @property
    def left(self) -> int | None:
        """How many are left; None where there is no limit."""
        return None if self.quantity is None else self.quantity - self.taken


class Pledge(Model):
    """One agreement between a backer and a campaign."""

    __tablename__ = "pledge"

    id: Mapped[Key]
    campaign_id: Mapped[UUID]
    backer_id: Mapped[UUID]
    form_key: Mapped[str]
    state: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    reward_id: Mapped[UUID | None]
    reward_title: Mapped[str | None]
    reward_price_minor: Mapped[int | None]
    reward_delivery: Mapped[date | None]
    anonymous: Mapped[bool]
    placed_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    checkout_id: Mapped[UUID | None]
    refund_id: Mapped[UUID | None]
    refund_reason: Mapped[str | None]
    held_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    setup_id: Mapped[UUID | None]
    promised_at: Mapped[Moment | None]
    charge_id: Mapped[UUID | None]
    charges: Mapped[int] = mapped_column(default=0)
    decline_reason: Mapped[str | None]
    reminded_at: Mapped[Moment | None]
    is_late: Mapped[bool] = mapped_column(default=False)
    country: Mapped[str | None]
    source: Mapped[str | None]
    replaces_id: Mapped[UUID | None]

    @property
    def amount(self) -> Money:
        """What the backer pays."""
        return Money(self.amount_minor, self.currency)


class PledgeSurplus(Model):
    """A payment for a pledge that was paid already; it goes back."""

    __tablename__ = "pledge_surplus"

    instruction_id: Mapped[Key]
    pledge_id: Mapped[UUID]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    paid_at: Mapped[Moment]
    refund_id: Mapped[UUID | None]
    ended_at: Mapped[Moment | None]

    @property
    def amount(self) -> Money:
        """What was paid too much."""
        return Money(self.amount_minor, self.currency)


class CampaignUpdate(Model):
    """News from the sponsor."""

    __tablename__ = "campaign_update"

    id: Mapped[Key]
    campaign_id: Mapped[UUID]
    author_id: Mapped[UUID]
    form_key: Mapped[str]
    title: Mapped[str]
    body_html: Mapped[str]
    posted_at: Mapped[Moment]
    audience: Mapped[str] = mapped_column(default="all")
    reward_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    publish_at: Mapped[Moment]
    sent_at: Mapped[Moment | None]
    withdrawn_at: Mapped[Moment | None]
    hidden_at: Mapped[Moment | None]
