"""What people of several stories do: join the staff, hand in papers, lend, sign, pay out."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable

from PIL import Image
from playwright.sync_api import FilePayload

from tests.browser.conftest import House
from tests.browser.people import PASSWORD, Visitor
from tests.builders.applications import a_pdf

Visit = Callable[..., Visitor]


def a_picture() -> bytes:
    """A photograph of something."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((960, 640)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def a_member_of_staff(
    house: House, visit: Visit, role: str, name: str = "", *, script: bool = True
) -> Visitor:
    """Somebody an operator gave a desk, signed in."""
    name = name or role.replace("_", " ").title()
    email = f"{name.lower().replace(' ', '-')}@house.example"
    words = ("users", "create", email, "--name", name, "--role", role, "--password-stdin")
    house.operator(*words, typed=f"{PASSWORD}\n")
    visitor = visit(script=script)
    visitor.sign_in(email, PASSWORD)
    return visitor


def approve(moderator: Visitor, title: str) -> None:
    """Let a campaign go live, and wait until that can be undone no more."""
    moderator.go("/staff/moderation")
    moderator.follow(title)
    case = moderator.path
    moderator.press("Approve, go live")
    moderator.go(case)
    moderator.reloads_until("Already decided")


def prove(house: House) -> None:
    """Insist that the books hold, and that the provider agrees with them."""
    house.operator("ledger", "check")
    house.operator("escrow", "reconcile")


def tell_who_asks(borrower: Visitor) -> None:
    """Answer the first group of questions."""
    borrower.fill("Date of birth", "1985-03-31")
    borrower.fill("Street and number", "Mill Lane 7")
    borrower.fill("Postal code", "10115")
    borrower.fill("Town", "Berlin")
    borrower.choose("Country", "Germany")
    borrower.tick("I rent")
    borrower.press("Save and go on")


def hand_in_papers(borrower: Visitor, kinds: Iterable[str]) -> None:
    """Hand in one paper of each kind, the first one photographed."""
    photograph = FilePayload(name="card.jpg", mimeType="image/jpeg", buffer=a_picture())
    for n, kind in enumerate(kinds):
        scan = FilePayload(name=f"{n}.pdf", mimeType="application/pdf", buffer=a_pdf(kind))
        file = scan if n else photograph
        borrower.choose("Which paper is it?", kind)
        borrower.page.get_by_label("File", exact=True).set_input_files(file)
        borrower.press("Upload the paper")
        borrower.reads(file["name"])


def tick_all(visitor: Visitor) -> None:
    """Tick every box of the page."""
    for box in visitor.page.locator("form input[type=checkbox]").all():
        box.check()


def lend(lender: Visitor, loan: str, amount: str, source: str) -> None:
    """Take a part, with what is known of the risk and the contract that the order signs."""
    lender.go(f"{loan}/invest")
    lender.fill("Amount to lend", amount)
    lender.tick(source)
    lender.press("Check")
    tick_all(lender)
    lender.press("Lend EUR")


def sign(borrower: Visitor, mine: str) -> None:
    """Sign the contract by hand, and wait until it is sealed."""
    borrower.go(mine)
    borrower.follow("Read and sign the contract")
    borrower.fill("Your password", PASSWORD)
    borrower.press("Sign the contract")
    borrower.reloads_until("Save the signed contract")


def pay_out(maker: Visitor, checker: Visitor, title: str) -> None:
    """One finance officer proposes the payout, another one approves it."""
    maker.go("/staff/finance/disbursements")
    maker.follow(title)
    maker.fill("For the second officer", "Looked through: all holds.")
    maker.press("Propose to pay EUR")
    maker.reads("another officer must approve it")
    checker.go("/staff/finance/disbursements")
    checker.follow(title)
    checker.press("Approve and pay EUR")
    checker.reads("Approved by")
