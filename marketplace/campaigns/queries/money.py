"""The money of a campaign, line by line from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from marketplace.campaigns.queries.one import CampaignRow
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import StatementLine

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class Lines:
    """One page of what entered and left a campaign's escrow; `after` is the key of the next."""

    lines: list[StatementLine]
    after: str | None


def lines(campaign: CampaignRow, after: str = "") -> Lines:
    """Return the movements behind `after`, oldest first. What is only set aside is left out."""
    if campaign.currency is None:
        return Lines([], None)
    account = ledger.account_number("escrow:campaign", campaign.currency, campaign.id)
    if account is None:
        return Lines([], None)
    found = ledger.statement(account, after=_key(after), limit=PAGE_SIZE)
    last = found[-1] if len(found) == PAGE_SIZE else None
    following = f"{last.journal_id}-{last.line}" if last else None
    return Lines([line for line in found if line.change_minor], following)


def _key(text: str) -> tuple[int, int] | None:
    journal, _, line = text.partition("-")
    if not (_digits(journal) and _digits(line)):
        return None
    return int(journal), int(line)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16
