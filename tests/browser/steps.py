"""What people of several stories do: join, draft, back, hand in papers, lend, sign, pay out."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from PIL import Image
from playwright.sync_api import FilePayload

from marketplace.kernel import clock
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
    return _let_in(house, visit, name, ("--role", role), script=script)


def a_member(house: House, visit: Visit, name: str, *, script: bool = True) -> Visitor:
    """Somebody an operator made a member, signed in."""
    return _let_in(house, visit, name, (), script=script)


def _let_in(
    house: House, visit: Visit, name: str, role: tuple[str, ...], *, script: bool
) -> Visitor:
    email = f"{name.lower().replace(' ', '-')}@house.example"
    words = ("users", "create", email, "--name", name, *role, "--password-stdin")
    house.operator(*words, typed=f"{PASSWORD}\n")
    visitor = visit(script=script)
    visitor.sign_in(email, PASSWORD)
    return visitor


@dataclass(frozen=True)
class Idea:
    """What a sponsor writes about a project."""

    title: str
    category: str
    promise: str
    story: str
    risks: str
    goal: str


def draft(sponsor: Visitor, idea: Idea) -> str:
    """Write a draft with all but rewards, for twenty days; returns its desk."""
    sponsor.go("/my/campaigns/new")
    sponsor.fill("Title", idea.title)
    sponsor.choose("Category", idea.category)
    sponsor.press("Start the draft")
    desk = sponsor.path
    sponsor.go(f"{desk}/basics")
    sponsor.fill("One-line promise", idea.promise)
    sponsor.press("Save")
    sponsor.go(f"{desk}/story")
    sponsor.fill("Story", idea.story)
    sponsor.press("Save")
    sponsor.go(f"{desk}/risks")
    sponsor.fill("Risks", idea.risks)
    sponsor.press("Save")
    sponsor.go(f"{desk}/funding")
    sponsor.choose("Currency", "EUR")
    sponsor.fill("Goal", idea.goal)
    ends = clock.wall() + timedelta(days=20)
    # By its name: the ways to judge a campaign speak of the deadline too.
    sponsor.page.locator("input[name=deadline]").fill(ends.strftime("%Y-%m-%dT18:00"))
    sponsor.press("Save")
    sponsor.go(f"{desk}/pictures")
    sponsor.page.get_by_label("Picture", exact=True).set_input_files(
        FilePayload(name="photo.jpg", mimeType="image/jpeg", buffer=a_picture())
    )
    sponsor.fill("What the picture shows", "What it will look like")
    sponsor.press("Add the picture")
    return desk


def offer(sponsor: Visitor, desk: str, title: str, price: str, quantity: str = "") -> None:
    """Add a reward to a draft."""
    sponsor.go(f"{desk}/rewards/new")
    sponsor.fill("Title", title)
    sponsor.fill("What backers get", "As often as you like.")
    sponsor.fill("Price", price)
    sponsor.fill("Quantity", quantity)
    sponsor.press("Save")


def submit(sponsor: Visitor, desk: str) -> None:
    """Send a draft to the moderators."""
    sponsor.go(f"{desk}/submit")
    sponsor.tick("I have read what happens to the money")
    sponsor.press("Submit for approval")


def approve(moderator: Visitor, *titles: str) -> None:
    """Let campaigns go live, and wait until that can be undone no more."""
    wait_for_decisions(moderator, decide_for(moderator, *titles))


def decide_for(moderator: Visitor, *titles: str) -> list[str]:
    """Approve campaigns, which can still be undone; returns their cases."""
    cases = []
    for title in titles:
        moderator.go("/staff/moderation")
        moderator.follow(title)
        cases.append(moderator.path)
        moderator.press("Approve, go live")
    return cases


def wait_for_decisions(moderator: Visitor, cases: Iterable[str]) -> None:
    """Wait until what was decided can be undone no more."""
    for case in cases:
        moderator.go(case)
        moderator.reloads_until("Already decided")


def back(backer: Visitor, project: str, amount: str, reward: str = "") -> str:
    """Pledge and pay; returns the pledge's page."""
    backer.go(f"{project}/pledge")
    if reward:
        backer.tick(reward)
    backer.fill("Amount", amount)
    backer.press("Check your answers")
    backer.reads("What this means in money")
    backer.press(f"Pledge EUR {amount}")
    backer.pay()
    backer.reloads_until("Your pledge is in")
    return backer.path.partition("/return")[0]


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
