"""Applications with nothing missing: who asks, and the papers a loan asks for."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.loans.answers import Collateral, Person, Wish
from marketplace.loans.queries import applications
from marketplace.loans.queries import documents as paper_queries
from marketplace.loans.queries.applications import Application
from marketplace.loans.rules import Request
from marketplace.loans.services import answering, documents, valuing
from marketplace.loans.valuation import Told, Worth


def a_person(**changes: object) -> Person:
    """Somebody who answered everything about themselves."""
    told = Person(
        legal_name="Beatrice Borrower",
        born_on=date(1985, 3, 31),
        phone="+49 30 1234567",
        street="Mill Lane 7",
        postal_code="10115",
        city="Berlin",
        country="DE",
        housing="rent",
        dependants=1,
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def a_pdf(words: str = "Payslip", *, pages: int = 1) -> bytes:
    """A small PDF that says `words`; the same bytes for the same words."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for number in range(pages):
        canvas.drawString(72, 720, f"{words} {number + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def a_photograph(*, metadata: bytes = b"", kind: str = "JPEG") -> bytes:
    """A small picture of a paper, with whatever a camera writes into it."""
    out = io.BytesIO()
    exif = Image.Exif()
    if metadata:
        exif[0x010E] = metadata.decode()  # ImageDescription
    Image.linear_gradient("L").resize((300, 400)).convert("RGB").save(out, kind, exif=exif)
    return out.getvalue()


def application(loan_id: UUID) -> Application:
    """An application as it stands."""
    found = applications.application(loan_id)
    db.session.rollback()
    return found


def told_all(borrower: Actor, loan_id: UUID) -> UUID:
    """Answer what every application asks beside the request itself, and give its papers."""
    told = application(loan_id)
    person = a_person(housing=told.housing, legal_name=borrower.label)
    answering.answer(borrower, loan_id, person, now=clock.now())
    if not told.employer:
        credit = replace(told.credit, employer="Clay & Sons")
        answering.answer(borrower, loan_id, credit, now=clock.now())
    if told.has_collateral:
        answering.answer(borrower, loan_id, a_collateral(told), now=clock.now())
    for kind in told.missing_documents:
        given(borrower, loan_id, kind)
    return loan_id


def a_collateral(told: Application) -> Collateral:
    """Something worth twice what is asked for."""
    return Collateral(
        kind="vehicle",
        description="A van of 2021, 40,000 km, one owner.",
        value=told.request.amount + told.request.amount,
        owner="borrower",
        office="Vehicle registration office Berlin",
        number="B-KI 1234",
    )


def given(borrower: Actor, loan_id: UUID, kind: str = "income", data: bytes | None = None) -> UUID:
    """Give one paper."""
    kept = documents.prepare(data or a_pdf(kind))
    return documents.give(borrower, loan_id, kept, kind=kind, name=f"{kind}.pdf", now=clock.now())


def a_valuation(loan_id: UUID, **changes: Any) -> Told:
    """What an appraiser says today: the value the borrower named, less the product's haircut."""
    value, today = application(loan_id).pledged.value, clock.today()
    haircut_bps = int(scalar("SELECT haircut_bps FROM loan WHERE id = %s", (loan_id,)))
    db.session.rollback()
    worth = Worth(value, haircut_bps, today, today + timedelta(days=180))
    return Told("Ada Appraiser", "IHK 4711", "price_guide", replace(worth, **changes))


def valued(
    loan_id: UUID, reviewer: Actor, told: Told | None = None, *, paper: UUID | None = None
) -> UUID:
    """Write a valuation down from the appraiser's paper, or another one, in the file."""
    papers = {one.kind: one.id for one in paper_queries.documents(loan_id)}
    db.session.rollback()
    return valuing.record(
        reviewer,
        loan_id,
        told or a_valuation(loan_id),
        paper or papers.get("collateral_value") or next(iter(papers.values())),
        form_key=uuid4().hex,
        now=clock.now(),
    )


@command
def secure(loan_id: UUID) -> None:
    """Let something stand behind a loan from now on, as where its product asks for it."""
    execute(
        "UPDATE loan SET collateral = true, ltv_max_bps = 8000, haircut_bps = 2000 WHERE id = %s",
        (loan_id,),
    )


def asks_for(borrower: Actor, loan_id: UUID, asked: Request) -> None:
    """Change what a request asks for; what was told of the person stays."""
    wish = Wish(
        product=asked.product,
        amount=asked.amount,
        instalments=asked.instalments,
        purpose=asked.purpose,
        title=asked.title,
        story=asked.story,
    )
    answering.answer(borrower, loan_id, wish, now=clock.now())
