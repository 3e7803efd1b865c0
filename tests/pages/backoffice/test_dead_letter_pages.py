"""Dead letters at the desk: the list, trying again alone, settling and giving up by two."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from marketplace.escrow import gateway
from marketplace.escrow.adapters.paced import PacedGateway
from marketplace.escrow.gateway import Busy
from marketplace.escrow.orders import TopUpOrder
from marketplace.infra.commands import command
from marketplace.infra.database import column, db, execute
from marketplace.kernel import clock
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money
from tests.builders.dead_letters import (
    AMOUNT,
    a_failed_delivery,
    an_unknown,
    refused_again_and_again,
    refused_for_ever,
)
from tests.builders.escrow import World, known, plan_top_up
from tests.builders.identity import a_finance_officer, a_moderator, an_admin, signed_in
from tests.builders.tables import download, table
from tests.page_client import Page, PageClient

LETTERS = "/staff/finance/dead-letters"
COCKPIT = "/staff/finance"
CAPTION = "Dead letters"
WHY = "Seen in the provider’s own pages."


@pytest.fixture
def second(app: Flask, world: World) -> PageClient:
    """Another finance officer, on another machine."""
    return signed_in(PageClient(app), a_finance_officer("Fred Finance"))


def page_of(planned: InstructionId) -> str:
    return f"/staff/finance/instructions/{known(planned).operation_id}"


def proposed(officer: PageClient, page: str, kind: str, **fields: Any) -> Page:
    """Propose `kind` from the page of a dead letter."""
    form = f"{page}/{kind}"
    return officer.send(officer.get(form), form, reason=WHY, **fields)


def decided(client: PageClient, page: str, act: str) -> Page:
    """Go to the open proposal and approve or refuse it."""
    decision = client.get(client.get(page).links["Decide"])
    return client.send(decision, act)


class TestTheList:
    def test_it_says_why_how_long_how_much_and_what_was_tried(
        self, officer: PageClient, world: World
    ) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))

        (row,) = table(officer.get(LETTERS), CAPTION)

        assert row["What"] == "Top-up, refund reserve"
        assert row["State"] == "Does not get through"
        assert row["Amount"] == "EUR 50.00"
        assert row["Reason"] == "The provider does not pay this person before they tell it more."
        assert (row["Code"], row["Calls"]) == ("payee_not_ready", "11")
        assert row["Reference"] == known(planned).operation_id

    def test_it_can_be_narrowed_and_downloaded(
        self, officer: PageClient, world: World, hand: clock.Hand
    ) -> None:
        unknown = an_unknown(world, hand)
        failed = refused_for_ever(plan_top_up(AMOUNT))

        only = table(officer.get(f"{LETTERS}?why=unknown"), CAPTION)
        none = officer.get(f"{LETTERS}?kind=payout")
        lines = download(officer, f"{LETTERS}?format=csv")

        assert [row["Reference"] for row in only] == [known(unknown).operation_id]
        assert "Nothing needs a person." in none.text
        assert len(lines) == 3
        assert known(failed).operation_id in {text for line in lines for text in line}

    def test_the_cockpit_counts_them(self, officer: PageClient, world: World) -> None:
        refused_for_ever(plan_top_up(AMOUNT))

        rows = {row["Queue"]: row for row in table(officer.get(COCKPIT), "What waits")}

        assert (rows["Dead letters"]["All"], rows["Dead letters"]["State"]) == ("1", "Look at it")

    def test_what_was_turned_away_at_the_door_is_told_and_not_kept(
        self, officer: PageClient, world: World
    ) -> None:
        for _ in range(3):
            world.receive(b'{"id": "evil"}', {"Harbour-Signature": "t=1,v1=00"})

        told = officer.get(LETTERS).text

        assert "3 notices were turned away within the last day (false signature: 3)" in told
        assert column("SELECT count(*) FROM escrow_delivery") == [0]


@command
def keep_gates_closed() -> None:
    """A test may take longer than the first pause."""
    execute("UPDATE escrow_pace SET closed_until = closed_until + interval '1 hour'")


def test_what_is_left_alone_is_said(officer: PageClient, world: World) -> None:
    gateway.install(PacedGateway(gateway.current()))
    before = officer.get("/staff/finance/instructions").text
    world.wire.trouble = ["busy"]
    with pytest.raises(Busy):
        gateway.current().balances()
    keep_gates_closed()

    after = officer.get("/staff/finance/instructions").text

    assert "is not called before" not in before
    assert "The provider’s “balances” is not called before" in after


class TestTryingAgain:
    def test_one_officer_is_enough(self, officer: PageClient, world: World) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))

        answer = proposed(officer, page_of(planned), "retry")
        world.work()
        page = officer.get(page_of(planned))

        assert answer.status == 303
        assert known(planned).state == "succeeded"
        assert "Try again" not in page.links

    @pytest.mark.parametrize("kind", ["retry", "resolve", "cancel"])
    def test_who_sends_the_form_after_it_came_to_its_end_is_told_so(
        self, officer: PageClient, world: World, kind: str
    ) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))
        form = f"{page_of(planned)}/{kind}"
        typed = officer.get(form)
        officer.send(officer.get(f"{page_of(planned)}/retry"), "/retry", reason=WHY)
        world.deliver()
        assert known(planned).state == "succeeded"

        said: dict[str, Any] = {"reason": "Long thought about."}
        said |= {"provider_ref": known(planned).provider_ref or ""} if kind == "resolve" else {}
        stale = officer.send(typed, form, **said, status=422)

        assert stale.errors[0].startswith("This needs no person any more")
        assert "Long thought about." in stale.markup

    def test_a_notice_is_worked_again(self, officer: PageClient, world: World) -> None:
        world.paid(AMOUNT)
        page = f"/staff/finance/deliveries/{public_id('dlv', a_failed_delivery())}"

        proposed(officer, page, "retry")
        world.work()

        assert column("SELECT state FROM escrow_delivery") == ["applied"]
        db.session.rollback()

    def test_without_a_reason_nothing_is_done(self, officer: PageClient, world: World) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))
        form = f"{page_of(planned)}/retry"

        answer = officer.send(officer.get(form), form, reason=" ", status=422)

        assert answer.errors == ["Say why, in a sentence or two. The second officer reads it."]
        assert known(planned).not_before is not None


class TestGivingUp:
    def test_needs_a_second_officer(
        self, officer: PageClient, second: PageClient, world: World
    ) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))
        page = page_of(planned)

        proposed(officer, page, "cancel")
        (row,) = table(officer.get(f"{LETTERS}?waiting=1"), CAPTION)
        mine = officer.get(officer.get(page).links["Decide"])
        between = known(planned).state
        decided(second, page, "approve")

        assert row["Proposed"] == "Give it up"
        assert "Another officer must approve it" in mine.text
        assert "Approve and do it" not in mine.text
        assert (between, known(planned).state) == ("planned", "failed")
        assert "Given up by two officers" in officer.get(page).text

    def test_an_administrator_may_be_the_second(
        self, officer: PageClient, app: Flask, world: World
    ) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))
        proposed(officer, page_of(planned), "cancel")

        decided(signed_in(PageClient(app), an_admin()), page_of(planned), "approve")

        assert known(planned).state == "failed"

    def test_who_proposed_it_cannot_post_the_approval_either(
        self, officer: PageClient, world: World
    ) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))
        proposed(officer, page_of(planned), "cancel")
        decision = officer.get(officer.get(page_of(planned)).links["Decide"])

        answer = officer.post(
            f"{decision.path}/approve", {"csrf_token": token(decision)}, status=422
        )

        assert answer.errors == [
            "You proposed this yourself. Another finance officer must look at it and decide."
        ]
        assert known(planned).state == "planned"

    def test_it_may_be_taken_off_the_table(
        self, officer: PageClient, second: PageClient, world: World
    ) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))
        proposed(officer, page_of(planned), "cancel")

        decided(second, page_of(planned), "refuse")

        assert known(planned).state == "planned"
        assert "Give it up: Not done" in officer.get(page_of(planned)).text

    def test_what_was_decided_already_is_said(
        self, officer: PageClient, second: PageClient, app: Flask, world: World
    ) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))
        proposed(officer, page_of(planned), "cancel")
        third = signed_in(PageClient(app), an_admin())
        decision = third.get(third.get(page_of(planned)).links["Decide"])
        decided(second, page_of(planned), "approve")

        answer = third.send(decision, "approve", status=422)

        assert answer.errors == ["This was decided already. Nothing has been done twice."]


class TestSettledByHand:
    def test_the_provider_must_show_it_with_the_amount(
        self, officer: PageClient, second: PageClient, world: World, hand: clock.Hand
    ) -> None:
        planned = an_unknown(world, hand)
        form = f"{page_of(planned)}/resolve"
        by_hand = gateway.current().top_up(TopUpOrder("by-hand", "hand", AMOUNT)).ref
        less = gateway.current().top_up(TopUpOrder("less", "less", Money.of("9.00", "EUR"))).ref

        other = officer.send(officer.get(form), form, reason=WHY, provider_ref=less, status=422)
        proposed(officer, page_of(planned), "resolve", provider_ref=by_hand)
        decided(second, page_of(planned), "approve")

        assert other.errors == [
            "The provider shows EUR 9.00 under this id. It should be EUR 50.00."
        ]
        assert (known(planned).state, known(planned).provider_ref) == ("succeeded", by_hand)


class TestWhoMay:
    @pytest.mark.parametrize("kind", ["retry", "resolve", "cancel"])
    def test_only_finance_officers_propose(self, app: Flask, world: World, kind: str) -> None:
        page = page_of(refused_again_and_again(plan_top_up(AMOUNT)))

        signed_in(PageClient(app), an_admin()).get(f"{page}/{kind}", status=403)
        signed_in(PageClient(app), a_moderator()).get(f"{page}/{kind}", status=403)

    def test_what_needs_nobody_shows_no_way(self, officer: PageClient, world: World) -> None:
        planned = plan_top_up(AMOUNT)

        links = officer.get(page_of(planned)).links

        assert not {"Try again", "It was settled by hand", "Give it up"} & set(links)

    @pytest.mark.parametrize("kind", ["resolve", "explode"])
    def test_there_is_no_other_way(self, officer: PageClient, world: World, kind: str) -> None:
        failed = refused_for_ever(plan_top_up(AMOUNT))

        officer.get(f"{page_of(failed)}/{kind}", status=404)


def token(page: Page) -> str:
    found = [form.fields["csrf_token"] for form in page.forms if "csrf_token" in form.fields]
    return str(found[0])
