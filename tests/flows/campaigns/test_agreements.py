"""What the database itself keeps of an agreement: its lines, its reward, its parts, its rights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest
from psycopg.errors import (
    CheckViolation,
    ForeignKeyViolation,
    InsufficientPrivilege,
    RestrictViolation,
    UniqueViolation,
)
from sqlalchemy.exc import IntegrityError

from marketplace.campaigns.queries import one, parts, rewards
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.campaigns.services.moving import lock_own_campaign
from marketplace.infra.commands import command
from marketplace.infra.database import db, driver, execute
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.ledger import checks
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import an_actor


@command
def write(sql: str, **facts: object) -> None:
    """One statement, committed: what is looked at last is looked at too."""
    execute(sql, facts)


@command
def write_all(*statements: tuple[str, dict[str, object]]) -> None:
    for sql, facts in statements:
        execute(sql, facts)


def lines(pledge_id: UUID) -> list[tuple[object, ...]]:
    found = (
        driver()
        .execute(
            "SELECT kind, title, quantity, amount_minor FROM pledge_line"
            " WHERE pledge_id = %s ORDER BY position",
            (pledge_id,),
        )
        .fetchall()
    )
    db.session.rollback()
    return found


def a_pledge(price: str = "25", amount: str = "30") -> tuple[UUID, UUID, UUID]:
    made = build.a_live_campaign(tiers=[build.a_tier(price, 5)])
    (reward,) = build.reward_ids(made)
    return made, reward, build.place(made, amount, reward_id=reward).pledge_id


_LINE: Final = """
    INSERT INTO pledge_line (pledge_id, position, campaign_id, kind, reward_id, title, quantity,
        unit_minor, currency)
    SELECT p.id, %(position)s, p.campaign_id, %(kind)s, %(reward)s::uuid, %(title)s, %(quantity)s,
        %(minor)s, p.currency FROM pledge p WHERE p.id = %(pledge)s
"""


_PLEDGE: Final = """
    INSERT INTO pledge (id, campaign_id, backer_id, form_key, state, amount_minor, currency,
        reward_id, reward_title, reward_price_minor, placed_at, expires_at)
    VALUES (%(id)s, %(campaign)s, %(backer)s, 'oil', 'awaiting_payment', 10500, 'EUR', %(reward)s,
        'One lamp', 2500, %(now)s, %(now)s)
"""


def with_two_beside(campaign_id: UUID, backer: Actor, reward: UUID, beside: UUID) -> UUID:
    """A pledge for one lamp at 25.00 and two cans of oil at 40.00, which waits to be paid."""
    pledge = new_id()
    write_all(
        (
            _PLEDGE,
            {
                "id": pledge,
                "campaign": campaign_id,
                "backer": backer.known(),
                "reward": reward,
                "now": clock.now(),
            },
        ),
        (_LINE, line(pledge, position=1, kind="reward", reward=reward, title="Lamp", minor=2500)),
        (
            _LINE,
            line(
                pledge,
                position=2,
                kind="add_on",
                reward=beside,
                title="Oil",
                quantity=2,
                minor=4000,
            ),
        ),
        ("UPDATE reward SET taken = 1 WHERE id = %(id)s", {"id": reward}),
        ("UPDATE reward SET taken = 2 WHERE id = %(id)s", {"id": beside}),
    )
    return pledge


def line(pledge_id: UUID, **facts: object) -> dict[str, object]:
    plain = {"position": 9, "kind": "bonus", "reward": None, "title": "", "quantity": 1}
    return {**plain, "minor": 100, "pledge": pledge_id, **facts}


@pytest.mark.usefixtures("world")
class TestLines:
    def test_a_pledge_is_its_reward_at_its_price_and_what_is_given_beyond_it(self) -> None:
        _made, _reward, with_more = a_pledge("25", "30")
        exactly = a_pledge("25", "25")[2]
        without = build.place(build.a_live_campaign(), "7").pledge_id

        assert lines(with_more) == [("reward", "One lamp", 1, 2500), ("bonus", "", 1, 500)]
        assert lines(exactly) == [("reward", "One lamp", 1, 2500)]
        assert lines(without) == [("bonus", "", 1, 700)]

    def test_lines_that_are_not_the_amount_are_refused_when_the_command_ends(self) -> None:
        _made, _reward, pledge = a_pledge()

        with pytest.raises(IntegrityError, match="the lines of pledge"):
            write(_LINE, **line(pledge, kind="shipping", minor=1))

        assert len(lines(pledge)) == 2

    @pytest.mark.parametrize(
        "wrong",
        [
            {"kind": "tip"},
            {"kind": "shipping", "minor": 0},
            {"kind": "shipping", "quantity": 2},
            {"kind": "add_on", "title": "No reward named"},
        ],
    )
    def test_a_line_that_says_nothing_sound_is_refused(self, wrong: dict[str, object]) -> None:
        _made, _reward, pledge = a_pledge()

        with pytest.raises(CheckViolation):
            write(_LINE, **line(pledge, **wrong))

    def test_there_is_one_reward_one_shipping_and_one_bonus(self) -> None:
        _made, _reward, pledge = a_pledge()

        with pytest.raises(UniqueViolation, match="pledge_line_single_key"):
            write(_LINE, **line(pledge))

    def test_a_reward_of_another_campaign_cannot_be_bought_here(self) -> None:
        _made, _reward, pledge = a_pledge()
        _other, foreign, _pledge = a_pledge()

        with pytest.raises(ForeignKeyViolation, match="pledge_line_reward_fkey"):
            write(_LINE, **line(pledge, kind="add_on", reward=foreign, title="A lamp"))

    def test_what_was_agreed_is_never_rewritten(self) -> None:
        _made, _reward, pledge = a_pledge()

        for sql in (
            "UPDATE pledge_line SET unit_minor = 1 WHERE pledge_id = %(pledge)s",
            "DELETE FROM pledge_line WHERE pledge_id = %(pledge)s",
        ):
            with pytest.raises(InsufficientPrivilege):
                write(sql, pledge=pledge)

    def test_what_is_bought_beside_a_reward_goes_back_on_the_shelf_with_it(
        self, world: World
    ) -> None:
        backer = an_actor("Backer Bo")
        made = build.a_live_campaign(tiers=[build.a_tier("25", 5), build.a_tier("40", 5)])
        lamp, oil = build.reward_ids(made)
        pledge = with_two_beside(made, backer, lamp, oil)
        assert [found.taken for found in rewards.of_campaign(made)] == [1, 2]
        prove(world)

        cancel_pledge(backer, pledge, clock.now())

        assert [found.taken for found in rewards.of_campaign(made)] == [0, 0]
        prove(world)


@pytest.mark.usefixtures("world")
class TestRewards:
    @pytest.mark.parametrize(
        "change",
        [
            "price_minor = price_minor - 1",
            "title = 'Two lamps'",
            "description = 'Not fired at all.'",
            "kind = 'digital'",
            "is_addon = true",
        ],
    )
    def test_what_somebody_pledged_for_stays_what_it_was(self, change: str) -> None:
        _made, reward, _pledge = a_pledge()

        with pytest.raises(RestrictViolation, match="was pledged for"):
            write(f"UPDATE reward SET {change} WHERE id = %(reward)s", reward=reward)

    def test_it_cannot_be_taken_off_either(self) -> None:
        _made, reward, _pledge = a_pledge()

        with pytest.raises(RestrictViolation, match="was pledged for"):
            write("DELETE FROM reward WHERE id = %(reward)s", reward=reward)

    def test_how_many_there_are_and_when_they_come_can_still_be_said(self) -> None:
        made, reward, _pledge = a_pledge()

        write(
            "UPDATE reward SET quantity = 9, delivery = '2027-05-01' WHERE id = %(reward)s",
            reward=reward,
        )

        assert [(found.quantity, found.taken) for found in rewards.of_campaign(made)] == [(9, 1)]

    def test_what_nobody_pledged_for_can_be_anything(self) -> None:
        made = build.a_live_campaign(tiers=[build.a_tier()])
        (reward,) = build.reward_ids(made)

        write("UPDATE reward SET price_minor = 100 WHERE id = %(reward)s", reward=reward)

        assert [found.price_minor for found in rewards.of_campaign(made)] == [100]


class TestHowItIsJudged:
    @pytest.mark.parametrize(
        ("change", "name"),
        [
            ("floor_minor = goal_minor + 1", "campaign_floor_check"),
            ("floor_minor = 0", "campaign_floor_check"),
            ("model = 'two_rounds'", "campaign_rounds_check"),
            ("optimum_minor = goal_minor * 2", "campaign_rounds_check"),
            (
                "model = 'two_rounds', round_two_days = 20, optimum_minor = goal_minor",
                "campaign_rounds_check",
            ),
            ("round = 2", "campaign_round_check"),
            ("late_until = deadline", "campaign_late_check"),
            ("state = 'scheduled'", "campaign_scheduled_check"),
            ("inspection_days = 0", "campaign_inspection_check"),
            ("model = 'lottery'", "campaign_model_check"),
        ],
    )
    def test_what_does_not_fit_together_is_refused(
        self, world: World, change: str, name: str
    ) -> None:
        made = build.a_live_campaign()

        with pytest.raises(CheckViolation, match=name):
            write(f"UPDATE campaign SET {change} WHERE id = %(id)s", id=made)

    def test_two_rounds_have_an_optimum_and_days(self, world: World) -> None:
        made = build.a_live_campaign()

        write(
            "UPDATE campaign SET model = 'two_rounds', round_two_days = 20,"
            " optimum_minor = goal_minor * 2, floor_minor = goal_minor WHERE id = %(id)s",
            id=made,
        )

        assert one.campaign(made).model == "two_rounds"


_PART: Final = """
    INSERT INTO release_part (id, campaign_id, position, kind, share_bps, title, state)
    VALUES (%(id)s, %(campaign)s, %(position)s, %(kind)s, %(share)s, %(title)s, %(state)s)
"""


def part(
    campaign_id: UUID, position: int, kind: str, share: int, **more: object
) -> tuple[str, dict[str, object]]:
    facts = {"id": new_id(), "campaign": campaign_id, "position": position, "kind": kind}
    return _PART, {**facts, "share": share, "title": "", "state": None, **more}


def a_plan(campaign_id: UUID) -> tuple[UUID, UUID]:
    """Seven tenths at once, the rest after the inspection: what a submitted one has anyway."""
    if found := parts.plan(campaign_id):
        return found[0].id, found[1].id
    first = part(campaign_id, 1, "first", 7000)
    rest = part(campaign_id, 2, "inspection", 3000)
    write_all(first, rest)
    return UUID(str(first[1]["id"])), UUID(str(rest[1]["id"]))


_SHARE: Final = """
    INSERT INTO pledge_part (id, pledge_id, campaign_id, part_id, piece, amount_minor, fee_minor,
        currency, state, ended_at)
    SELECT %(id)s, p.id, p.campaign_id, %(part)s, %(piece)s, %(minor)s, %(fee)s, p.currency,
        %(state)s, %(ended)s FROM pledge p WHERE p.id = %(pledge)s
"""


def share(pledge_id: UUID, part_id: UUID, minor: int, **more: object) -> dict[str, object]:
    plain = {"id": new_id(), "piece": 1, "fee": 0, "state": "held", "ended": None}
    return {**plain, "pledge": pledge_id, "part": part_id, "minor": minor, **more}


@pytest.mark.usefixtures("world")
class TestParts:
    def test_the_parts_of_a_plan_are_the_whole(self) -> None:
        made = build.a_draft()

        with pytest.raises(IntegrityError, match="9999 of 10000"):
            write_all(part(made, 1, "first", 7000), part(made, 2, "inspection", 2999))

        a_plan(made)

    def test_a_plan_is_made_smaller_only_as_a_whole(self) -> None:
        made = build.a_draft()
        _first, rest = a_plan(made)

        with pytest.raises(IntegrityError, match="7000 of 10000"):
            write("DELETE FROM release_part WHERE id = %(id)s", id=rest)

    @pytest.mark.parametrize(
        "odd",
        [
            (1, "milestone", {"title": "Moulds cut", "state": "planned"}),
            (2, "first", {}),
            (2, "milestone", {"title": "Moulds cut"}),
            (2, "milestone", {"state": "planned"}),
            (2, "inspection", {"state": "planned"}),
            (2, "milestone", {"title": "Moulds cut", "state": "claimed"}),
        ],
    )
    def test_a_part_that_is_none_is_refused(self, odd: tuple[int, str, dict[str, object]]) -> None:
        position, kind, more = odd

        with pytest.raises(CheckViolation):
            write_all(part(build.a_draft(), position, kind, 10_000, **more))

    def test_what_is_where_never_changes_its_amount(self) -> None:
        made, _reward, pledge = a_pledge()
        first, _rest = a_plan(made)
        write(_SHARE, **share(pledge, first, 2100))

        for sql in (
            "UPDATE pledge_part SET amount_minor = 1 WHERE pledge_id = %(pledge)s",
            "UPDATE pledge_part SET fee_minor = 1 WHERE pledge_id = %(pledge)s",
            "DELETE FROM pledge_part WHERE pledge_id = %(pledge)s",
        ):
            with pytest.raises(RestrictViolation, match="does not change"):
                write(sql, pledge=pledge)

    @pytest.mark.parametrize(
        "odd",
        [
            {"minor": 0},
            {"fee": 2101},
            {"state": "released"},
            {"state": "returning"},
            {"state": "held", "ended": datetime(2026, 1, 1, tzinfo=UTC)},
        ],
    )
    def test_a_share_that_cannot_be_is_refused(self, odd: dict[str, object]) -> None:
        made, _reward, pledge = a_pledge()
        first, _rest = a_plan(made)

        with pytest.raises(CheckViolation):
            write(_SHARE, **{**share(pledge, first, 2100), **odd})

    def test_what_is_held_back_without_money_behind_it_is_found(self, world: World) -> None:
        made, _reward, pledge = a_pledge()
        first, rest = a_plan(made)
        write(_SHARE, **share(pledge, first, 2100))
        write(_SHARE, **share(pledge, rest, 899))

        broken = {found.name: found.count for found in checks.run(clock.now()) if found.count}
        db.session.rollback()

        assert broken == {"pledge-parts": 1, "campaign-holdback": 1}


_FULFILMENT: Final = """
    INSERT INTO fulfilment (pledge_id, campaign_id, backer_id, state, shipped_at, inspect_until,
        ended_at)
    SELECT id, campaign_id, backer_id, %(state)s, %(shipped)s, %(until)s, %(ended)s
    FROM pledge WHERE id = %(pledge)s
"""
_OBJECTION: Final = """
    INSERT INTO objection (id, pledge_id, campaign_id, part_id, form_key, code, words, state,
        opened_at, back_minor, reason, proposed_by, proposed_at, decided_by, decided_at)
    SELECT %(id)s, id, campaign_id, %(part)s, %(key)s, 'broken', %(words)s, %(state)s, %(now)s,
        %(back)s, %(reason)s, %(proposer)s, %(now)s, %(decider)s, %(decided)s
    FROM pledge WHERE id = %(pledge)s
"""


def on_its_way(pledge_id: UUID, **more: object) -> dict[str, object]:
    now = clock.now()
    plain = {"state": "shipped", "shipped": now, "until": now + timedelta(days=14), "ended": None}
    return {**plain, "pledge": pledge_id, **more}


def objection(pledge_id: UUID, **more: object) -> dict[str, object]:
    plain = {"id": new_id(), "key": build.form_key(), "words": "In pieces.", "state": "open"}
    nobody = dict.fromkeys(("part", "back", "reason", "proposer", "decider", "decided"))
    return {**plain, **nobody, "pledge": pledge_id, "now": clock.now(), **more}


@pytest.mark.usefixtures("world")
class TestFulfilments:
    @pytest.mark.parametrize(
        "odd",
        [
            {"shipped": None, "until": None},
            {"until": None},
            {"until": datetime(2020, 1, 1, tzinfo=UTC)},
            {"state": "accepted"},
            {"state": "to_ship", "ended": datetime(2020, 1, 1, tzinfo=UTC)},
            {"state": "owed"},
            {"state": "sent"},
            {"state": "lost"},
        ],
    )
    def test_one_that_cannot_be_is_refused(self, odd: dict[str, object]) -> None:
        _made, _reward, pledge = a_pledge()

        with pytest.raises(CheckViolation):
            write(_FULFILMENT, **on_its_way(pledge, **odd))

    def test_one_objection_at_a_time_is_open_about_it(self) -> None:
        _made, _reward, pledge = a_pledge()
        write(_FULFILMENT, **on_its_way(pledge))
        write(_OBJECTION, **objection(pledge))

        with pytest.raises(UniqueViolation, match="objection_open_key"):
            write(_OBJECTION, **objection(pledge))

    def test_a_milestone_has_no_amount_for_one_backer(self) -> None:
        made, _reward, pledge = a_pledge()
        _first, rest = a_plan(made)
        write(_OBJECTION, **objection(pledge, part=rest))

        with pytest.raises(CheckViolation, match="objection_back_check"):
            write(_OBJECTION, **objection(pledge, part=rest, back=100))

    def test_nobody_decides_alone(self) -> None:
        _made, _reward, pledge = a_pledge()
        write(_FULFILMENT, **on_its_way(pledge))
        moderator = an_actor("Mo Derator", role="moderator").known()
        decided = {"state": "decided", "back": 900, "reason": "The picture shows it."}
        alone = {"proposer": moderator, "decider": moderator, "decided": clock.now()}

        with pytest.raises(CheckViolation, match="four_eyes"):
            write(_OBJECTION, **objection(pledge, **decided, **alone))
        with pytest.raises(CheckViolation, match="proposed_check"):
            write(_OBJECTION, **objection(pledge, state="proposed", back=900, proposer=moderator))


@command
def lock_for(actor: Actor, campaign_id: UUID, right: Right | None) -> None:
    lock_own_campaign(campaign_id, actor, right)


class TestTeams:
    def test_a_member_may_do_what_was_allowed_once_accepted_and_until_removed(
        self, world: World
    ) -> None:
        sponsor, helper = an_actor("Sponsor Sol"), an_actor("Helper Hal")
        made = build.a_draft(sponsor)
        who = {"campaign": made, "person": helper.known(), "now": clock.now()}
        write(
            "INSERT INTO campaign_member (campaign_id, person_id, rights, invited_by, invited_at)"
            " VALUES (%(campaign)s, %(person)s, '{talk,fulfil}', %(by)s, %(now)s)",
            **who,
            by=sponsor.known(),
        )

        assert not self.may(helper, made, Right.TALK)
        write("UPDATE campaign_member SET accepted_at = %(now)s", **who)
        assert self.may(helper, made, Right.TALK)
        assert not self.may(helper, made, Right.STORY)
        assert not self.may(helper, made, None)
        assert self.may(sponsor, made, None)
        write("UPDATE campaign_member SET removed_at = %(now)s", **who)
        assert not self.may(helper, made, Right.TALK)

    def test_there_are_no_rights_but_those(self, world: World) -> None:
        sponsor = an_actor("Sponsor Sol")

        with pytest.raises(CheckViolation, match="campaign_member_rights_check"):
            write(
                "INSERT INTO campaign_member (campaign_id, person_id, rights, invited_by,"
                " invited_at) VALUES (%(campaign)s, %(person)s, '{payouts}', %(person)s, %(now)s)",
                campaign=build.a_draft(sponsor),
                person=sponsor.known(),
                now=clock.now(),
            )

    @staticmethod
    def may(actor: Actor, campaign_id: UUID, right: Right | None) -> bool:
        """Both ways to ask agree."""
        try:
            lock_for(actor, campaign_id, right)
            locked = True
        except NotFound:
            locked = False
        try:
            one.own_campaign(campaign_id, actor.known(), right)
            shown = True
        except NotFound:
            shown = False
        db.session.rollback()
        assert locked == shown
        return shown
