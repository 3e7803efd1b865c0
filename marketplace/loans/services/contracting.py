"""The contract of a loan: drafted when it is funded, signed by its borrower, undone with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.contracts import queries as contracts
from marketplace.contracts.consents import Consent
from marketplace.contracts.services import drafting, signing
from marketplace.contracts.services.drafting import Draft, Party
from marketplace.infra.commands import command, step
from marketplace.infra.settings import current_settings
from marketplace.kernel.actors import CLOCK, SETTLEMENT, Actor
from marketplace.kernel.errors import Broken, NotFound
from marketplace.kernel.ids import new_id, public_id
from marketplace.kernel.money import Money
from marketplace.loans import agreement
from marketplace.loans.agreement import Agreed, Lent
from marketplace.loans.models import Loan
from marketplace.loans.queries import agreements
from marketplace.loans.queries.agreements import PartAgreed
from marketplace.loans.services import disbursing
from marketplace.loans.services.moving import locked_loan
from marketplace.loans.states import LoanState

KIND: Final = "loan"
BORROWER: Final = "borrower"
LENDER: Final = "lender"
PLATFORM: Final = "platform"


@command
def draft(loan_id: UUID, now: datetime) -> UUID | None:
    """Draft the contract of a funded loan, with every lender's real part; once."""
    loan = locked_loan(loan_id)
    if loan.state != LoanState.FUNDED:
        return None
    if (there := contracts.of_subject(loan_id)) is not None:
        return there.id
    wanted = _draft(loan, now)
    platform = current_settings().site_name
    return drafting.draft(wanted, issuer=platform, actor=CLOCK, now=now)


@command
def sign(actor: Actor, loan_id: UUID, *, consent: Consent, now: datetime) -> None:
    """Sign as the borrower; the seals follow by themselves. Twice is once."""
    loan = locked_loan(loan_id, borrower_id=actor.known())
    found = contracts.of_subject(loan.id)
    if found is None:
        raise NotFound(str(loan_id))
    signing.agree(found.id, actor, consent, now=now)


@step
def undo(loan: Loan, *, reason: str, actor: Actor = SETTLEMENT, now: datetime) -> None:
    """Take the contract back of a loan that is not to be, or not as it was drafted."""
    disbursing.take_off_table(loan.id, reason=reason, now=now)
    drafting.void(loan.id, reason=reason, actor=actor, now=now)


def _draft(loan: Loan, now: datetime) -> Draft:
    agreed, parts = agreements.agreed(loan.id), agreements.parts(loan.id)
    lent = Money.total([each.part for each in parts], loan.currency)
    if lent != loan.amount:
        raise Broken(f"{lent} of {loan.amount} is lent, so no contract can say who lends what")
    shown, platform = agreement.shown_hash(agreed), current_settings().site_name
    lenders = [_lender(each, shown) for each in parts]
    number = new_id()
    return Draft(
        id=number,
        kind=KIND,
        subject_id=loan.id,
        template=agreement.template(),
        terms=agreement.terms_values(agreed),
        particulars=agreement.particulars(
            agreed, now.date(), number=public_id(drafting.NUMBER, number), platform=platform
        ),
        tables=agreement.tables(
            agreed,
            now.date(),
            [_lent(each) for each in lenders],
            borrower=agreed.borrower_name,
            platform=platform,
        ),
        parties=[*lenders, _borrower(agreed), Party(PLATFORM, platform)],
        sign_by=now + timedelta(days=loan.sign_days),
    )


def _borrower(agreed: Agreed) -> Party:
    return Party(BORROWER, agreed.borrower_name, agreed.borrower_id, agreed.amount)


def _lender(each: PartAgreed, shown: str) -> Party:
    return Party(LENDER, each.name, each.lender_id, each.part, each.consent(shown))


def _lent(party: Party) -> Lent:
    if party.share is None:
        raise Broken(f"lender {party.ref} lends nothing")
    when = party.consent.at if party.consent else None
    return Lent(party.ref, party.name, party.share, f"{when:%Y-%m-%d %H:%M} UTC" if when else "–")
