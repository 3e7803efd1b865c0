"""Campaigns whose cards were only saved: charged when enough is promised, judged by what came.

    closing ──enough promised──▶ collecting ──all settled, or seven days over──▶ funded
       └──────less───▶ unfunded, nobody charged                                └▶ unfunded

Every promised pledge is charged once, in one set. A decline is its backer's to mend on a page
until the window ends: a letter at once, a reminder every two days, and one more charge of the
same card a day before the end where that may help. What is collected by then is held against
the floor its sponsor chose, or the goal; a payment whose news comes later goes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.rules.models import Verdict, at_deadline, rule_of
from marketplace.campaigns.services import closing, promising
from marketplace.campaigns.services.accounts import escrow_account
from marketplace.campaigns.services.moving import lock_campaign
from marketplace.campaigns.states import CampaignState, PledgeState
from marketplace.escrow.declines import NOT_REPEATED
from marketplace.escrow.services import dispatching, planning
from marketplace.escrow.services.planning import ChargePlan
from marketplace.escrow.states import Kind, State
from marketplace.infra.commands import command, rehearsing, step
from marketplace.infra.database import column, rows
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money
from marketplace.settlement import deciding
from marketplace.settlement.deciding import line
from marketplace.settlement.lines import Line

WINDOW: Final = timedelta(days=7)
REMIND_EVERY: Final = timedelta(hours=48)
LAST_TRY_BEFORE_END: Final = timedelta(days=1)
PATIENCE: Final = timedelta(minutes=45)


def collect_due_campaigns(now: datetime) -> list[Line]:
    """Take every campaign that is collecting as far as it can be taken at `now`.

    One whose books do not add up is left as it is and named; the others go on.
    """
    standings = {found.id: found for found in _standings(now)}

    def take(campaign_id: UUID) -> list[Line]:
        found = standings[campaign_id]
        return collect_campaign(campaign_id, now) if found.is_due(now) else [found.line()]

    return deciding.take_each(standings, take)


def collect_campaign(campaign_id: UUID, now: datetime) -> list[Line]:
    """Repeat, remind and, where nothing is awaited any more, decide one campaign."""
    if not rehearsing():
        for payment_id in _to_end(campaign_id, now):
            dispatching.withdraw(payment_id)
    return _advance(campaign_id, now)


@dataclass(frozen=True, slots=True)
class _Standing:
    """How far one campaign is with collecting. `acts` are declines that are due for something."""

    id: UUID
    currency: str
    collect_until: datetime
    held_minor: int
    charging: int
    declined: int
    acts: int

    def is_due(self, now: datetime) -> bool:
        """Whether anything can be done about it."""
        return now >= self.collect_until or self.acts > 0 or not self.charging + self.declined

    def line(self) -> Line:
        """Return what the run says while nothing can be done."""
        note = f"{self.charging} charges under way, {self.declined} declines wait to be mended"
        held = Money(self.held_minor, self.currency)
        return line("campaign.collects", self.id, amount=held, note=note)


def _standings(now: datetime) -> list[_Standing]:
    sql = """
        SELECT c.id, c.currency, c.collect_until, t.held_minor,
            count(*) FILTER (WHERE p.state = 'charging') AS charging,
            count(*) FILTER (WHERE p.state = 'declined') AS declined,
            count(*) FILTER (WHERE p.state = 'declined' AND (
                p.reminded_at <= %(remind)s
                OR c.collect_until <= %(repeat)s AND p.charges = 1
                    AND p.decline_reason <> ALL(%(hopeless)s))) AS acts
        FROM campaign c JOIN campaign_total t ON t.campaign_id = c.id
        LEFT JOIN pledge p ON p.campaign_id = c.id AND p.state IN ('charging', 'declined')
        WHERE c.state = 'collecting' AND c.suspended_at IS NULL
        GROUP BY c.id, c.currency, c.collect_until, t.held_minor ORDER BY c.collect_until, c.id
    """
    moments = {"remind": now - REMIND_EVERY, "repeat": now + LAST_TRY_BEFORE_END}
    return rows(sql, {**moments, "hopeless": list(NOT_REPEATED)}, into=_Standing)


@step
def start(campaign: Campaign, now: datetime) -> list[Line]:
    """Charge every saved card if enough is promised; else nobody is charged at all."""
    promised = promising.outstanding(campaign)
    if at_deadline(promised, rule_of(campaign)) is Verdict.MISS:
        return deciding.miss(campaign, now)
    until = now + WINDOW
    closing.collect(campaign, promised, until=until, now=now)
    note = f"enough is promised; declines can be mended until {until:%Y-%m-%d %H:%M}"
    head = line("campaign.collecting", campaign.id, amount=promised, note=note)
    return [head, *_charge(campaign, PledgeState.PROMISED, _promised(campaign), now)]


@command
def _advance(campaign_id: UUID, now: datetime) -> list[Line]:
    campaign = lock_campaign(campaign_id)
    until = campaign.collect_until
    if campaign.state != CampaignState.COLLECTING or until is None or campaign.suspended_at:
        return []
    if now >= until:
        return _end(campaign, until, now)
    lines = _repeat(campaign, now) if now >= until - LAST_TRY_BEFORE_END else []
    lines += _remind(campaign, now)
    if _count(campaign, PledgeState.CHARGING) + _count(campaign, PledgeState.DECLINED):
        return lines
    return deciding.decide(campaign, now)


@step
def _repeat(campaign: Campaign, now: datetime) -> list[Line]:
    return _charge(campaign, PledgeState.DECLINED, _worth_repeating(campaign), now)


@step
def _remind(campaign: Campaign, now: datetime) -> list[Line]:
    ids = promising.remind(campaign, before=now - REMIND_EVERY, now=now)
    note = "the card was declined and is not mended"
    return [Line("pledge.reminder", public_id("pl", found), None, None, note) for found in ids]


@step
def _end(campaign: Campaign, until: datetime, now: datetime) -> list[Line]:
    """The window is over: what is under way is waited for a little, then it is decided."""
    awaited = _count(campaign, PledgeState.CHARGING) + _pages(campaign)
    if awaited and now < until + PATIENCE:
        return [line("campaign.waits", campaign.id, note=f"{awaited} payments are still open")]
    lost = promising.lapse_unpaid(campaign, now)
    note = "the card was not charged in time"
    ended = [Line("pledge.lapsed", public_id("pl", found), None, None, note) for found in lost]
    return [*ended, *deciding.decide(campaign, now)]


@dataclass(frozen=True, slots=True)
class _Saved:
    """One pledge whose saved card is to be charged."""

    id: UUID
    backer_id: UUID
    setup_id: UUID
    amount_minor: int
    currency: str
    charges: int

    @property
    def amount(self) -> Money:
        """All of it."""
        return Money(self.amount_minor, self.currency)

    def plan(self, account: int, description: str) -> ChargePlan:
        """Return the next charge of the whole pledge."""
        return ChargePlan(
            of=InstructionId(self.setup_id),
            subject_id=self.id,
            amount=self.amount,
            credit_account=account,
            purpose="pledge",
            cause=f"pledge:{self.id}",
            description=description,
            sequence=self.charges + 1,
        )

    def line(self) -> Line:
        """Return what the run says about it."""
        note = f"saved card, try {self.charges + 1}"
        return Line("pledge.charge", public_id("pl", self.id), self.backer_id, self.amount, note)


@step
def _charge(
    campaign: Campaign, former: PledgeState, saved: list[_Saved], now: datetime
) -> list[Line]:
    if not saved:
        return []
    account = escrow_account(campaign.id, saved[0].currency)
    planned = planning.plan_charges([pledge.plan(account, campaign.title) for pledge in saved])
    promising.mark_charging([pledge.id for pledge in saved], planned, former, now)
    return [pledge.line() for pledge in saved]


_OPEN_PAGE: Final = """
    SELECT FROM escrow_instruction i WHERE i.kind = 'checkout' AND i.purpose = 'pledge'
        AND i.subject_id = p.id AND i.state IN ('planned', 'sent', 'unknown')
"""
_SAVED: Final = "SELECT id, backer_id, setup_id, amount_minor, currency, charges FROM pledge p"


def _promised(campaign: Campaign) -> list[_Saved]:
    sql = f"{_SAVED} WHERE campaign_id = %s AND state = 'promised' ORDER BY id FOR UPDATE"
    return rows(sql, (campaign.id,), into=_Saved)


def _worth_repeating(campaign: Campaign) -> list[_Saved]:
    """Return the declined pledges that one more charge may help and nobody is just paying."""
    sql = f"""
        {_SAVED}
        WHERE campaign_id = %(campaign)s AND state = 'declined' AND charges = 1
          AND decline_reason <> ALL(%(hopeless)s) AND NOT EXISTS ({_OPEN_PAGE})
        ORDER BY id FOR UPDATE
    """
    return rows(sql, {"campaign": campaign.id, "hopeless": list(NOT_REPEATED)}, into=_Saved)


def _to_end(campaign_id: UUID, now: datetime) -> list[UUID]:
    """Return what nobody shall pay any more: open pages and charges not sent, the window over."""
    sql = """
        SELECT i.id FROM campaign c
        JOIN pledge p ON p.campaign_id = c.id AND p.state IN ('charging', 'declined')
        JOIN escrow_instruction i ON i.purpose = 'pledge' AND i.subject_id = p.id
        WHERE c.id = %(campaign)s AND c.collect_until <= %(now)s
          AND ((i.kind = %(page)s AND i.state = ANY(%(open)s))
               OR (i.kind = %(charge)s AND i.state = %(unsent)s))
        ORDER BY i.id
    """
    params = {
        "campaign": campaign_id,
        "now": now,
        "page": Kind.CHECKOUT,
        "charge": Kind.CHARGE,
        "open": [State.PLANNED, State.SENT],
        "unsent": State.PLANNED,
    }
    return column(sql, params)


def _count(campaign: Campaign, state: PledgeState) -> int:
    sql = "SELECT count(*) FROM pledge WHERE campaign_id = %s AND state = %s"
    return int(column(sql, (campaign.id, state))[0])


def _pages(campaign: Campaign) -> int:
    """Return how many pages are open on which a decline may just be mended."""
    sql = f"""
        SELECT count(*) FROM pledge p
        WHERE campaign_id = %s AND state = 'declined' AND EXISTS ({_OPEN_PAGE})
    """  # noqa: S608 - our own constant
    return int(column(sql, (campaign.id,))[0])
