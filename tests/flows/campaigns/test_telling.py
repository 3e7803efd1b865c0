"""News from the sponsor."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.campaigns import rules
from marketplace.campaigns.queries import audiences, rewards, updates
from marketplace.campaigns.queries.updates import Reader
from marketplace.campaigns.services import telling
from marketplace.campaigns.services.telling import EVERYBODY, Audience
from marketplace.community.services import following
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.notifications import inbox, topics
from marketplace.notifications.topics import Channel, Topic
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_person, an_actor
from tests.conftest import START


def tell(  # noqa: PLR0917 - read as one sentence
    sponsor: Actor,
    made: UUID,
    title: str = "News",
    body: str = "<p>Hot.</p>",
    key: str = "",
    audience: Audience = EVERYBODY,
) -> UUID:
    return telling.post_update(
        sponsor,
        made,
        title=title,
        body=body,
        form_key=key or build.form_key(),
        now=clock.now(),
        audience=audience,
    )


def sent(world: World, hand: clock.Hand) -> None:
    """The ten seconds to take it back are over, and letters go out."""
    hand.advance(seconds=10)
    telling.send_due(clock.now())
    world.work()


def told(made: UUID, reader: Reader | None = None) -> list[updates.UpdateRow]:
    found = updates.told(made, clock.now(), reader or Reader())
    db.session.rollback()
    return found


@pytest.mark.usefixtures("app")
class TestPosting:
    def test_it_is_cleaned_like_a_story(self) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)

        tell(sponsor, made, "  The  kiln ", "<p>Hot.</p><script>alert(1)</script>")

        assert [(row.title, row.body_html) for row in told(made)] == [("The kiln", "<p>Hot.</p>")]

    def test_the_same_form_sent_twice_is_posted_once(self) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)

        assert tell(sponsor, made, key="k") == tell(sponsor, made, key="k")
        assert len(told(made)) == 1

    @pytest.mark.parametrize(
        ("title", "body", "code"),
        [
            (" ", "<p>x</p>", "title_missing"),
            ("x" * 81, "<p>x</p>", "text_too_long"),
            ("News", "  ", "update_empty"),
            ("News", "<script>alert(1)</script>", "update_empty"),
            ("News", "x" * (rules.UPDATE_MAX + 1), "text_too_long"),
            ("News", "<b>" * 6_000, "markup_tangled"),
        ],
    )
    def test_a_bad_one_is_refused(self, title: str, body: str, code: str) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)

        with pytest.raises(Refusal, match=code):
            tell(sponsor, made, title, body)
        assert told(made) == []

    def test_a_draft_has_nothing_to_tell_yet(self) -> None:
        sponsor = an_actor()
        made = build.a_draft(sponsor)

        with pytest.raises(Refusal, match="update_before_live"):
            tell(sponsor, made)

    def test_backers_are_not_flooded(self, hand: clock.Hand) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)
        for _ in range(telling.DAILY_MAX):
            tell(sponsor, made)

        with pytest.raises(Refusal, match="updates_too_many"):
            tell(sponsor, made)
        hand.advance(days=1, seconds=1)
        tell(sponsor, made)

        assert len(told(made)) == telling.DAILY_MAX + 1

    def test_nobody_speaks_for_another_sponsor(self) -> None:
        made = build.a_live_campaign(an_actor("Sponsor Sol"))

        with pytest.raises(NotFound):
            tell(an_actor("Mal"), made)


def test_every_paid_backer_gets_it_by_mail_once_and_nobody_else(
    world: World, hand: clock.Hand
) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.a_live_campaign(sponsor)
    paid, unpaid, shy = a_person("Paid Pat"), a_person("Unpaid Uli"), a_person("Shy Shu")
    for _ in range(2):
        build.pledged(world, made, backer=paid.as_actor())
    build.pledged(world, made, backer=shy.as_actor(), anonymous=True)
    build.place(made, backer=unpaid.as_actor())

    tell(sponsor, made, "The kiln is hot")
    world.work()
    sent(world, hand)

    news = "News from “A lamp for every window”: The kiln is hot"
    assert build.subjects(paid.email).count(news) == 1
    assert build.subjects(shy.email).count(news) == 1
    assert news not in build.subjects(unpaid.email)


class TestForSomeAndForLater:
    def test_only_those_it_is_for_can_read_it_and_get_it(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_live_campaign(
            sponsor, tiers=[build.a_tier("20", title="One"), build.a_tier("30", title="Two")]
        )
        first, second = (tier.id for tier in rewards.of_campaign(made))
        one, two = a_person("Back One"), a_person("Back Two")
        build.pledged(world, made, "20", backer=one.as_actor(), reward_id=first)
        build.pledged(world, made, "30", backer=two.as_actor(), reward_id=second)

        tell(sponsor, made, "For all backers", audience=Audience("backers"))
        tell(sponsor, made, "For the second", audience=Audience("rewards", [second]))
        sent(world, hand)

        def titles(reader: Reader | None = None) -> set[str]:
            return {row.title for row in told(made, reader)}

        mine = [audiences.rewards_of(made, person.id) for person in (one, two)]
        assert titles() == set()
        assert titles(Reader(backs=True, reward_ids=mine[0])) == {"For all backers"}
        assert titles(Reader(backs=True, reward_ids=mine[1])) == {
            "For all backers",
            "For the second",
        }
        assert titles(Reader(makes=True)) == {"For all backers", "For the second"}
        got = [
            [subject.rpartition(": ")[2] for subject in build.subjects(person.email)]
            for person in (one, two)
        ]
        assert "For the second" not in got[0]
        assert {"For all backers", "For the second"} <= set(got[1])

    def test_what_is_planned_shows_and_goes_out_at_its_time(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor, backer = an_actor("Sponsor Sol"), a_person("Backer Bo")
        made = build.a_live_campaign(sponsor)
        build.pledged(world, made, backer=backer.as_actor())
        at = clock.now() + timedelta(days=2)

        tell(sponsor, made, "Later", audience=Audience(publish_at=at))
        sent(world, hand)
        assert told(made, Reader(makes=True)) == []

        hand.set(at)
        assert [row.title for row in told(made)] == ["Later"]
        sent(world, hand)
        assert any("Later" in subject for subject in build.subjects(backer.email))

    @pytest.mark.usefixtures("app")
    def test_it_is_taken_back_before_it_is_sent_and_not_after(self, hand: clock.Hand) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)
        slip, kept = tell(sponsor, made, "Slip"), tell(sponsor, made, "Kept")

        with pytest.raises(NotFound):
            telling.take_back_update(an_actor("Mal"), made, slip, clock.now())
        telling.take_back_update(sponsor, made, slip, clock.now())
        hand.advance(seconds=10)
        assert telling.send_due(clock.now()) == 1
        with pytest.raises(Refusal, match="update_sent"):
            telling.take_back_update(sponsor, made, kept, clock.now())

        assert [row.title for row in told(made)] == ["Kept"]

    @pytest.mark.usefixtures("app")
    @pytest.mark.parametrize(
        ("audience", "code"),
        [
            (Audience("friends"), "audience_unknown"),
            (Audience("rewards"), "audience_empty"),
            (Audience(publish_at=START - timedelta(seconds=1)), "publish_outside"),
            (Audience(publish_at=START + timedelta(days=91)), "publish_outside"),
        ],
    )
    def test_an_audience_that_is_none_is_refused(self, audience: Audience, code: str) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)

        with pytest.raises(Refusal, match=code):
            tell(sponsor, made, audience=audience)


def test_followers_hear_what_everybody_may_read_unless_they_do_not_want_to(
    world: World, hand: clock.Hand
) -> None:
    sponsor, fan, tired = an_actor("Sponsor Sol"), a_person("Fan Fay"), a_person("Tired Tim")
    made = build.a_live_campaign(sponsor)
    for person in (fan, tired):
        following.follow(person.as_actor(), "campaign", made, clock.now())
    topics.wish(tired.id, {(Topic.FOLLOW, Channel.MAIL): False})

    tell(sponsor, made, "For everybody")
    tell(sponsor, made, "Secret", audience=Audience("backers"))
    sent(world, hand)

    assert [subject.rpartition(": ")[2] for subject in build.subjects(fan.email)] == [
        "For everybody"
    ]
    assert build.subjects(tired.email) == []
    assert [message.topic for message in inbox.messages(tired.id)[0]] == ["follow"]
