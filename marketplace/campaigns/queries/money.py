"""The money of a campaign, line by line from each of its accounts in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from marketplace.campaigns.queries.one import CampaignRow
from marketplace.infra.database import scalar
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import StatementLine

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class Lines:
    """One page of what entered and left an account; `after` is the key of the next."""

    lines: list[StatementLine]
    after: str | None


def lines(campaign: CampaignRow, kind: str, after: str = "") -> Lines:
    """Return the movements of one account behind `after`, oldest first.

    What is only set aside is left out.
    """
    if campaign.currency is None:
        return Lines([], None)
    account = ledger.account_number(kind, campaign.currency, campaign.id)
    if account is None:
        return Lines([], None)
    found = ledger.statement(account, after=_key(after), limit=PAGE_SIZE)
    last = found[-1] if len(found) == PAGE_SIZE else None
    following = f"{last.journal_id}-{last.line}" if last else None
    return Lines([line for line in found if line.change_minor], following)


def payout_leave_by(campaign_id: UUID) -> date | None:
    """Return the day by which a sponsor must have been paid: the oldest released pledge's."""
    sql = """
        SELECT min(i.leave_by) FROM pledge p JOIN escrow_instruction i ON i.id = p.checkout_id
        WHERE p.campaign_id = %s AND p.state = 'released'
    """
    found = scalar(sql, (campaign_id,))
    return found if isinstance(found, date) else None


def _key(text: str) -> tuple[int, int] | None:
    journal, _, line = text.partition("-")
    if not (_digits(journal) and _digits(line)):
        return None
    return int(journal), int(line)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16
