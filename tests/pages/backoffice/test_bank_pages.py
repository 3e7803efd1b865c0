"""The bank's desk, and the pages on which people pay by transfer and tell their account."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask import Flask

from marketplace.escrow.queries import bank
from marketplace.escrow.services import dispatching, payees
from marketplace.infra import jobs
from marketplace.infra.database import db
from marketplace.kernel.ids import InstructionId
from marketplace.kernel.money import Money
from tests.builders.bank import OURS, PAYEES, THEIRS, BankWorld, Booking, a_bank_world, a_camt
from tests.builders.escrow import a_checkout, a_refund, known
from tests.builders.identity import a_finance_officer, a_person, signed_in
from tests.builders.tables import table
from tests.page_client import Page, PageClient, local

DESK = "/staff/finance/bank"
AMOUNT = Money.of("50.00", "EUR")


@pytest.fixture
def world(app: Flask) -> Iterator[BankWorld]:
    with a_bank_world(app) as world:
        yield world


@pytest.fixture
def officer(app: Flask) -> PageClient:
    return signed_in(PageClient(app), a_finance_officer("Flo Finance"))


def asked() -> InstructionId:
    planned = a_checkout(AMOUNT)
    dispatching.dispatch(planned)
    return planned


def bring(officer: PageClient, text: str, *, status: int = 303) -> Page:
    upload = (io.BytesIO(text.encode()), "statement.xml")
    return officer.send(officer.get(DESK), "/bank", status=status, statement=upload)


class TestDesk:
    def test_a_statement_is_taken_in_and_says_what_it_brought(
        self, officer: PageClient, world: BankWorld
    ) -> None:
        planned = asked()
        reference = world.reference(known(planned).operation_id)

        page = officer.follow(
            bring(officer, a_camt([Booking("B1", 5_000, reference), Booking("B2", 700, "hello")]))
        )
        jobs.run_due()

        assert "2 new lines: 1 belongs to a payment." in page.text
        assert [row["Bank’s reference"] for row in table(page, "Lines that belong")] == ["B2"]
        assert known(planned).state == "succeeded"

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("<html>", "is no statement in CAMT.053"),
            ("just words", "is no statement in CAMT.053"),
            (a_camt([Booking("B1", 5_000)], account=THEIRS), f"is of account {THEIRS}"),
            (
                a_camt([Booking("B1", 5_000)]).replace(">50.00<", ">50.01<", 1),
                "its closing balance says",
            ),
        ],
    )
    def test_what_is_no_statement_of_ours_is_refused_in_a_sentence(
        self, officer: PageClient, world: BankWorld, text: str, sentence: str
    ) -> None:
        page = bring(officer, text, status=422)

        assert sentence in page.text
        assert world.told == []

    def test_no_file_is_said_beside_the_field(self, officer: PageClient, world: BankWorld) -> None:
        page = officer.send(officer.get(DESK), "/bank", status=422)

        assert "Choose the statement file" in page.text
        assert world.told == []

    def test_a_payment_file_is_made_downloaded_and_told(
        self, officer: PageClient, world: BankWorld
    ) -> None:
        planned = asked()
        world.brings(Booking("B1", 5_000, world.reference(known(planned).operation_id)))
        refund = a_refund(known(planned))
        jobs.run_due()

        page = officer.follow(officer.send(officer.get(DESK), "/files"))
        row = table(page, "Payment files")[0]
        body = officer.client.get(f"{DESK}/files/{row['File']}.xml")

        assert (row["Payments"], row["Not on a statement yet"]) == ("1", "1")
        assert body.mimetype == "application/xml"
        assert known(refund).operation_id in body.text
        assert table(page, "Payment orders")[0]["State"] == "At the bank"

    def test_a_line_without_reference_is_assigned_on_its_page(
        self, officer: PageClient, world: BankWorld
    ) -> None:
        planned = asked()
        world.brings(Booking("B1", 5_000, "for the lighthouse"))
        (line,) = bank.unmatched()
        db.session.rollback()
        path = f"{DESK}/lines/{line.id}"

        page = officer.get(path)
        name = known(planned).operation_id
        wrong = officer.send(page, "/lines/", status=422, order="ins_nothing")
        officer.send(page, "/lines/", order=name)
        jobs.run_due()

        assert [row["Payment"] for row in table(page, "Open payments")] == [name]
        assert "No open payment has this number" in wrong.text
        assert known(planned).state == "succeeded"

    def test_without_a_bank_there_is_no_such_desk(self, officer: PageClient) -> None:
        officer.get(DESK, status=404)
        assert DESK not in officer.get("/staff/finance").links.values()

    def test_only_finance_sees_it(self, visitor: PageClient, world: BankWorld) -> None:
        signed_in(visitor, a_person("Lea Lender"))

        visitor.get(DESK, status=403)
        assert world.told == []


class TestPeople:
    def test_the_payment_page_shows_where_how_much_and_which_reference(
        self, visitor: PageClient, world: BankWorld
    ) -> None:
        planned = asked()
        url = known(planned).url
        assert url is not None

        page = visitor.get(local(url))

        assert "50.00" in page.text
        assert "DE89 3704 0044 0532 0130 00" in page.text
        assert world.reference(known(planned).operation_id)[:4] in page.text

    def test_after_it_was_paid_nobody_is_asked_again(
        self, visitor: PageClient, world: BankWorld
    ) -> None:
        planned = asked()
        url = known(planned).url or ""
        world.brings(Booking("B1", 5_000, world.reference(known(planned).operation_id)))

        assert "Your payment has arrived" in visitor.get(local(url)).text

    def test_nobody_finds_it_by_guessing(self, visitor: PageClient, world: BankWorld) -> None:
        asked()

        visitor.get("/bank/pay/1", status=404)
        visitor.get("/bank/pay/MQ.aaaa.bbbb", status=404)
        assert world.told == []

    def test_a_payee_tells_an_account_that_can_be_right(
        self, visitor: PageClient, world: BankWorld
    ) -> None:
        person = a_person("Paula Payee")
        path = local(payees.start_onboarding(person.id, "/account"))
        page = visitor.get(path)

        wrong = visitor.send(page, "/payee/", status=422, holder="Paula", iban="NL00ABNA0417164300")
        visitor.send(page, "/payee/", holder="Paula Payee", iban=PAYEES)
        payees.refresh(person.id)

        assert "its check digits do not fit" in wrong.text
        assert "NL00ABNA0417164300" in wrong.markup
        assert payees.payee(person.id).state == "ready"
        assert OURS not in wrong.text
        assert world.app is not None
