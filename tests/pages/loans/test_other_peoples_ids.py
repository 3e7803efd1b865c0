"""Another person's id in an address is as good as none."""

from __future__ import annotations

import pytest

from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import loans as build
from tests.builders.applications import a_pdf, given
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.page_client import PageClient
from tests.pages.loans.conftest import Browse

READ = [
    "/borrow/apply/{draft}",
    "/borrow/apply/{draft}/person",
    "/borrow/apply/{draft}/loan",
    "/borrow/apply/{draft}/documents",
    "/borrow/apply/{draft}/check",
    "/my/loans/{draft}/documents/{paper}",
    "/my/loans/{mine}/documents/{paper}",
    "/my/loans/{loan}/messages",
    "/my/loans/{loan}",
    "/my/loans/{loan}/bills/{bill}",
    "/my/loans/{loan}/bills/{bill}/return",
    "/my/loans/{mine}/bills/{bill}",
    "/commitments/{commitment}",
    "/commitments/{commitment}/return",
    "/my/notes/{note}",
    "/my/wallet/orders/{order}",
    "/my/wallet/orders/{order}/return",
]
ACT = [
    "/borrow/apply/{draft}/person",
    "/borrow/apply/{draft}/credit",
    "/borrow/apply/{draft}/loan",
    "/borrow/apply/{draft}/documents",
    "/borrow/apply/{draft}/documents/{paper}/remove",
    "/borrow/apply/{mine}/documents/{paper}/remove",
    "/borrow/apply/{draft}/check",
    "/my/loans/{loan}/messages",
    "/my/loans/{offer}/accept",
    "/my/loans/{offer}/withdraw",
    "/my/loans/{loan}/call-off",
    "/my/loans/{loan}/bills/{bill}",
    "/my/loans/{mine}/bills/{bill}",
    "/commitments/{commitment}/pay",
    "/my/wallet/orders/{order}/pay",
]


@pytest.fixture
def ids(world: World, hand: clock.Hand, cast: build.Cast) -> dict[str, str]:
    """Everything that belongs to somebody, and a draft of the intruder."""
    lena = an_actor("Lena Lender")
    order_id = build.topped_up(world, lena, "50")
    loan_id = build.a_running_loan(world, hand, cast, parts=[(lena, "1000")])
    build.until_day(world, hand, build.schedule(loan_id)[0].due_on)
    (bill,), (note,) = build.open_bills(loan_id), build.notes(lena)
    draft = build.a_draft(cast.borrower)
    return {
        "draft": public_id("ln", draft),
        "paper": public_id("doc", given(cast.borrower, draft, "other", a_pdf("hers"))),
        "loan": public_id("ln", loan_id),
        "offer": public_id("ln", build.an_offered(cast)),
        "bill": bill.ref,
        "commitment": note.commitment_ref,
        "note": note.ref,
        "order": public_id("ord", order_id),
    }


def test_is_not_found_wherever_it_is_tried(
    world: World, browse: Browse, ids: dict[str, str]
) -> None:
    eve = an_actor("Eve Sdropper")
    mine = public_id("ln", build.a_draft(eve))
    browser = browse(eve)
    token = browser.get("/my/wallet/top-up").form("/top-up").fields["csrf_token"]

    for path in READ:
        browser.get(path.format(**ids, mine=mine), status=404)
    for path in ACT:
        browser.post(path.format(**ids, mine=mine), {"csrf_token": token}, status=404)


@pytest.mark.parametrize("path", sorted({*READ, *ACT}))
def test_a_visitor_is_asked_to_sign_in_first(world: World, visitor: PageClient, path: str) -> None:
    nobody = dict.fromkeys(
        ("draft", "loan", "offer", "bill", "commitment", "note", "order", "mine", "paper"), "ln_1"
    )

    if path in READ:
        assert "/sign-in" in visitor.get(path.format(**nobody), status=303).location
    if path in ACT:
        token = visitor.get("/sign-in").form("/sign-in").fields["csrf_token"]
        answer = visitor.post(path.format(**nobody), {"csrf_token": token})
        assert "/sign-in" in answer.location
