"""Backers who do not stay after a change of what they pledged for: everything goes back to them.

This stands before the closing of campaigns in a run: whoever did not agree to what a campaign
has become is not counted for it, and is not charged for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.services import changing, reconfirming
from marketplace.campaigns.services.accounts import escrow_account
from marketplace.campaigns.services.moving import lock_campaign
from marketplace.campaigns.states import COUNTING
from marketplace.infra.commands import command
from marketplace.infra.database import column
from marketplace.kernel.ids import public_id
from marketplace.settlement import deciding
from marketplace.settlement.deciding import line
from marketplace.settlement.lines import Line

# Where somebody is asked; where somebody was, and a payment came or a bank gave one back since.
_ASKED: Final = """
    SELECT c.id FROM campaign c WHERE c.suspended_at IS NULL AND (
        EXISTS (SELECT FROM material_change m WHERE m.campaign_id = c.id AND m.state = 'asking')
        OR (c.state IN ('live', 'closing') AND EXISTS (
            SELECT FROM reconfirmation r JOIN pledge p ON p.id = r.pledge_id
            WHERE r.campaign_id = c.id AND p.state IN ('held', 'promised')
              AND r.answer IS DISTINCT FROM 'keep')))
    ORDER BY c.id
"""
_OVERTAKEN: Final = """
    SELECT m.id FROM material_change m JOIN campaign c ON c.id = m.campaign_id
    WHERE m.state = 'proposed' AND (c.state <> 'live' OR c.deadline <= %s) ORDER BY m.id
"""


def look_after(now: datetime) -> list[Line]:
    """Give back what was not agreed to, remind who is still asked, end what cannot come any more.

    A suspended campaign waits: nothing of its money moves.
    """
    lines = deciding.take_each(column(_ASKED), lambda found: settle_campaign(found, now))
    for change_id in column(_OVERTAKEN, (now,)):
        if changing.lapse(change_id, now):
            note = "the deadline came before the decision"
            lines.append(Line("change.lapsed", public_id("chg", change_id), None, None, note))
    return lines


@command
def settle_campaign(campaign_id: UUID, now: datetime) -> list[Line]:
    """Take the asking of one campaign as far as it goes at `now`; safe to repeat."""
    campaign = lock_campaign(campaign_id)
    if campaign.suspended_at is not None:
        return []
    lines: list[Line] = []
    if campaign.state in COUNTING:
        account = escrow_account(campaign.id, campaign.currency or "")
        gone = reconfirming.end_unconfirmed(campaign, now)
        lines = [*_lapsed(gone.promised)]
        lines += deciding.give_back(gone.held, account, reason=reconfirming.REASON)
        lines += _reminded(reconfirming.remind(campaign, now))
    if reconfirming.finish(campaign, now):
        lines.append(line("campaign.reconfirmed", campaign_id, note="nobody is asked any more"))
    return lines


def _lapsed(ids: list[UUID]) -> list[Line]:
    note = "did not agree to the change; never charged"
    return [Line("pledge.lapsed", public_id("pl", found), None, None, note) for found in ids]


def _reminded(ids: list[UUID]) -> list[Line]:
    note = "has a day left to say whether to stay"
    return [Line("pledge.reminder", public_id("pl", found), None, None, note) for found in ids]
