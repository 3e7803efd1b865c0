"""Making a pledge.

Rewards are taken by conditional UPDATEs: of two people who want the last one, exactly one wins.
They stay taken while the person pays, half an hour at most, and never past the deadline.
Where the campaign charges at its deadline, the same page saves a card instead. A late pledge, made
when the campaign has succeeded, is always charged at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.models import Campaign, Pledge
from marketplace.campaigns.models.lines import PledgeLine
from marketplace.campaigns.models.rewards import PledgeChoice
from marketplace.campaigns.queries import quotes
from marketplace.campaigns.queries.quotes import Basket
from marketplace.campaigns.rules import prices
from marketplace.campaigns.rules.prices import NO_EXTRAS, Extras, Quote
from marketplace.campaigns.rules.suspending import standing_refusals
from marketplace.campaigns.services import changing_pledge, taking
from marketplace.campaigns.services.accounts import escrow_account
from marketplace.campaigns.services.moving import lock_public_campaign, once
from marketplace.campaigns.states import DECIDED_FOR, CampaignState, Collection, PledgeState
from marketplace.escrow.services import planning
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, row
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Broken, Refusal, refuse_if
from marketplace.kernel.ids import InstructionId, PledgeId, new_id, public_id
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Placed:
    """A pledge that waits, and the page on which it is paid or its card is saved."""

    pledge_id: PledgeId
    checkout_id: InstructionId


@command
def place_pledge(
    actor: Actor,
    campaign_id: UUID,
    *,
    amount: Money,
    reward_id: UUID | None,
    anonymous: bool,
    form_key: str,
    now: datetime,
    extras: Extras = NO_EXTRAS,
) -> Placed:
    """Make a pledge and plan the page that pays it, or saves a card; nobody is charged by this.

    `amount` is for the reward and what is given beyond its price; add-ons and sending come on top.
    The same `form_key` again gives the same pledge. Refuses: the deadline reached, another
    currency, an amount outside the limits or below the reward's price, the own campaign, a
    reward that is gone or not offered now, a total other than the one that was shown, the change
    of a pledge that can no longer be changed.
    """
    backer_id = actor.known()
    once(backer_id, form_key)
    if (known := _known(backer_id, form_key)) is not None:
        return known
    campaign = lock_public_campaign(campaign_id)
    refuse_if(standing_refusals(campaign.suspended_at))
    if extras.replaces_id is not None:
        changing_pledge.begin(actor, campaign, extras.replaces_id, now)
    basket = quotes.basket(campaign_id, reward_id, extras)
    refuse_if(_refusals(campaign, basket, backer_id, amount, now) or _moved_terms(campaign, extras))
    quote = _agreed_quote(basket, amount)
    pledge = _agreement(campaign, basket, backer_id, quote.total, now)
    pledge.form_key, pledge.anonymous = form_key, anonymous
    page_id = _plan_page(campaign, pledge)
    db.session.add(pledge)
    db.session.flush()
    _write_lines(pledge, quote, basket)
    taking.take(actor, pledge, [(row.id, count) for row, count in basket.goods], basket.kept)
    return Placed(PledgeId(pledge.id), page_id)


def _known(backer_id: UUID, form_key: str) -> Placed | None:
    return row(
        """
        SELECT id AS pledge_id, coalesce(setup_id, checkout_id) AS checkout_id FROM pledge
        WHERE backer_id = %s AND form_key = %s AND coalesce(setup_id, checkout_id) IS NOT NULL
        """,
        (backer_id, form_key),
        into=Placed,
    )


def _refusals(
    campaign: Campaign, basket: Basket, backer_id: UUID, amount: Money, now: datetime
) -> list[Refusal]:
    if campaign.currency is None or campaign.deadline is None:
        raise Broken(f"campaign {campaign.id} is public without goal or deadline")
    facts = rules.PledgeFacts(
        amount=amount,
        campaign_currency=campaign.currency,
        campaign_state=CampaignState(campaign.state),
        deadline=campaign.deadline,
        sponsor_id=campaign.sponsor_id,
        backer_id=backer_id,
        reward_price=basket.tier.price if basket.tier else None,
        reward_left=None,
        late_until=campaign.late_until,
    )
    return rules.pledge_refusals(facts, now) or basket.refusals(now)


def _moved_terms(campaign: Campaign, extras: Extras) -> list[Refusal]:
    """Whoever agreed to a page agreed to the terms it showed, not to what came into force since."""
    is_same = extras.shown is None or extras.terms == prices.terms_mark(campaign.terms_at)
    return [] if is_same else [Refusal("terms_moved")]


def _agreed_quote(basket: Basket, amount: Money) -> Quote:
    """Return the quote, if it is the one that was shown and not more than a pledge may be."""
    quote, shown = basket.quote(amount), basket.extras.shown
    refuse_if(rules.total_refusals(quote.total))
    if shown is not None and shown != quote.total:
        raise Refusal("price_moved", None, total=quote.total)
    return quote


def _agreement(
    campaign: Campaign, basket: Basket, backer_id: UUID, total: Money, now: datetime
) -> Pledge:
    is_late = campaign.state in DECIDED_FOR
    closes_at = campaign.late_until if is_late else campaign.deadline
    if closes_at is None:
        raise Broken(f"campaign {campaign.id} takes pledges without an end")
    tier, extras = basket.tier, basket.extras
    return Pledge(
        id=new_id(),
        campaign_id=campaign.id,
        backer_id=backer_id,
        state=PledgeState.AWAITING_PAYMENT.value,
        amount_minor=total.minor,
        currency=total.currency,
        reward_id=tier.id if tier else None,
        reward_title=tier.title if tier else None,
        reward_price_minor=tier.price_minor if tier else None,
        reward_delivery=tier.delivery if tier else None,
        placed_at=now,
        expires_at=rules.checkout_until(now, closes_at),
        is_late=is_late,
        country=extras.country,
        source=extras.source,
        replaces_id=extras.replaces_id,
    )


@step
def _write_lines(pledge: Pledge, quote: Quote, basket: Basket) -> None:
    """Freeze what is paid for and what was chosen about it."""
    db.session.add_all(
        PledgeLine(
            pledge_id=pledge.id,
            position=position,
            campaign_id=pledge.campaign_id,
            kind=line.kind.value,
            reward_id=line.reward_id,
            title=line.title,
            quantity=line.quantity,
            unit_minor=line.unit.minor,
            currency=line.unit.currency,
        )
        for position, line in enumerate(quote.lines, start=1)
    )
    if not basket.chosen:
        return
    db.session.flush()
    db.session.add_all(
        PledgeChoice(
            pledge_id=pledge.id,
            line=made.line,
            item_id=made.item_id,
            option_position=made.option,
            item=made.item,
            option=made.name,
            choice=made.choice,
        )
        for made in basket.chosen
    )


@step
def _plan_page(campaign: Campaign, pledge: Pledge) -> InstructionId:
    place = f"/pledges/{public_id('pl', pledge.id)}"
    later = campaign.collection == Collection.DEADLINE and not pledge.is_late
    page_id = (planning.plan_setup if later else planning.plan_checkout)(
        purpose="pledge",
        subject_id=pledge.id,
        person_id=pledge.backer_id,
        amount=pledge.amount,
        credit_account=escrow_account(campaign.id, pledge.currency),
        description=campaign.title,
        return_path=f"{place}/return",
        cancel_path=place,
        expires_at=pledge.expires_at,
        cause=f"pledge:{pledge.id}",
    )
    if later:
        pledge.setup_id = page_id
    else:
        pledge.checkout_id = page_id
    return page_id
