"""Where rewards are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from marketplace.infra.database import row, rows, scalar


@dataclass(frozen=True, slots=True)
class AddressRow:
    """The address of one pledge."""

    pledge_id: UUID
    name: str
    street: str
    postcode: str
    city: str
    country: str


_SELECT = "SELECT pledge_id, name, street, postcode, city, country FROM pledge_address"


def of_pledge(pledge_id: UUID) -> AddressRow | None:
    """Return where a reward is sent; None where nobody has said so."""
    return row(f"{_SELECT} WHERE pledge_id = %s", (pledge_id,), into=AddressRow)


def of_campaign(campaign_id: UUID) -> dict[UUID, AddressRow]:
    """Return where a campaign's rewards are sent, by pledge: for who sends them."""
    found = rows(f"{_SELECT} WHERE campaign_id = %s", (campaign_id,), into=AddressRow)
    return {each.pledge_id: each for each in found}


def lock_on(campaign_id: UUID) -> date | None:
    """Return from when on addresses can no longer be changed."""
    found = scalar("SELECT address_lock_on FROM campaign WHERE id = %s", (campaign_id,))
    return found if isinstance(found, date) else None
