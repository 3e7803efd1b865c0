"""What the demo's people wrote: complete, allowed, and long enough to be believed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace.campaigns import rules as campaigns
from marketplace.campaigns.fees import payout
from marketplace.campaigns.rules.claims import claims
from marketplace.campaigns.rules.drafting import Entry, allot, faq_refusals
from marketplace.campaigns.rules.languages import LANGUAGES, count_words
from marketplace.demo import habits, script
from marketplace.demo.script import Borrowing, Project
from marketplace.infra import html
from marketplace.kernel.money import Money
from marketplace.loans import rules as loans
from marketplace.loans.four_eyes import COUNTER_CODES
from marketplace.loans.pricing import GRADES

PROJECTS = script.projects()
BORROWINGS = script.borrowings()


def title(entry: Project | Borrowing) -> str:
    return entry.title


@pytest.mark.parametrize("project", PROJECTS, ids=title)
def test_every_project_says_who_what_and_at_what_risk(project: Project) -> None:
    told = count_words(html.words(project.story))

    assert 130 <= told <= 350
    assert html.stripped(project.story) == []
    assert project.category in campaigns.CATEGORIES
    assert project.language in LANGUAGES
    assert project.by in script.people()["sponsors"]
    assert project.risks.strip()
    assert len(project.title) <= campaigns.TITLE_MAX
    assert len(project.tagline) <= campaigns.TAGLINE_MAX


@pytest.mark.parametrize("project", PROJECTS, ids=title)
def test_every_campaign_has_rewards_and_a_time_it_may_run(project: Project) -> None:
    assert project.tiers
    assert all(0 < tier.price <= 10_000 and tier.text for tier in project.tiers)
    assert timedelta(days=project.duration + 2) <= campaigns.DURATION_MAX
    assert project.end in {"", "draft", "review", "returned", "upcoming"}


@pytest.mark.parametrize("project", [found for found in PROJECTS if found.budget], ids=title)
def test_a_budget_and_our_fee_are_the_goal(project: Project) -> None:
    goal = Money.of(str(project.goal), project.currency)
    lines = [Money.of(str(amount), project.currency) for _what, amount in project.budget]

    assert allot(lines, goal, payout(goal, 500).fee).left.is_zero


@pytest.mark.parametrize("project", [found for found in PROJECTS if found.faq], ids=title)
def test_who_answers_in_another_language_answers_whole(project: Project) -> None:
    assert project.budget
    assert project.timeline[-1][0] == 1
    assert faq_refusals([Entry(*entry) for entry in project.faq]) == []


def test_every_category_has_a_budget_a_timeline_and_questions() -> None:
    plans = script.plans()

    assert set(plans) == set(campaigns.CATEGORIES)
    for plan in plans.values():
        assert 80 <= sum(percent for _what, percent in plan.budget) <= 92
        assert [share for share, _what in plan.timeline] == sorted({s for s, _w in plan.timeline})
        assert plan.timeline[-1][0] == 1
        assert faq_refusals([Entry(*entry) for entry in plan.faq]) == []
        assert not claims(" ".join(" ".join(entry) for entry in plan.faq))


@pytest.mark.parametrize("borrowing", BORROWINGS, ids=title)
def test_every_borrower_tells_a_story_and_pays_by_a_habit(borrowing: Borrowing) -> None:
    assert 40 <= len(borrowing.story.split()) <= 120
    assert len(borrowing.story) <= loans.STORY_LENGTH_MAX
    assert borrowing.purpose in loans.PURPOSES
    assert borrowing.work in loans.EMPLOYMENTS
    assert borrowing.housing in loans.HOUSINGS
    assert borrowing.grade in GRADES
    assert borrowing.habit.partition("_")[0] in {"on", "late", "stops", "autopay"}
    assert borrowing.early in {"", "whole", "part"}
    assert borrowing.lent <= borrowing.amount
    assert borrowing.counter in {"", *COUNTER_CODES}
    assert bool(borrowing.counter) == (borrowing.lent < borrowing.amount)


def test_nobody_and_nothing_is_told_twice() -> None:
    everybody = [name for names in script.people().values() for name in names]
    titles = [project.title for project in PROJECTS] + [one.title for one in BORROWINGS]
    pictures = [(project.category, project.picture) for project in PROJECTS]

    assert len(set(everybody)) == len(everybody)
    assert len(set(titles)) == len(titles)
    assert len(set(pictures)) == len(pictures)


@pytest.mark.parametrize(
    ("habit", "number", "late", "expected"),
    [
        ("on_time", 7, -4, False),
        ("on_time", 7, -3, True),
        ("late_12", 2, -3, True),
        ("late_12", 3, 11, False),
        ("late_12", 3, 12, True),
        ("stops_5", 5, 0, True),
        ("stops_5", 6, 200, False),
        ("autopay", 7, 4, False),
        ("autopay", 7, 5, True),
    ],
)
def test_a_habit_decides_on_which_day_a_bill_is_paid(
    habit: str, number: int, late: int, *, expected: bool
) -> None:
    assert habits.pays(habit, number, timedelta(days=late), phase=3) is expected
