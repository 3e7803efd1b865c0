"""Writing a draft, part by part."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from marketplace.campaigns import rules
from marketplace.campaigns.queries import one
from marketplace.campaigns.services import drafting, moderating, picturing, rewarding
from marketplace.infra import transitions
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import ANONYMOUS, Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed, NotFound, Refusal
from marketplace.kernel.money import Money
from tests.builders import campaigns as build
from tests.builders.identity import an_actor

pytestmark = pytest.mark.usefixtures("app")


def start(sponsor: Actor, title: str = "A lamp", key: str = "one", category: str = "tech") -> UUID:
    return drafting.start_draft(
        sponsor, title=title, category=category, form_key=key, now=clock.now()
    )


class TestStarting:
    def test_a_draft_begins_with_its_first_two_answers(self) -> None:
        sponsor = an_actor()

        made = build.campaign(start(sponsor, "  A   lamp "))

        assert (made.state, made.title, made.category) == ("draft", "A lamp", "tech")
        assert made.sponsor_id == sponsor.person_id
        assert not made.is_public

    def test_the_same_form_sent_twice_is_one_draft(self) -> None:
        sponsor = an_actor()

        assert start(sponsor) == start(sponsor)
        assert len(one.own_campaigns(sponsor.known())) == 1

    def test_two_people_may_by_chance_send_the_same_key(self) -> None:
        assert start(an_actor()) != start(an_actor())

    @pytest.mark.parametrize(
        ("title", "category", "code"),
        [
            ("   ", "tech", "title_missing"),
            ("x" * (rules.TITLE_MAX + 1), "tech", "text_too_long"),
            ("A lamp", "", "category_unknown"),
            ("A lamp", "weapons", "category_unknown"),
        ],
    )
    def test_a_bad_answer_is_refused(self, title: str, category: str, code: str) -> None:
        with pytest.raises(Refusal, match=code):
            start(an_actor(), title, category=category)

    def test_somebody_unknown_has_no_drafts(self) -> None:
        with pytest.raises(NotAllowed):
            start(ANONYMOUS)


class TestStory:
    def write(self, story: str) -> tuple[list[str], str]:
        sponsor = an_actor()
        made = start(sponsor)
        taken_out = drafting.write_story(sponsor, made, story=story, now=clock.now()).taken_out
        return taken_out, build.campaign(made).story_html

    def test_words_and_their_shape_are_kept(self) -> None:
        story = "<h2>Why</h2><p>Because <em>light</em>.</p><ul><li>one</li></ul>"

        assert self.write(story) == ([], story)

    @pytest.mark.parametrize(
        "evil",
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<p onclick=alert(1)>x</p>",
            '<a href="javascript:alert(1)">x</a>',
            '<a href="&#106;avascript:alert(1)">x</a>',
            '<a href="data:text/html,<script>alert(1)</script>">x</a>',
            "<svg><script>alert(1)</script></svg>",
            "<math><mtext><script>alert(1)</script>",
            "<iframe src=//evil.example></iframe>",
            "<style>@import '//evil.example'</style>",
            '<p style="background:url(//evil.example)">x</p>',
            "<form action=//evil.example><input name=password></form>",
            "<meta http-equiv=refresh content='0;url=//evil.example'>",
            "<<script>script>alert(1)<</script>/script>",
            "<scr\0ipt>alert(1)</scr\0ipt>",
            "<!--><script>alert(1)</script>-->",
            '<p title="</p><script>alert(1)</script>">x',
            "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        ],
    )
    def test_scripts_are_taken_out_when_it_is_written(self, evil: str) -> None:
        _names, kept = self.write(f"<p>before</p>{evil}<p>after</p>")

        assert "before" in kept
        low = kept.lower()
        for sign in ("<script", "<img", "<svg", "<iframe", "<style", "<form", "<meta", "<math"):
            assert sign not in low
        for sign in ("onclick=", "javascript:", "data:text", 'style="', "<input"):
            assert sign not in low.replace("&lt;", "")

    def test_plain_text_keeps_its_paragraphs(self) -> None:
        assert self.write("One & two.\nStill one.\r\n\r\nThree.")[1] == (
            "<p>One &amp; two.<br>Still one.</p><p>Three.</p>"
        )

    def test_what_was_taken_out_is_named(self) -> None:
        names, _kept = self.write("<p>x</p><script>1</script><img src=x><script>2</script>")

        assert names == ["script", "img x"]

    def test_links_do_not_lend_our_name(self) -> None:
        _names, kept = self.write('<p><a href="https://example.org" target="_top">x</a></p>')

        assert 'rel="noopener nofollow ugc"' in kept
        assert "target" not in kept

    def test_one_longer_than_allowed_is_refused_and_the_former_kept(self) -> None:
        sponsor = an_actor()
        made = start(sponsor)
        drafting.write_story(sponsor, made, story="<p>short</p>", now=clock.now())

        with pytest.raises(Refusal, match="text_too_long"):
            drafting.write_story(sponsor, made, story="x" * (rules.STORY_MAX + 1), now=clock.now())
        assert build.campaign(made).story_html == "<p>short</p>"

    def test_a_tangle_of_tags_keeps_nobody_waiting(self) -> None:
        """Sixty thousand characters of nested lists took eighty seconds, then failed."""
        sponsor = an_actor()
        made = start(sponsor)

        with pytest.raises(Refusal, match="markup_tangled") as caught:
            drafting.write_story(sponsor, made, story="<ul><li>" * 7_400, now=clock.now())

        assert caught.value.field == "story"


class TestFunding:
    def write(self, made: UUID, sponsor: Actor, goal: Money, days: float = 30) -> None:
        now = clock.now()
        deadline = now + timedelta(days=days)
        drafting.write_funding(sponsor, made, goal=goal, deadline=deadline, now=now)

    def test_goal_currency_and_deadline_are_set(self) -> None:
        sponsor = an_actor()
        made = start(sponsor)

        self.write(made, sponsor, Money.of("1200.50", "USD"))

        found = build.campaign(made)
        assert found.goal == Money.of("1200.50", "USD")
        assert found.deadline == clock.now() + timedelta(days=30)

    def test_everything_wrong_is_said_at_once(self) -> None:
        sponsor = an_actor()
        made = start(sponsor)

        with pytest.raises(Refusal) as caught:
            self.write(made, sponsor, build.euros("99"), days=100)

        refusals = caught.value.refusals  # type: ignore[attr-defined]
        assert [found.code for found in refusals] == ["goal_too_small", "deadline_too_far"]

    def test_the_currency_stays_once_rewards_are_priced_in_it(self) -> None:
        sponsor = an_actor()
        made = build.a_draft(sponsor, tiers=[build.a_tier()])

        with pytest.raises(Refusal, match="currency_has_rewards"):
            self.write(made, sponsor, Money.of("1000", "USD"))
        self.write(made, sponsor, build.euros("2000"))

        assert build.campaign(made).goal == build.euros("2000")


def _commands(actor: Actor, made: UUID) -> list[Callable[[], Any]]:
    now = clock.now()
    words: dict[str, Any] = {
        "title": "A lamp",
        "tagline": "Light",
        "category": "tech",
        "language": "en",
    }
    goal, deadline = build.euros("500"), now + timedelta(days=5)
    return [
        lambda: drafting.write_basics(actor, made, **words, now=now),
        lambda: drafting.write_story(actor, made, story="<p>x</p>", now=now),
        lambda: drafting.write_risks(actor, made, risks="x", now=now),
        lambda: drafting.write_funding(actor, made, goal=goal, deadline=deadline, now=now),
        lambda: picturing.choose_cover(actor, made, uuid4(), now),
        lambda: picturing.remove_picture(actor, made, uuid4(), now),
    ]


def _another_reward(actor: Actor, made: UUID) -> None:
    rewarding.add_reward(actor, made, build.a_tier(), form_key="k", now=clock.now())


def test_somebody_elses_draft_does_not_exist() -> None:
    made = build.a_draft(an_actor("Sponsor Sol"))
    before = build.campaign(made)

    for write in [*_commands(an_actor("Mal"), made), *_commands(an_actor("Mal"), uuid4())]:
        with pytest.raises(NotFound):
            write()
    with pytest.raises(NotFound):
        _another_reward(an_actor("Mal"), made)
    with pytest.raises(NotFound):
        drafting.discard(an_actor("Mal"), made, clock.now())

    assert build.campaign(made) == before


@pytest.mark.parametrize("state", ["in_review", "live"])
def test_what_left_the_drafting_table_cannot_be_written_any_more(state: str) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = (
        build.submitted(build.a_draft(sponsor), sponsor)
        if state == "in_review"
        else build.a_live_campaign(sponsor)
    )
    before = build.campaign(made)

    for write in _commands(sponsor, made):
        with pytest.raises(Refusal, match="draft_locked"):
            write()

    assert build.campaign(made) == before


class TestDiscarding:
    def test_a_draft_disappears_from_the_list_and_leaves_its_trace(self) -> None:
        sponsor = an_actor()
        made = start(sponsor)

        drafting.discard(sponsor, made, clock.now())

        assert one.own_campaigns(sponsor.known()) == []
        assert [move.move for move in transitions.history("campaign", made)] == ["discard"]

    def test_a_live_campaign_cannot_be_discarded(self) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)

        with pytest.raises(IllegalMove):
            drafting.discard(sponsor, made, clock.now())
        assert build.campaign(made).state == "live"


def test_text_that_is_too_long_is_refused_with_the_limit(app: Flask) -> None:
    del app
    sponsor = an_actor()
    made = start(sponsor)

    with pytest.raises(Refusal, match="text_too_long") as caught:
        drafting.write_risks(sponsor, made, risks="x" * (rules.RISKS_MAX + 1), now=clock.now())

    assert caught.value.facts == {"most": rules.RISKS_MAX}
    db.session.rollback()


def test_a_reward_is_added_to_a_live_campaign_and_to_none_in_review() -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.submitted(build.a_draft(sponsor), sponsor)
    with pytest.raises(Refusal, match="draft_locked"):
        _another_reward(sponsor, made)

    moderating.approve(an_actor("Mo Derator", role="moderator"), made, clock.now())
    _another_reward(sponsor, made)

    assert len(build.reward_ids(made)) == 1
