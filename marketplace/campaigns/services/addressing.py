"""Where rewards are sent: given by the backer, locked on a day, forgotten half a year after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.models.addresses import PledgeAddress
from marketplace.campaigns.models.fulfilments import Fulfilment
from marketplace.campaigns.rules.addressing import standing_refusals
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import fulfilling
from marketplace.campaigns.services.moving import lock_own_campaign, lock_own_pledge
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, flush
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, refuse_if

KEPT: Final = timedelta(days=180)
_MOST: Final = {"name": 120, "street": 240, "postcode": 20, "city": 120}


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody lives, as they write it."""

    name: str
    street: str
    postcode: str
    city: str
    country: str


@command
def give_address(actor: Actor, pledge_id: UUID, address: Address, now: datetime) -> None:
    """Say where the actor's own reward is sent; the latest word counts.

    Refused once it was sent, and from the day on which the sponsor locks the addresses.
    """
    campaign, _pledge = lock_own_pledge(pledge_id, actor)
    insist_it_is_open(campaign, fulfilling.lock_fulfilment(pledge_id), now)
    refuse_if(_refusals(address))
    found = db.session.get(PledgeAddress, pledge_id, with_for_update=True)
    if found is None:
        found = PledgeAddress(pledge_id=pledge_id, campaign_id=campaign.id)
        db.session.add(found)
    found.name, found.street = address.name.strip(), address.street.strip()
    found.postcode, found.city = address.postcode.strip(), address.city.strip()
    found.country, found.given_at = address.country, now
    flush()


def insist_it_is_open(campaign: Campaign, fulfilment: Fulfilment, now: datetime) -> None:
    """Refuse what a backer says about a parcel that is sent, or on and after the day it stands."""
    refuse_if(standing_refusals(fulfilment.state, campaign.address_lock_on, now.date()))


@command
def lock_addresses(actor: Actor, campaign_id: UUID, on: date | None, now: datetime) -> None:
    """Say from which day on addresses stand, or take that back; not a day that is over."""
    campaign = lock_own_campaign(campaign_id, actor, Right.FULFIL)
    if on is not None and on < now.date():
        raise Refusal("lock_past", "on")
    campaign.address_lock_on = on


@command
def forget_addresses(now: datetime) -> int:
    """Wipe the addresses whose delivery has been over for half a year; returns how many."""
    return execute(
        """
        DELETE FROM pledge_address a USING fulfilment f
        WHERE f.pledge_id = a.pledge_id AND f.ended_at <= %s
        """,
        (now - KEPT,),
    )


def _refusals(address: Address) -> list[Refusal]:
    found = [
        Refusal("text_too_long", field, most=most)
        for field, most in _MOST.items()
        if len(getattr(address, field).strip()) > most
    ]
    found += [
        Refusal("address_incomplete", field)
        for field in ("name", "street", "city")
        if not getattr(address, field).strip()
    ]
    if len(address.country) != len("AT") or not address.country.isascii():
        found.append(Refusal("address_country_missing", "country"))
    return found
