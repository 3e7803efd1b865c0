"""What a draft says beside its story: where the money goes, what comes when, what is often asked.

Each list is written whole, as it stands on its page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from marketplace.campaigns.models.drafting import BudgetLine, FaqEntry, TimelineStep
from marketplace.campaigns.rules import drafting as rules
from marketplace.campaigns.rules import one_line
from marketplace.campaigns.rules.drafting import Entry, Line, Step
from marketplace.campaigns.services.saving import BY_HAND, Save, Saved, saving
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, refuse_if
from marketplace.kernel.money import Money


@command
def write_budget(
    actor: Actor, campaign_id: UUID, lines: Sequence[Line], *, now: datetime, save: Save = BY_HAND
) -> Saved:
    """Say what the goal is for, line by line, in the currency of the goal."""
    with saving(actor, campaign_id, "budget", now, save) as draft:
        if draft.campaign.currency is None:
            raise Refusal("budget_before_goal")
        refuse_if(rules.budget_refusals(lines, draft.campaign.currency))
        set_budget(campaign_id, [(title, amount) for title, amount in lines if amount is not None])
    return draft.saved()


@command
def write_timeline(
    actor: Actor, campaign_id: UUID, steps: Sequence[Step], *, now: datetime, save: Save = BY_HAND
) -> Saved:
    """Say what will be reached in which month; kept in their order in time."""
    with saving(actor, campaign_id, "timeline", now, save) as draft:
        refuse_if(rules.timeline_refusals(steps, now.astimezone(UTC).date()))
        set_timeline(campaign_id, [(title, month) for title, month in steps if month is not None])
    return draft.saved()


@command
def write_faq(
    actor: Actor,
    campaign_id: UUID,
    entries: Sequence[Entry],
    *,
    now: datetime,
    save: Save = BY_HAND,
) -> Saved:
    """Answer what is often asked."""
    with saving(actor, campaign_id, "faq", now, save) as draft:
        refuse_if(rules.faq_refusals(entries))
        set_faq(campaign_id, [entry for entry in entries if entry.question.strip()])
    return draft.saved()


@step
def set_budget(campaign_id: UUID, lines: Iterable[tuple[str, Money]]) -> None:
    """Let these be the lines of the budget."""
    execute("DELETE FROM budget_line WHERE campaign_id = %s", (campaign_id,))
    db.session.add_all(
        BudgetLine(
            campaign_id=campaign_id,
            position=at,
            title=one_line(title),
            amount_minor=amount.minor,
            currency=amount.currency,
        )
        for at, (title, amount) in enumerate(lines, start=1)
    )


@step
def set_timeline(campaign_id: UUID, steps: Iterable[tuple[str, date]]) -> None:
    """Let these be the steps to come, the first one first."""
    execute("DELETE FROM timeline_step WHERE campaign_id = %s", (campaign_id,))
    in_time = sorted(steps, key=lambda each: each[1])
    db.session.add_all(
        TimelineStep(campaign_id=campaign_id, position=at, month=month, title=one_line(title))
        for at, (title, month) in enumerate(in_time, start=1)
    )


@step
def set_faq(campaign_id: UUID, entries: Iterable[tuple[str, str]]) -> None:
    """Let these be the questions and answers."""
    execute("DELETE FROM faq_entry WHERE campaign_id = %s", (campaign_id,))
    plain = [Entry(question, answer).cleaned() for question, answer in entries]
    db.session.add_all(
        FaqEntry(campaign_id=campaign_id, position=at, question=entry.question, answer=entry.answer)
        for at, entry in enumerate(plain, start=1)
    )
