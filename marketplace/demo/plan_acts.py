"""What sponsors of the demo say beside their stories: budget, timeline, questions."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from marketplace.campaigns.rules.drafting import Entry, Line, Step
from marketplace.campaigns.services import explaining, filming
from marketplace.demo.script import Plan, Project, plans
from marketplace.demo.songs import song
from marketplace.demo.stage import Stage
from marketplace.kernel.actors import Actor
from marketplace.kernel.days import add_months
from marketplace.kernel.money import Money
from marketplace.media.services.recordings import Said, prepare


def explain(
    stage: Stage, sponsor: Actor, campaign_id: UUID, project: Project, deadline: date
) -> None:
    """Write budget, timeline and questions of a draft, and let some of it be heard."""
    plan, now = plans()[project.category], stage.now
    explaining.write_budget(sponsor, campaign_id, list(_budget(project, plan)), now=now)
    steps = list(_timeline(project, plan, deadline))
    explaining.write_timeline(sponsor, campaign_id, steps, now=now)
    answers = [Entry(*entry) for entry in project.faq or plan.faq]
    explaining.write_faq(sponsor, campaign_id, answers, now=now)
    if project.sound:
        heard = prepare(io.BytesIO(song(project.picture, steps=10, voices=2)))
        filming.show_film(sponsor, campaign_id, heard, title=project.sound, said=Said(), now=now)


def _budget(project: Project, plan: Plan) -> Iterator[Line]:
    """Yield the sums that the story names, or what is usual for its kind."""
    usual = [(what, project.goal * percent // 100) for what, percent in plan.budget]
    for what, amount in project.budget or usual:
        yield Line(what, Money.of(str(amount), project.currency))


def _timeline(project: Project, plan: Plan, deadline: date) -> Iterator[Step]:
    months = max(tier.months for tier in project.tiers)
    for share, what in project.timeline or plan.timeline:
        after = max(round(share * months), 1)
        yield Step(what, add_months(deadline.replace(day=1), after))
