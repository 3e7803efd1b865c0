"""What sponsors, moderators and backers do in the demo world."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.queries import one, rewards
from marketplace.campaigns.rules.parts import Share
from marketplace.campaigns.rules.prices import NO_EXTRAS
from marketplace.campaigns.services import (
    cancelling,
    drafting,
    moderating,
    picturing,
    placing,
    release_plan,
    submitting,
    telling,
)
from marketplace.campaigns.states.parts import PartKind
from marketplace.demo import funding_acts, plan_acts, reward_acts, team_acts, troubles
from marketplace.demo.asking_acts import stage_asking
from marketplace.demo.moderation_acts import stage_affair
from marketplace.demo.pictures import draw
from marketplace.demo.script import News, Project
from marketplace.demo.stage import WORLD_DAYS, Agenda, Stage
from marketplace.demo.talk_acts import stage_talk
from marketplace.demo.visit_acts import stage_visits, tag_of_pledge
from marketplace.escrow.services import dispatching
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.media import services as media
from marketplace.simulator.teller import GOOD_CARD

_SMALL_PLEDGES: Final = (19, 30)
_PATRONS: Final = (5, 8)
_ANONYMOUS_SHARE: Final = 0.12
_CANCELLED_EVERY: Final = 23
_CANCELLED_ABOVE: Final = 120
_LEFT_EVERY: Final = 17
# Cards that save well and are declined when they are charged: no money, expired, wants its owner.
_DECLINED: Final = ("4000000000000341", "4000000000001067", "4000002760003184")
_DECLINED_EVERY: Final = 5
_MILESTONE_EVERY: Final = 6
_WHOLE: Final = 5  # patrons give multiples of this many units
# The backer one can sign in as takes part in every third campaign: this many days after launch.
_VISITOR, _VISITOR_EVERY, _VISITOR_DAY = "crowd-0", 3, 4
_RETURN_REASON: Final = (
    "The budget is missing. Say in the story what the roof, the lid and the tuning cost, so that"
    " backers can see what the goal is made of."
)


def stage_project(
    stage: Stage, project: Project, number: int, on_day: Agenda, studio: Executor
) -> None:
    """Put everything that happens around one project on the agenda; `studio` draws meanwhile."""
    drawn = studio.submit(lambda: media.prepare(draw(project.category, project.picture)))
    act = partial(_draft, stage, project, number, on_day, drawn)
    on_day(max(project.launch_day - 2, 0), act)


def _draft(
    stage: Stage, project: Project, number: int, on_day: Agenda, drawn: Future[media.Kept]
) -> None:
    sponsor = stage.cast[project.by]
    deadline = _deadline(stage, project)
    campaign_id = drafting.start_draft(
        sponsor,
        title=project.title,
        category=project.category,
        language=project.language,
        form_key=stage.form_key(),
        now=stage.now,
    )
    stage.pass_minutes()
    _write(stage, sponsor, campaign_id, project, deadline)
    if project.end == "draft":
        return
    funding_acts.promise_more(stage, sponsor, campaign_id, project)
    plan_acts.explain(stage, sponsor, campaign_id, project, deadline.date())
    _picture(stage, sponsor, campaign_id, project, drawn.result())
    reward_acts.promise(stage, sponsor, campaign_id, project, deadline.date())
    if number % _MILESTONE_EVERY == 0:
        _plan_milestone(stage, sponsor, campaign_id, deadline.date())
    stage.onboard(sponsor)
    if project.end == "upcoming":
        team_acts.plan_launch(stage, project, campaign_id)
        on_day(project.launch_day, partial(team_acts.announce, stage, campaign_id))
    fee_bps = one.fee_bps_at(stage.now)
    submitting.submit(sponsor, campaign_id, fee_bps_shown=fee_bps, agreed=True, now=stage.now)
    if project.end == "returned":
        on_day(
            project.launch_day,
            lambda: moderating.give_back(
                stage.cast["moderator"], campaign_id, reason=_RETURN_REASON, now=stage.now
            ),
        )
    elif not project.end:
        on_day(project.launch_day, partial(_launch, stage, project, number, campaign_id, on_day))


def _launch(stage: Stage, project: Project, number: int, campaign_id: UUID, on_day: Agenda) -> None:
    moderating.approve(stage.cast["moderator"], campaign_id, stage.now)
    stage_talk(stage, project, number, campaign_id, on_day)
    stage_visits(stage, project, number, campaign_id, on_day)
    team_acts.stage_work(stage, project, campaign_id, on_day)
    stage_affair(stage, project, campaign_id, on_day)
    stage_asking(stage, project, campaign_id, on_day)
    for news in project.news:
        on_day(project.launch_day + news.day, partial(_tell, stage, project, campaign_id, news))
    for intent in _intents(stage, project, number, campaign_id):
        on_day(project.launch_day + intent.day, partial(_pledge, stage, campaign_id, intent))
    if project.stretch:
        day = project.launch_day + project.duration - 1
        on_day(day, partial(funding_acts.reach_more, stage))
    for day in funding_acts.late_days(project):
        on_day(project.launch_day + day, partial(_pledge_late, stage, campaign_id, project))
    for trouble in troubles.of(project, number, WORLD_DAYS):
        intent = _Intent(trouble.day, trouble.amount, card=trouble.card)
        on_day(project.launch_day + intent.day, partial(_pledge, stage, campaign_id, intent))
        if trouble.is_answered:
            answer = partial(troubles.answer, stage, campaign_id)
            on_day(project.launch_day + intent.day + troubles.ANSWER_DAYS, answer)


def _plan_milestone(stage: Stage, sponsor: Actor, campaign_id: UUID, deadline: date) -> None:
    """Half at once, a fifth when the workshop is ready, the rest when it was inspected."""
    milestone = Share(
        PartKind.MILESTONE, 2_000, "The workshop is ready", deadline + timedelta(days=40)
    )
    release_plan.write_plan(
        sponsor, campaign_id, first_bps=5_000, milestones=[milestone], now=stage.now
    )


def _write(
    stage: Stage, sponsor: Actor, campaign_id: UUID, project: Project, deadline: datetime
) -> None:
    now = stage.now
    drafting.write_basics(
        sponsor,
        campaign_id,
        title=project.title,
        tagline=project.tagline,
        category=project.category,
        language=project.language,
        now=now,
    )
    drafting.write_story(sponsor, campaign_id, story=project.story, now=now)
    drafting.write_risks(sponsor, campaign_id, risks=project.risks, now=now)
    goal = Money.of(str(project.goal), project.currency)
    ending = funding_acts.ending(project)
    drafting.write_funding(
        sponsor,
        campaign_id,
        goal=goal,
        deadline=deadline,
        collection=project.collection,
        ending=ending,
        now=now,
    )


def _picture(
    stage: Stage, sponsor: Actor, campaign_id: UUID, project: Project, kept: media.Kept
) -> None:
    picture_id = picturing.add_picture(
        sponsor,
        campaign_id,
        kept,
        alt=f"A drawing for {project.title}: {project.tagline}"[:200],
        focus=(50, 50),
        now=stage.now,
    )
    picturing.choose_cover(sponsor, campaign_id, picture_id, stage.now)


@dataclass(frozen=True, slots=True)
class _Intent:
    """A pledge somebody will make `day` days after the launch; `backer` is drawn if empty."""

    day: int
    amount: Money
    reward_id: UUID | None = None
    backer: str = ""
    may_cancel: bool = False
    card: str = GOOD_CARD


def _intents(stage: Stage, project: Project, number: int, campaign_id: UUID) -> Iterator[_Intent]:
    """Yield pledges that together reach what the script says.

    Many small ones for rewards, busy first and last days, and a few patrons for the rest.
    """
    dice, currency = stage.dice, project.currency
    tiers = [row for row in rewards.shown(campaign_id) if not row.is_addon]
    scale = Money.of("1", currency).minor
    may_cancel = project.reach > _CANCELLED_ABOVE
    rest = Money.of(str(project.goal), currency).minor * project.reach // 100
    if number % _VISITOR_EVERY == 1 or project.visitor_card:
        tier = tiers[number % len(tiers)]
        rest -= tier.price_minor
        price, shown = Money(tier.price_minor, currency), project.visitor_card or GOOD_CARD
        yield _Intent(_VISITOR_DAY, price, tier.id, _VISITOR, card=shown)
    for _number in range(dice.randint(*_SMALL_PLEDGES)):
        tier = dice.choices(tiers, weights=range(len(tiers) + 2, 2, -1))[0]
        amount = tier.price_minor + dice.choice((0, 0, 0, 0, 1, 2, 5)) * scale
        if rest < amount:
            break
        rest -= amount
        day = _day(stage, project)
        card = _card(stage, project)
        yield _Intent(day, Money(amount, currency), tier.id, may_cancel=may_cancel, card=card)
    for gift in _gifts(stage, rest // (_WHOLE * scale), _WHOLE * scale, currency):
        yield _Intent(_day(stage, project), gift)


def _card(stage: Stage, project: Project) -> str:
    """Return a card; where it is charged much later, now and then one that is declined then."""
    later = project.collection == "deadline"
    if later and stage.dice.randrange(_DECLINED_EVERY) == 0:
        return stage.dice.choice(_DECLINED)
    return GOOD_CARD


def _gifts(stage: Stage, count: int, piece: int, currency: str) -> Iterator[Money]:
    """Yield `count` pieces in a few uneven heaps, none above what one pledge may be."""
    least = -(-count * piece // rules.pledge_max(currency).minor)
    patrons = max(stage.dice.randint(*_PATRONS), least)
    weights = [stage.dice.randint(3, 7) for _ in range(patrons)]
    if count >= patrons:
        yield from (
            Money(part.minor * piece, currency) for part in Money(count, currency).split(weights)
        )


def _day(stage: Stage, project: Project) -> int:
    last = project.duration - 1
    shape = stage.dice.random()
    if shape < 0.4:
        return int(stage.dice.triangular(0, last, 0))
    return (
        int(stage.dice.triangular(0, last, last)) if shape < 0.75 else stage.dice.randint(0, last)
    )


def _pledge(stage: Stage, campaign_id: UUID, intent: _Intent) -> None:
    backer = stage.cast[intent.backer or stage.dice.choice(_drawn(stage, intent))]
    stage.pass_minutes(0, 3)
    anonymous = not intent.backer and stage.dice.random() < _ANONYMOUS_SHARE
    placed = _placed(stage, backer, campaign_id, intent, anonymous=anonymous)
    if placed is None:
        return
    if intent.may_cancel and stage.every(_LEFT_EVERY):
        stage.leave(placed.checkout_id)
        if stage.every(2 * _LEFT_EVERY):
            _take_back(stage, backer, placed)
        return
    stage.pay(placed.checkout_id, intent.card)
    if intent.may_cancel and stage.every(_CANCELLED_EVERY):
        stage.settle()
        _take_back(stage, backer, placed)


def _pledge_late(stage: Stage, campaign_id: UUID, project: Project) -> None:
    tier = next(row for row in rewards.shown(campaign_id) if not row.is_addon)
    amount = Money(tier.price_minor, project.currency)
    _pledge(stage, campaign_id, _Intent(project.duration, amount, tier.id))


def _take_back(stage: Stage, backer: Actor, placed: placing.Placed) -> None:
    if not cancelling.cancel_pledge(backer, placed.pledge_id, stage.now):
        dispatching.withdraw(placed.checkout_id)


def _placed(
    stage: Stage, backer: Actor, campaign_id: UUID, intent: _Intent, *, anonymous: bool
) -> placing.Placed | None:
    """Pledge for the reward, or without one when somebody else took the last.

    None where the campaign was suspended meanwhile.
    """
    place = partial(
        placing.place_pledge,
        backer,
        campaign_id,
        amount=intent.amount,
        anonymous=anonymous,
        now=stage.now,
    )
    extras = NO_EXTRAS
    if intent.reward_id is not None:
        extras = reward_acts.picks(campaign_id, intent.reward_id, intent.day)
    extras = replace(extras, source=tag_of_pledge(intent.day + intent.amount.minor))
    try:
        return place(reward_id=intent.reward_id, form_key=stage.form_key(), extras=extras)
    except Refusal as refusal:
        if refusal.code == "campaign_suspended":
            return None
        return place(reward_id=None, form_key=stage.form_key())


def _drawn(stage: Stage, intent: _Intent) -> list[str]:
    """Return who may come: patrons are not the visitors' backer, who has smaller means."""
    crowd = stage.keys("crowd")
    return crowd if intent.reward_id else [key for key in crowd if key != _VISITOR]


def _tell(stage: Stage, project: Project, campaign_id: UUID, news: News) -> None:
    telling.post_update(
        stage.cast[project.by],
        campaign_id,
        title=news.title,
        body=news.text,
        form_key=stage.form_key(),
        now=stage.now,
    )
    telling.send_due(stage.now + telling.UNDO)


def _deadline(stage: Stage, project: Project) -> datetime:
    launch = stage.now + timedelta(days=min(project.launch_day, 2))
    return (launch + timedelta(days=project.duration)).replace(
        hour=18, minute=0, second=0, microsecond=0
    )
