"""What borrowers tell and hand in beside their request, and what they and reviewers write."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final
from uuid import UUID

from marketplace.demo.stage import Stage
from marketplace.infra import pdf
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.money import Money
from marketplace.loans.answers import Collateral, Person
from marketplace.loans.queries import applications
from marketplace.loans.queries import documents as papers
from marketplace.loans.queries.applications import Application
from marketplace.loans.services import answering, documents, messages, returning

# Street, postal code, town and country.
_HOMES: Final = (
    ("Lindenstraße 14", "04109", "Leipzig", "DE"),
    ("Rua das Flores 81", "4050-265", "Porto", "PT"),
    ("Kopernikova 3", "1000", "Ljubljana", "SI"),
    ("Vesterbrogade 120", "1620", "København", "DK"),
    ("Carrer de Blai 22", "08004", "Barcelona", "ES"),
    ("Kerkstraat 9", "9000", "Gent", "BE"),
    ("Via San Vitale 45", "40125", "Bologna", "IT"),
)
_EMPLOYERS: Final = (
    "Städtische Werke",
    "Hospital de Santo António",
    "Holz & Söhne",
    "Nordhavn Logistics",
    "Escola do Vale",
    "Tipografija Most",
)
_TITLES: Final = {
    "identity": "Identity card (copy)",
    "income": "Payslips, last three months",
    "bank_statement": "Bank statement",
    "tax": "Tax assessment",
    "accounts": "Annual accounts",
    "purpose": "Offer",
    "collateral_title": "Register extract",
    "collateral_value": "Appraisal",
}
_ASKED: Final = (
    "Thank you for your request. The offer you name is not attached: please upload it, and say in"
    " the description who will do the work."
)
_UNREADABLE: Final = "The lower third of the second page is cut off; the balance cannot be read."
_LETTER: Final = (
    "I have changed my working hours since I sent this: from next month it is four days a week,"
    " and 210 less a month. Does the request need to change?"
)
_REPLY: Final = (
    "Please upload the bank statement again, all pages. Everything else can stay as it is."
)


def tell_all(
    stage: Stage, borrower: Actor, loan_id: UUID, number: int, pledged: Collateral | None = None
) -> None:
    """Answer what an application asks beside the request, and hand in its papers."""
    told = applications.application(loan_id)
    db.session.rollback()
    answering.answer(borrower, loan_id, _person(told, borrower, number), now=stage.now)
    home = Money(told.obligations_minor * (4 + number % 4) // 10, told.currency)
    credit = replace(
        told.credit,
        employer=_EMPLOYERS[number % len(_EMPLOYERS)],
        housing_cost=home,
        debt_payments=told.request.obligations - home,
        debts=(told.request.obligations - home).times(Decimal(8 + number % 30)),
    )
    answering.answer(borrower, loan_id, credit, now=stage.now)
    if pledged is not None:
        answering.answer(borrower, loan_id, pledged, now=stage.now)
    for kind in told.missing_documents:
        kept = documents.prepare(_paper(kind, borrower.label, _figures(told, kind, pledged)))
        documents.give(
            borrower,
            loan_id,
            kept,
            kind=kind,
            name=f"{kind.replace('_', '-')}-{stage.now:%Y-%m}.pdf",
            now=stage.now,
        )


def write_about(stage: Stage, borrower: Actor, loan_id: UUID, turn: int) -> None:
    """Let a request that waits be asked about, sent back, or have a paper that is no use."""
    reviewer = stage.cast["first_reviewer"]
    if turn % 3 == 0:
        messages.write(borrower, loan_id, _LETTER, form_key=stage.form_key(), now=stage.now)
    elif turn % 3 == 1:
        returning.ask_for_more(reviewer, loan_id, _ASKED, form_key=stage.form_key(), now=stage.now)
    else:
        found = [one for one in papers.documents(loan_id) if one.kind == "bank_statement"]
        db.session.rollback()
        for paper in found:
            documents.mark(reviewer, paper.id, reason=_UNREADABLE, now=stage.now)
        messages.reply(reviewer, loan_id, _REPLY, form_key=stage.form_key(), now=stage.now)


def _person(told: Application, borrower: Actor, number: int) -> Person:
    street, postal_code, city, country = _HOMES[number % len(_HOMES)]
    return Person(
        legal_name=borrower.label,
        born_on=date(1958 + number * 7 % 42, 1 + number % 12, 1 + number % 28),
        phone=f"+49 1520 {1_000_000 + number * 7919 % 8_999_999}",
        street=street,
        postal_code=postal_code,
        city=city,
        country=country,
        housing=told.housing,
        dependants=number % 4,
    )


def _figures(
    told: Application, kind: str, pledged: Collateral | None
) -> tuple[tuple[str, str], ...]:
    income, amount = told.request.income, told.request.amount
    shown = {
        **(_figures_of(pledged) if pledged is not None else {}),
        "income": (("Net pay a month", str(income.decimal())), ("Months", "3")),
        "bank_statement": (
            ("Money in, a month", str(income.decimal())),
            ("Standing orders, a month", str(told.request.obligations.decimal())),
        ),
        "purpose": (("Total of the offer", str(amount.decimal())),),
        "tax": (("Income of the year", str(income.times(Decimal(12)).decimal())),),
        "accounts": (("Result of the year", str(income.times(Decimal(12)).decimal())),),
    }
    return shown.get(kind, ())


def _figures_of(pledged: Collateral) -> dict[str, tuple[tuple[str, str], ...]]:
    value = str(pledged.value.decimal())
    return {
        "collateral_title": (("Register", pledged.office), ("Number", pledged.number)),
        "collateral_value": (("Object", pledged.description), ("Market value", value)),
    }


@lru_cache(maxsize=256)
def _paper(kind: str, name: str, figures: tuple[tuple[str, str], ...]) -> bytes:
    """Return a paper as somebody's office would print it; for show, and it says so."""
    title = _TITLES.get(kind, kind)
    blocks: list[pdf.Block] = [pdf.Facts((("Name", name), *figures))]
    blocks.append(pdf.Paragraph("A specimen of the demo world. It proves nothing.", quiet=True))
    return pdf.write(
        pdf.Paper(
            title=title,
            issuer="Demo office",
            reference=kind,
            page_words=lambda page, pages: f"{page} of {pages}",
            blocks=blocks,
        )
    )
