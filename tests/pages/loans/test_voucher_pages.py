"""Vouchers on pages: the borrower shows one, officers see it beside the statement and decide."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import UUID

import pytest
from werkzeug.datastructures import FileStorage

from marketplace.escrow.jobs import sweep
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from marketplace.loans.services import proving
from tests.builders import loans
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.scenes import Scenes
from tests.builders.vouchers import a_picture, came_in, last_line, officer, shown, voucher
from tests.pages.loans.conftest import Browse

BILL = "87.45"


@pytest.fixture
def scene(world: World, hand: clock.Hand, scenes: Scenes) -> loans.Scene:
    """A loan of which the first instalment is due in three days."""

    def due_soon() -> loans.Scene:
        cast = loans.Cast()
        made = loans.a_running_loan(world, hand, cast)
        loans.until_day(world, hand, loans.schedule(made)[0].due_on - timedelta(days=3))
        return cast, made

    return scenes.play("due soon", hand, due_soon)


@pytest.fixture
def cast(scene: loans.Scene) -> loans.Cast:
    return scene[0]


@pytest.fixture
def loan_id(scene: loans.Scene) -> UUID:
    return scene[1]


@pytest.fixture
def fay(scene: loans.Scene) -> Actor:
    return officer()


def address(loan_id: UUID) -> str:
    return f"/my/loans/{public_id('ln', loan_id)}/vouchers"


def desk(shown_id: UUID) -> str:
    return f"/staff/finance/vouchers/{public_id('vch', shown_id)}"


def upload(data: bytes, name: str = "voucher.png") -> FileStorage:
    return FileStorage(io.BytesIO(data), filename=name)


def test_a_borrower_shows_a_voucher_and_reads_where_it_stands(
    browse: Browse, cast: loans.Cast, loan_id: UUID
) -> None:
    client = browse(cast.borrower)
    page = client.get(address(loan_id))
    assert "No voucher yet" in page.text

    sent = client.send(
        page, "/vouchers", amount=BILL, paid_on=str(clock.today()), bank_ref="TRX 1",
        document=upload(a_picture()),
    )  # fmt: skip
    after = client.follow(sent)

    assert "Waits to be found on the statement" in after.text
    assert "TRX1" in after.text
    loan_page = client.get(address(loan_id).removesuffix("/vouchers"))
    assert f"You paid EUR {BILL} at your bank" in loan_page.text


def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    browse: Browse, cast: loans.Cast, loan_id: UUID
) -> None:
    client = browse(cast.borrower)
    page = client.get(address(loan_id))

    refused = client.send(
        page, "/vouchers", status=422, amount=BILL, paid_on="2027-02-31", bank_ref="TRX 1",
        document=upload(a_picture()),
    )  # fmt: skip
    assert refused.errors != []
    fields = refused.form("/vouchers").fields
    assert (fields["bank_ref"], fields["amount"]) == ("TRX 1", BILL)

    no_image = client.send(
        page, "/vouchers", status=422, amount=BILL, paid_on=str(clock.today()), bank_ref="T",
        document=upload(b"MZ\x90", "voucher.png"),
    )  # fmt: skip
    assert len(no_image.errors) == 1


def test_anothers_vouchers_are_not_found(browse: Browse, loan_id: UUID) -> None:
    browse(an_actor("Otto Other")).get(address(loan_id), status=404)


def test_an_officer_finds_the_line_and_confirms(
    world: World, browse: Browse, cast: loans.Cast, loan_id: UUID, fay: Actor
) -> None:
    shown_id = shown(cast.borrower, loan_id, BILL)
    came_in(fay, BILL, text="thank you")
    client = browse(fay)
    assert "Waits to be found" in client.get("/staff/finance/vouchers").text

    page = client.get(desk(shown_id))
    assert "fits 65 of 100" in page.text
    page = client.follow(client.send(page, "/match"))
    page = client.follow(client.send(page, "/confirm"))
    assert "Confirmed" in page.text
    sweep()
    world.deliver()

    assert voucher(shown_id).state == "credited"
    assert "Counts for the loan" in client.get(desk(shown_id)).text
    assert any("Found: your payment" in one for one in loans.letters_to(cast.borrower)) or any(
        "was found" in one for one in loans.letters_to(cast.borrower)
    )


def test_the_second_of_two_officers_finds_it_decided(
    browse: Browse, cast: loans.Cast, loan_id: UUID, fay: Actor
) -> None:
    shown_id = shown(cast.borrower, loan_id, BILL)
    came_in(fay, BILL)
    proving.match(fay, shown_id, last_line(), now=clock.now())
    first, second = browse(fay), browse(officer("Flo Officer"))
    seen = second.get(desk(shown_id))
    first.send(first.get(desk(shown_id)), "/confirm")

    late = second.send(seen, "/confirm", status=422)

    assert "decided meanwhile" in late.errors[0]


def test_a_refusal_needs_a_reason_and_the_borrower_reads_it(
    browse: Browse, cast: loans.Cast, loan_id: UUID, fay: Actor
) -> None:
    shown_id = shown(cast.borrower, loan_id, BILL)
    client = browse(fay)
    page = client.get(desk(shown_id))
    assert client.send(page, "/reject", status=422, reason=" ").errors != []

    client.send(page, "/reject", reason="The image cannot be read.")

    assert "The image cannot be read." in browse(cast.borrower).get(address(loan_id)).text


def test_nobody_decides_on_a_voucher_of_ones_own(
    browse: Browse, cast: loans.Cast, loan_id: UUID, fay: Actor
) -> None:
    shown_id = shown(cast.borrower, loan_id, BILL)
    assert "your own" not in browse(fay).get(desk(shown_id)).text


def test_the_image_is_handed_out_as_a_file_that_can_do_nothing(
    browse: Browse, cast: loans.Cast, loan_id: UUID, fay: Actor
) -> None:
    shown_id = shown(cast.borrower, loan_id, BILL)

    answer = browse(fay).client.get(desk(shown_id) + "/image")
    answer.close()

    assert answer.status_code == 200
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_statement_is_brought_and_what_is_nobodys_is_set_aside(
    browse: Browse, cast: loans.Cast, loan_id: UUID, fay: Actor
) -> None:
    table = (
        "account;ref;booked_on;amount;currency;name;iban;remittance\n"
        f"DE02120300000000202051;B1;{clock.today()};12.50;EUR;Aunt Anna;;for the cake\n"
    )
    client = browse(fay)
    page = client.get("/staff/finance/collections")
    other = table.replace("2051;", "2052;")  # a statement of somebody else's account
    refused = client.send(
        page, "/collections", status=422, statement=upload(other.encode(), "lines.csv")
    )
    assert "The statement is of account DE02120300000000202052, which is not ours." in refused.text
    assert "for the cake" not in refused.text
    sent = client.send(page, "/collections", statement=upload(table.encode(), "lines.csv"))
    page = client.follow(sent)
    assert "for the cake" in page.text

    line = client.get(page.links["B1"])
    line = client.follow(client.send(line, "/take"))
    gone = client.follow(client.send(line, public_id("col", last_line()), note="Private"))

    assert "for the cake" not in gone.text
    assert client.send(page, "/collections", status=422).errors != []
