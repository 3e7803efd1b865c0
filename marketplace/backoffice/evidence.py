"""What we know of a disputed payment, written down for the bank: who, what, when, and our letters.

An officer reads it, strikes what does not help and adds what does. Nothing here is guessed; what
is not known is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from marketplace.escrow import queries as escrow
from marketplace.escrow.queries.disputes import Dispute
from marketplace.identity import queries as people
from marketplace.infra.database import row, rows
from marketplace.infra.settings import current_settings
from marketplace.kernel.ids import public_id

# A bank reads English, and reads moments in one zone.
_MOMENT: Final = "%Y-%m-%d %H:%M UTC"
_LETTERS_MAX: Final = 20

_PLEDGE: Final = """
    SELECT c.title, p.placed_at, p.reward_title, p.reward_delivery::text AS promised,
        s.name AS seller, c.deadline, c.state,
        (SELECT count(*) FROM campaign_update u WHERE u.campaign_id = c.id) AS updates,
        (SELECT max(u.posted_at) FROM campaign_update u WHERE u.campaign_id = c.id) AS last_update
    FROM pledge p JOIN campaign c ON c.id = p.campaign_id JOIN person s ON s.id = c.sponsor_id
    WHERE p.id = %(id)s
"""
_LETTERS: Final = """
    SELECT subject, coalesce(sent_at, created_at) AS at FROM mail_message
    WHERE person_id = %(person)s AND created_at >= %(since)s AND created_at < %(until)s
    ORDER BY created_at, id LIMIT %(most)s
"""
_SESSION: Final = """
    SELECT address, user_agent, created_at FROM login_session
    WHERE person_id = %(person)s AND created_at <= %(at)s ORDER BY created_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class _Bought:
    title: str
    placed_at: datetime
    reward_title: str | None
    promised: str | None
    seller: str
    deadline: datetime | None
    state: str
    updates: int
    last_update: datetime | None


@dataclass(frozen=True, slots=True)
class _Letter:
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Session:
    address: str | None
    user_agent: str
    created_at: datetime


def draft(dispute: Dispute) -> str:
    """Return the evidence as we would send it, in plain English."""
    paid = escrow.instruction(dispute.instruction_id)
    parts = [
        _payment(dispute, paid.description, paid.payment_ref),
        _person(dispute, paid.created_at),
        _bought(dispute) if dispute.purpose == "pledge" else [],
        _letters(dispute, paid.created_at),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _payment(dispute: Dispute, description: str, ref: str | None) -> list[str]:
    site = current_settings().site_name
    lines = [f"Payment on {site} for: {description}", f"Amount disputed: {dispute.amount}"]
    if dispute.paid_at is not None:
        lines.append(f"Paid on the provider's own page: {dispute.paid_at:{_MOMENT}}")
    if dispute.method:
        lines.append(f"Method: {dispute.method}")
    if ref:
        lines.append(f"Payment reference: {ref}")
    return lines


def _person(dispute: Dispute, asked_at: datetime) -> list[str]:
    person = people.person(dispute.person_id)
    if person is None:
        return []
    lines = [f"Customer: {person.name}, {person.email}"]
    if person.confirmed_at is not None:
        lines.append(f"E-mail address confirmed by the customer: {person.confirmed_at:{_MOMENT}}")
    session = row(_SESSION, {"person": person.id, "at": asked_at}, into=_Session)
    if session is not None:
        lines.append(
            f"Signed in from {session.address or 'an unknown address'} since"
            f" {session.created_at:{_MOMENT}} ({session.user_agent})"
        )
    lines.append(f"Agreed to the payment, signed in: {asked_at:{_MOMENT}}")
    return lines


def _bought(dispute: Dispute) -> list[str]:
    found = row(_PLEDGE, {"id": dispute.subject_id}, into=_Bought)
    if found is None:
        return []
    ref = public_id("pl", dispute.subject_id)
    lines = [f"Pledge {ref} to “{found.title}” by {found.seller}, {found.placed_at:{_MOMENT}}"]
    if found.reward_title:
        promised = f", delivery aimed at {found.promised}" if found.promised else ""
        lines.append(f"Reward: {found.reward_title}{promised}")
    if found.deadline is not None:
        lines.append(f"The customer could take the pledge back until {found.deadline:{_MOMENT}}")
    lines.append(f"State of the project: {found.state}")
    if found.last_update is not None:
        lines.append(
            f"{found.updates} updates to all backers, the last {found.last_update:{_MOMENT}}"
        )
    return lines


def _letters(dispute: Dispute, since: datetime) -> list[str]:
    """Return what we wrote before the dispute; what came after proves nothing."""
    facts = {"person": dispute.person_id, "since": since, "until": dispute.opened_at}
    found = rows(_LETTERS, {**facts, "most": _LETTERS_MAX}, into=_Letter)
    if not found:
        return []
    return ["Letters we sent to the customer:"] + [
        f"{each.at:{_MOMENT}}  {each.subject}" for each in found
    ]
