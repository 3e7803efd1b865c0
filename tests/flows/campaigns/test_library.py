"""Digital rewards: added by the sponsor, theirs who paid, until the money goes back."""

from __future__ import annotations

import io
from uuid import UUID

import pytest

from marketplace.campaigns.queries import library, parts
from marketplace.campaigns.services import digital, inspecting
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal
from marketplace.media.services.recordings import Said, prepare
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.digital import CAPTIONS, a_tone, add, delivered
from tests.builders.disputes import disputed
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor

FILM = b"\x00\x00\x00\x18ftypisom" + b"\x00" * 100


def titles(person: Actor) -> list[str]:
    found = [item.title for item in library.items(person.known())]
    db.session.rollback()
    return found


def save(person: Actor, pledge_id: UUID, file_id: UUID, key: str = "") -> library.Item:
    return digital.take_out(
        person, pledge_id, file_id, form_key=key or build.form_key(), now=clock.now()
    )


@pytest.mark.usefixtures("app")
class TestAdding:
    def test_a_film_needs_captions_or_the_word_that_nobody_speaks(self) -> None:
        sponsor = an_actor()
        made = build.a_draft(sponsor, tiers=[build.a_tier()])
        [reward_id] = build.reward_ids(made)

        with pytest.raises(Refusal, match="captions_missing"):
            add(sponsor, made, reward_id, FILM)
        add(sponsor, made, reward_id, FILM, title="Silent", said=Said(is_wordless=True))
        add(sponsor, made, reward_id, FILM, title="Spoken", said=Said(CAPTIONS, "en"))

        found = library.offered(made)
        assert [(f.title, f.captions_language) for f in found] == [("Silent", ""), ("Spoken", "en")]

    def test_the_same_form_adds_it_once(self) -> None:
        sponsor = an_actor()
        made = build.a_draft(sponsor, tiers=[build.a_tier()])
        [reward_id] = build.reward_ids(made)

        first, second = (add(sponsor, made, reward_id, a_tone(), key="k") for _ in range(2))

        assert first == second

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"title": " "}, "file_untitled"),
            ({"title": "x" * 121}, "file_title_too_long"),
            ({"quota": 0}, "quota_outside"),
            ({"quota": 101}, "quota_outside"),
        ],
    )
    def test_bad_terms_are_refused(self, change: dict[str, object], code: str) -> None:
        sponsor = an_actor()
        made = build.a_draft(sponsor, tiers=[build.a_tier()])
        [reward_id] = build.reward_ids(made)

        with pytest.raises(Refusal, match=code):
            add(sponsor, made, reward_id, a_tone(), **change)  # type: ignore[arg-type]

    def test_nobody_adds_to_another_sponsors_reward(self) -> None:
        made = build.a_draft(an_actor(), tiers=[build.a_tier()])
        [reward_id] = build.reward_ids(made)

        with pytest.raises(NotFound):
            add(an_actor("Mal"), made, reward_id, a_tone())

    def test_a_reward_of_another_campaign_is_not_there(self) -> None:
        sponsor = an_actor()
        made = build.a_draft(sponsor, tiers=[build.a_tier()])
        [elsewhere] = build.reward_ids(build.a_draft(sponsor, tiers=[build.a_tier()]))

        with pytest.raises(NotFound):
            add(sponsor, made, elsewhere, a_tone())

    def test_a_renamed_executable_is_not_even_kept(self) -> None:
        with pytest.raises(Refusal, match="file_unknown"):
            prepare(io.BytesIO(b"MZ\x90\x00" + b"\x00" * 500))


class TestHaving:
    def test_it_is_theirs_once_the_campaign_succeeded_and_nobody_elses(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor, backer, other = an_actor("Sol"), an_actor("Bo"), an_actor("Otto")

        _made, pledge_id, song = delivered(world, hand, sponsor, backer)

        assert titles(backer) == ["The silo"]
        assert (titles(other), titles(sponsor)) == ([], [])
        for stranger in (other, sponsor):
            with pytest.raises(NotAllowed):
                save(stranger, pledge_id, song)

    def test_a_pledge_that_is_only_held_has_nothing_yet(self, world: World) -> None:
        sponsor, backer = an_actor("Sol"), an_actor("Bo")
        made = build.a_live_campaign(sponsor, tiers=[build.a_tier("12")])
        [reward_id] = build.reward_ids(made)
        song = add(sponsor, made, reward_id, a_tone())
        pledge_id = build.pledged(world, made, "12", backer=backer, reward_id=reward_id)

        assert titles(backer) == []
        with pytest.raises(NotAllowed):
            save(backer, pledge_id, song)

    def test_it_is_saved_as_often_as_agreed_and_a_repeated_form_counts_once(
        self, world: World, hand: clock.Hand
    ) -> None:
        backer = an_actor("Bo")
        _made, pledge_id, song = delivered(world, hand, an_actor("Sol"), backer, quota=2)

        for key in ("one", "one", "two"):
            save(backer, pledge_id, song, key)
        with pytest.raises(Refusal, match="quota_used"):
            save(backer, pledge_id, song, "three")

        assert [one.kind for one in library.used(pledge_id)] == ["save", "save"]

    def test_money_that_a_bank_takes_back_takes_it_along_and_what_was_used_is_known(
        self, world: World, hand: clock.Hand
    ) -> None:
        backer = an_actor("Bo")
        a_top_up(build.euros(100))
        _made, pledge_id, song = delivered(world, hand, an_actor("Sol"), backer)
        save(backer, pledge_id, song)

        disputed(world, pledge_id)

        assert titles(backer) == []
        with pytest.raises(NotAllowed):
            save(backer, pledge_id, song)
        assert [one.title for one in library.used(pledge_id)] == ["The silo"]

    def test_a_returned_objection_takes_the_files_along_and_one_in_part_leaves_them(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(500))
        found = holdback.a_success(world, hand)
        [reward_id] = build.reward_ids(found.campaign_id)
        song = add(found.sponsor, found.campaign_id, reward_id, a_tone())
        holdback.ship(found)
        save(found.backer, found.first, song)
        holdback.decided(holdback.objected(found), 1_000)
        world.work()
        assert titles(found.backer) == ["The silo"]

        other, second = found.backers[1], found.pledges[1]
        objection = inspecting.object_to(
            other, second, code="other", words="Noise.", form_key="k", now=clock.now()
        )
        held = parts.held_for_inspection(second)
        db.session.rollback()
        holdback.decided(objection, held)
        world.work()

        assert titles(other) == []
        with pytest.raises(NotAllowed):
            save(other, second, song)

    def test_what_was_delivered_stays(self, world: World, hand: clock.Hand) -> None:
        sponsor, backer = an_actor("Sol"), an_actor("Bo")
        made, _pledge_id, song = delivered(world, hand, sponsor, backer)

        with pytest.raises(Refusal, match="file_delivered"):
            digital.withdraw_file(sponsor, made, song, clock.now())

    def test_before_that_it_can_be_withdrawn(self, world: World) -> None:
        sponsor = an_actor("Sol")
        made = build.a_live_campaign(sponsor, tiers=[build.a_tier("12")])
        [reward_id] = build.reward_ids(made)
        song = add(sponsor, made, reward_id, a_tone())

        digital.withdraw_file(sponsor, made, song, clock.now())

        assert library.offered(made) == []
