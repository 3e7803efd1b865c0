"""From an amount to the receipt, and back again: the backer's pages."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

import pytest

from marketplace.escrow import queries as escrow
from marketplace.escrow.services import dispatching
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import a_person, an_actor
from tests.page_client import Page, local
from tests.pages.campaigns.conftest import Enter, Reader


def path(campaign_id: UUID, tab: str = "/pledge") -> str:
    return f"/projects/{public_id('cmp', campaign_id)}{tab}"


def count() -> int:
    found = int(scalar("SELECT count(*) FROM pledge"))
    db.session.rollback()
    return found


def choose(reader: Reader, made: UUID, amount: str = "25", reward: UUID | None = None) -> Page:
    """Fill in the first page and go on to the check page."""
    tier = public_id("rwd", reward) if reward else ""
    sent = reader.send(reader.get(path(made)), "/pledge", amount=amount, reward=tier)
    return reader.follow(sent)


def confirm(reader: Reader, check: Page) -> Page:
    """Press the button of the check page: off to the provider."""
    return reader.send(check, "/pledge/check")


def the_pledge() -> UUID:
    found = UUID(str(scalar("SELECT id FROM pledge ORDER BY placed_at DESC, id DESC LIMIT 1")))
    db.session.rollback()
    return found


def pay(world: World) -> str:
    """Pay on the provider's page; where it sends the backer afterwards."""
    (checkout,) = escrow.instructions_for(the_pledge())
    db.session.rollback()
    answer = world.teller.pay(checkout.provider_ref or "")
    assert answer["state"] == "paid"
    return checkout.return_path or ""


class TestTheWholeWay:
    def test_from_the_project_to_a_receipt_with_its_timeline(
        self, world: World, backer: Reader
    ) -> None:
        made = build.a_live_campaign(an_actor("Sponsor Sol"), tiers=[build.a_tier("25", 3)])
        (reward,) = build.reward_ids(made)

        choice = backer.get(path(made))
        assert choice.h1 == "Pledge to A lamp for every window"
        for part in ("One lamp", "from EUR 25.00 · 3 of 3 left", "Step 1 of 3"):
            assert part in choice.plain

        check = choose(backer, made, "30", reward)
        for part in (
            "Step 2 of 3",
            "You pay EUR 30.00",
            "EUR 1.50",
            "Sponsor Sol gets on success EUR 28.50",
            "all of it, ordered on 1 Apr 2026",
            "March 2027",
            "Pledge EUR 30.00",
        ):
            assert part in check.plain
        assert count() == 0

        sent = confirm(backer, check)
        assert sent.location.startswith("http://bank.test/")
        world.teller.deliver_pending(world.receive)
        receipt = backer.follow(backer.get(pay(world), status=303))

        assert receipt.h1 == "Your pledge is in"
        pledge = the_pledge()
        (paid,) = escrow.instructions_for(pledge)
        for part in (
            public_id("pl", pledge),
            "Paid, and held by",
            paid.payment_ref or "?",
            "The campaign is decided",
            "1 Apr 2026, 09:00 UTC expected",
            "Delivery the sponsor aims at March 2027",
            "escrow:campaign",
        ):
            assert part in receipt.plain
        world.deliver()
        prove(world)

    def test_the_notice_alone_is_enough_when_the_backer_never_comes_back(
        self, world: World, backer: Reader
    ) -> None:
        made = build.a_live_campaign()
        confirm(backer, choose(backer, made))
        back = pay(world)

        world.deliver()

        assert build.state_of(the_pledge()) == "held"
        assert backer.follow(backer.get(back, status=303)).h1 == "Your pledge is in"
        assert build.campaign(made).raised_minor == 2_500

    def test_the_amount_typed_on_the_project_is_taken_along(self, backer: Reader) -> None:
        made = build.a_live_campaign()

        page = backer.get(path(made, "/pledge?amount=42"))

        assert page.form("/pledge").fields["amount"] == "42"

    def test_a_reward_chosen_on_the_project_brings_its_price(self, backer: Reader) -> None:
        made = build.a_live_campaign(tiers=[build.a_tier("25")])
        (reward,) = build.reward_ids(made)

        page = backer.get(path(made, f"/pledge?reward={public_id('rwd', reward)}"))

        assert page.form("/pledge").fields["amount"] == "25.00"
        assert page.form("/pledge").fields["reward"] == public_id("rwd", reward)

    def test_answers_can_be_changed_and_come_back_as_they_were(self, backer: Reader) -> None:
        made = build.a_live_campaign(tiers=[build.a_tier("25")])
        (reward,) = build.reward_ids(made)
        check = backer.follow(
            backer.send(
                backer.get(path(made)),
                "/pledge",
                amount="30",
                reward=public_id("rwd", reward),
                anonymous="y",
            )
        )
        assert "Hidden" in check.text

        again = backer.get(check.links["Change the pledge"])

        fields = again.form("/pledge").fields
        assert fields["amount"] == "30"
        assert fields["reward"] == public_id("rwd", reward)
        assert "anonymous" in fields


BAD_AMOUNTS = [
    ("", "Enter an amount, such as 25.00."),
    ("-1", "The amount must be more than zero. Enter it without a minus sign."),
    ("−1", "The amount must be more than zero. Enter it without a minus sign."),
    ("0", "The amount must be more than zero."),
    ("0.00", "The amount must be more than zero."),
    ("0.001", "EUR has 2 decimals. Enter no more than that."),
    ("0.99", "The smallest pledge is EUR 1.00."),
    ("10000.01", "The largest pledge is EUR 10,000.00."),
    ("9223372036854775808", "That is more than can be held. Enter a smaller amount."),
    ("1e309", "“1e309” is not an amount."),
    ("NaN", "“NaN” is not an amount."),
    ("Infinity", "“Infinity” is not an amount."),
    ("２５", "“２５” is not an amount."),
    ("0x19", "“0x19” is not an amount."),
    ("25 EUR", "“25 EUR” is not an amount."),
    ("<b>25</b>", "“<b>25</b>” is not an amount."),
]


@pytest.mark.parametrize(("typed", "sentence"), BAD_AMOUNTS)
class TestBadAmounts:
    def test_it_is_refused_beside_its_field_and_kept(
        self, backer: Reader, typed: str, sentence: str
    ) -> None:
        made = build.a_live_campaign(tiers=[build.a_tier("25", 3)])

        page = backer.send(
            backer.get(path(made)), "/pledge", status=422, amount=typed, anonymous="y"
        )

        assert page.title.startswith("Error: ")
        assert len(page.errors) == 1
        assert page.errors[0].replace("\xa0", " ").startswith(sentence)
        assert page.plain.count(sentence) >= 2
        assert page.form("/pledge").fields["amount"] == typed
        assert "anonymous" in page.form("/pledge").fields
        assert count() == 0

    def test_it_is_refused_on_the_check_page_too(
        self, backer: Reader, typed: str, sentence: str
    ) -> None:
        made = build.a_live_campaign()
        check = choose(backer, made)
        looked = alike(backer, made, typed)
        assert looked.errors[0].replace("\xa0", " ").startswith(sentence)

        page = backer.send(check, "/pledge/check", status=422, amount=typed)

        assert page.errors[0].replace("\xa0", " ").startswith(sentence)
        assert page.form("/pledge").fields["amount"] == typed
        assert count() == 0


def alike(backer: Reader, made: UUID, typed: str) -> Page:
    return backer.get(path(made, f"/pledge/check?amount={quote(typed)}"), status=422)


class TestRefusals:
    def test_a_currency_the_campaign_does_not_have(self, backer: Reader) -> None:
        made = build.a_live_campaign()
        page = backer.get(path(made))

        refused = backer.send(page, "/pledge", status=422, currency="USD", amount="25")

        assert refused.errors == ["This campaign takes EUR only."]
        check = choose(backer, made)
        again = backer.send(check, "/pledge/check", status=422, currency="BTC")
        assert again.errors == ["This campaign takes EUR only."]
        assert again.form("/pledge").fields["currency"] == "EUR"
        assert count() == 0

    def test_an_amount_below_the_reward(self, backer: Reader) -> None:
        made = build.a_live_campaign(tiers=[build.a_tier("25")])
        (reward,) = build.reward_ids(made)

        page = backer.send(
            backer.get(path(made)),
            "/pledge",
            status=422,
            amount="24.99",
            reward=public_id("rwd", reward),
        )

        assert page.errors[0].replace("\xa0", " ") == (
            "This reward costs EUR 25.00. Enter that or more."
        )
        assert page.form("/pledge").fields["reward"] == public_id("rwd", reward)

    def test_a_reward_of_another_campaign(self, backer: Reader) -> None:
        made = build.a_live_campaign()
        other = build.a_live_campaign(tiers=[build.a_tier("25")])
        (foreign,) = build.reward_ids(other)

        backer.send(
            backer.get(path(made)),
            "/pledge",
            status=404,
            amount="25",
            reward=public_id("rwd", foreign),
        )
        page = backer.send(
            backer.get(path(made)), "/pledge", status=422, amount="25", reward="cmp_1"
        )
        assert page.errors == ["Choose one of the rewards listed."]

    def test_a_sponsor_sees_that_the_own_campaign_takes_nothing_from_them(
        self, enter: Enter
    ) -> None:
        sponsor = a_person("Sponsor Sol")
        made = build.a_live_campaign(sponsor.as_actor())
        reader = enter(sponsor)

        page = reader.get(path(made))
        assert "This is your own campaign" in page.text
        check = reader.get(path(made, "/pledge/check?amount=25"), status=422)
        assert "A sponsor cannot pledge to it" in check.text
        token = reader.get("/my/campaigns/new").form("/new").fields["csrf_token"]
        forced = reader.post(
            path(made, "/pledge/check"), {"csrf_token": token, "amount": "25"}, status=422
        )
        assert "A sponsor cannot pledge to it" in forced.text
        assert count() == 0

    def test_one_second_before_the_deadline_and_one_after(
        self, backer: Reader, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign(days=5)
        check, late = choose(backer, made), choose(backer, made)
        hand.advance(days=5, seconds=-1)
        assert confirm(backer, check).location.startswith("http://bank.test/")
        assert count() == 1

        hand.advance(seconds=2)
        refused = backer.send(late, "/pledge/check", status=422)

        assert "The deadline has passed" in refused.text
        assert "You have not been charged" in refused.text
        assert "takes no more pledges" in backer.get(path(made)).text
        assert count() == 1

    def test_the_last_reward_for_two_buyers(self, enter: Enter) -> None:
        made = build.a_live_campaign(
            tiers=[build.a_tier("25", 1, "First lamp"), build.a_tier("40", None, "Second lamp")]
        )
        first, second = build.reward_ids(made)
        ann, ben = enter(a_person("Ann")), enter(a_person("Ben"))
        checks = [choose(reader, made, "30", first) for reader in (ann, ben)]
        confirm(ann, checks[0])

        lost = ben.send(checks[1], "/pledge/check", status=422)

        assert "Somebody took the last one" in lost.errors[0]
        fields = lost.form("/pledge").fields
        assert fields["amount"] == "30"
        assert "Second lamp" in lost.text
        assert "All taken: First lamp." in lost.text
        done = ben.send(lost, "/pledge", amount="40", reward=public_id("rwd", second))
        confirm(ben, ben.follow(done))
        assert count() == 2

    def test_the_same_form_sent_twice_is_one_pledge(self, backer: Reader) -> None:
        made = build.a_live_campaign()
        check = choose(backer, made)

        first, second = confirm(backer, check), confirm(backer, check)

        assert first.location == second.location
        assert count() == 1

    def test_a_form_that_was_tampered_with_is_not_taken(self, backer: Reader) -> None:
        made = build.a_live_campaign()
        check = choose(backer, made)

        page = backer.send(check, "/pledge/check", status=400, csrf_token="forged")

        assert page.h1
        assert count() == 0


class TestTheProviderIsSilent:
    def test_nobody_is_charged_and_the_pledge_can_be_paid_a_minute_later(
        self, world: World, backer: Reader, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign()
        check = choose(backer, made)
        world.wire.trouble = ["refused"]

        silent = backer.send(check, "/pledge/check", status=202)

        assert silent.h1 == "You have not been charged"
        hand.advance(minutes=2)
        sent = backer.send(silent, "/pay")
        assert sent.location.startswith("http://bank.test/")
        assert count() == 1

    def test_an_answer_that_was_lost_charges_nobody_twice(
        self, world: World, backer: Reader
    ) -> None:
        made = build.a_live_campaign()
        check = choose(backer, made)
        world.wire.trouble = ["answer_lost"]

        silent = backer.send(check, "/pledge/check", status=202)
        assert silent.h1 == "You have not been charged"

        dispatching.recover()
        assert backer.send(silent, "/pay").location.startswith("http://bank.test/")
        with world.bank.work() as work:
            row = work.row("SELECT count(*) AS n FROM simulator.checkout")
        assert row is not None
        assert row["n"] == 1


@pytest.mark.parametrize(
    "address", ["/my/pledges", "/my/campaigns", "/my/campaigns/new", "/account/payouts"]
)
def test_a_stranger_is_asked_to_sign_in_and_brought_back(passer_by: Reader, address: str) -> None:
    answer = passer_by.get(address, status=303)

    assert local(answer.location).startswith("/sign-in?next=")


def test_a_stranger_who_wants_to_pledge_is_brought_back_with_the_amount(
    passer_by: Reader,
) -> None:
    made = build.a_live_campaign()

    asked = passer_by.get(path(made, "/pledge?amount=40"), status=303)

    assert "amount%3D40" in asked.location
