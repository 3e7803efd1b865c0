"""Credit lines in a browser: the offer, drawing with its cost before the click, the desk."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.loans.queries import line_statements
from tests.builders import credit_lines as lines
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening


def address(line_id: UUID, rest: str = "") -> str:
    """Where a line is read by its borrower."""
    return f"/my/credit-lines/{lines.line(line_id).ref}{rest}"


def test_an_offer_says_what_a_line_is_and_accepting_it_opens_one(
    world: World, cast: build.Cast, browse: Browse
) -> None:
    loan_id = lines.an_offered_line(cast)
    bea = browse(cast.borrower)

    offer = bea.get(f"/my/loans/{public_id('ln', loan_id)}")
    opened = bea.follow(bea.send(offer, "/accept"))

    assert "If you accept, the line is open. You owe nothing until you draw" in offer.text
    assert "Lenders invest" not in offer.text
    assert "What falls due within 14 days of the statement" in offer.text
    assert "Your credit line is open. You can draw on it." in opened.text
    assert "Available EUR 5,000.00" in opened.text
    assert "Your credit line is open" in bea.get(offer.path).text
    assert "My credit lines" in bea.get("/my/loans").links


def test_a_draw_shows_fee_and_first_due_day_before_the_click_and_takes_its_part(
    world: World, cast: build.Cast, browse: Browse
) -> None:
    line_id, bea = lines.a_line(cast), browse(cast.borrower)

    asked = bea.get(address(line_id, "/draw"))
    wish = {"amount": "3000", "instalments": "12", "purpose": "home", "title": "Tiles"}
    query = "&".join(f"{key}={value}" for key, value in wish.items())
    shown = bea.get(f"{asked.path}?{query}")
    drawn = bea.follow(bea.send(shown, "/draw"))
    with listening() as heard:
        page = bea.get(address(line_id))

    assert "EUR 5,000.00 is available" in asked.text
    assert "Fee, kept when the loan is paid out EUR 60.00" in shown.text
    assert "First due on 2 Apr 2026" in shown.text
    assert "EUR 3,000.00 is drawn. Lenders can fund it now." in drawn.text
    assert "Drawn on your credit line" in drawn.links
    for words in (
        "Used: still owed EUR 0.00",
        "Under way: lenders are funding it EUR 3,000.00",
        "Available EUR 2,000.00",
    ):
        assert words in page.text
    assert len(heard) <= PAGE_MAX
    assert page.links["Tiles"] == drawn.path
    table = bea.client.get(address(line_id, "?format=csv")).get_data(as_text=True)
    assert table.splitlines()[1] == "Tiles,3000.00,EUR,0.00,EUR,0.00,EUR,,,,Listed for lenders"
    listed = browse(an_actor("Lena Lender")).get(drawn.path.replace("/my/loans", "/loans"))
    assert "A draw on a credit line of EUR 5,000.00" in listed.text
    assert "Identity verified" in listed.text


def test_what_stands_against_a_draw_is_said_beside_it(
    world: World, cast: build.Cast, browse: Browse
) -> None:
    line_id, bea = lines.a_line(cast), browse(cast.borrower)

    large = bea.get(
        address(line_id, "/draw?amount=6000&instalments=2&purpose=home&title="), status=422
    )
    lines.decided(cast.second, line_id, "freeze")
    frozen = bea.get(address(line_id, "/draw"))

    assert large.errors == [
        "EUR 5,000.00 of your line is available now.",
        "Choose a term from 3 to 12 months.",
        "Say in one line what the money is for.",
    ]
    assert "This credit line is frozen" in frozen.text
    assert "Work it out" not in frozen.text


def test_a_statement_is_a_page_a_table_and_a_paper_with_the_same_figures(
    world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
) -> None:
    line_id = lines.a_line(cast)
    build.onboard(world, cast.borrower)
    hand.advance(days=20)
    lines.a_running_draw(world, hand, cast, line_id, "3000")
    build.until_day(world, hand, date(2026, 4, 15))
    (written,) = line_statements.statements(line_id)
    db.session.rollback()
    bea, eve = browse(cast.borrower), browse(an_actor("Eve"))

    page = bea.get(bea.get(address(line_id)).links["15 Apr 2026"])
    table = bea.client.get(f"{page.path}?format=csv").get_data(as_text=True)
    paper = bea.client.get(f"{page.path}.pdf")

    due = f"EUR {written.figures.due.decimal()}"
    assert f"Minimum due {due} to be paid by 29 Apr 2026" in page.text
    assert table.splitlines()[1] == (
        "Tiles for the kitchen,0.00,EUR,3000.00,EUR,0.00,EUR,0.00,EUR,0.00,EUR,3000.00,EUR,"
        f"{written.figures.due.decimal()},EUR"
    )
    assert paper.mimetype == "application/pdf"
    assert paper.data.startswith(b"%PDF")
    eve.get(page.path, status=404)
    world.deliver()
    assert f"Statement of your credit line: {due} by 29 Apr 2026" in {
        words.replace("\u00a0", " ") for words in build.letters_to(cast.borrower)
    }


def test_officers_lower_freeze_and_close_with_a_reason_that_the_borrower_reads(
    world: World, cast: build.Cast, browse: Browse
) -> None:
    line_id, bea = lines.a_line(cast), browse(cast.borrower)
    sam = browse(cast.second)

    desk = sam.get("/staff/credit-lines")
    case = sam.get(desk.links[cast.borrower.label])
    silent = sam.send(case, case.path, press=("move", "freeze"), status=422)
    sam.send(case, case.path, press=("move", "lower"), limit="4000", reason="Income fell.")
    sam.send(case, case.path, press=("move", "freeze"), reason="Card was stolen.")
    table = sam.client.get("/staff/credit-lines?state=frozen&format=csv").get_data(as_text=True)
    seen = bea.get(address(line_id))

    assert silent.errors == ["Write down why: the borrower reads it."]
    assert "4000.00,EUR,0.00,EUR,0.00,EUR,4000.00,EUR" in table
    assert "Income fell." in seen.text
    assert "Card was stolen." in seen.text
    assert "Frozen: nothing can be drawn for now" in seen.text
    world.deliver()
    letters = build.letters_to(cast.borrower)
    assert {"The limit of your credit line is EUR 4,000.00 now", "Your credit line is frozen"} <= {
        words.replace("\u00a0", " ") for words in letters
    }
    browse(cast.first).get("/staff/credit-lines", status=403)
    closed = bea.follow(bea.send(seen, "/close"))
    assert "The credit line is closed." in closed.text
