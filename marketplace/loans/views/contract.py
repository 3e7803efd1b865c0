"""The loan contract: its text for lenders before they agree, and for the borrower who signs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Response, url_for

from marketplace.contracts import queries as contracts
from marketplace.contracts.consents import How
from marketplace.contracts.forms import party_rows
from marketplace.contracts.masking import masked
from marketplace.contracts.queries import ContractRow
from marketplace.contracts.services.drafting import paper
from marketplace.contracts.wording import fill
from marketplace.identity.services import stepping_up
from marketplace.identity.views import sessions
from marketplace.infra.pdf import Block
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.loans import agreement
from marketplace.loans.agreement import Agreed, Lent
from marketplace.loans.forms.lending import SignForm
from marketplace.loans.queries import agreements, borrower, public_loan
from marketplace.loans.services import contracting
from marketplace.loans.states import LoanState
from marketplace.loans.views.agreeing import agreement_here
from marketplace.loans.views.blueprint import bp
from marketplace.web.guards import me, public, requires
from marketplace.web.limits import STRICT, limiter
from marketplace.web.locale import _
from marketplace.web.rendering import done, page

_BEFORE: Final = "—"  # what has no number yet


@bp.get("/loans/<string:ref>/contract")
@public
def contract_terms(ref: str) -> Response:
    """Show the contract a lender agrees to; who borrows is masked, who else lends is not known."""
    agreed = _public_terms(ref)
    return page(
        "loans/contract_terms.html",
        ref=ref,
        title=agreement.template().title,
        language=agreement.template().language,
        blocks=_blocks(agreed, ()),
        shown_hash=agreement.shown_hash(agreed),
    )


@bp.get("/loans/<string:ref>/contract.pdf")
@public
def contract_terms_file(ref: str) -> Response:
    """Hand out the same as a file."""
    agreed = _public_terms(ref)
    content = paper(
        agreement.template(), *_filled(agreed, ()), issuer=_platform(), reference=f"{ref} (terms)"
    )
    headers = {"Content-Disposition": f'inline; filename="{ref}-terms.pdf"'}
    return Response(content, content_type="application/pdf", headers=headers)


@bp.get("/my/loans/<string:ref>/contract")
@requires("loan.apply")
def my_contract(ref: str) -> Response:
    """Let the borrower read the contract, sign it, and have it once it is signed."""
    return _my_page(ref, SignForm(), 200)


@bp.post("/my/loans/<string:ref>/contract")
@requires("loan.apply")
@limiter.limit(STRICT)
def sign_contract(ref: str) -> Response:
    """Sign as the borrower, with the password typed again."""
    form = SignForm()
    if form.ready() and form.succeeds(lambda: _sign(ref, form)):
        return done(
            url_for("loans.my_contract", ref=ref),
            _("You have signed. The contract is being sealed; that takes a moment."),
        )
    return _my_page(ref, form, 422)


def _sign(ref: str, form: SignForm) -> None:
    stepping_up.insist(
        sessions.signed_in(),
        form.password.data or "",
        browser=sessions.browser(),
        at=clock.wall(),
    )
    now = clock.now()
    consent = agreement_here(How.HAND, form.shown.data or "", at=now)
    contracting.sign(me(), parse_public_id("ln", ref), consent=consent, now=now)


def _my_page(ref: str, form: SignForm, status: int) -> Response:
    own = borrower.own_loan(parse_public_id("ln", ref), me().known())
    found = contracts.of_subject(own.id)
    agreed = agreements.agreed(own.id)
    if found is None:
        return page("loans/contract_waits.html", own=own, funded=own.state == LoanState.FUNDED)
    parties = contracts.parties(found.id)
    form.shown.data = found.document_hash
    return page(
        "loans/my_contract.html",
        status,
        own=own,
        form=form,
        contract=found,
        asking=contracts.asking(found.id),
        language=found.template_language,
        blocks=_blocks(agreed, _lenders(found), found),
        rows=party_rows(parties, names=found.is_signed),
    )


def _lenders(found: ContractRow) -> list[Lent]:
    """Return who lends, by name only once everybody has signed."""
    return [
        Lent(
            each.ref,
            each.name if found.is_signed else masked(each.name),
            each.share,
            f"{each.agreed_at:%Y-%m-%d %H:%M} UTC" if each.agreed_at else "–",
        )
        for each in contracts.parties(found.id)
        if each.role == contracting.LENDER and each.share is not None
    ]


def _blocks(
    agreed: Agreed, lenders: Sequence[Lent], found: ContractRow | None = None
) -> list[dict[str, Any]]:
    """Return the contract as pieces a page can show."""
    filled = fill(agreement.template(), *_filled(agreed, lenders, found))
    return [{"kind": type(block).__name__, "block": block} for block in filled]


def _filled(
    agreed: Agreed, lenders: Sequence[Lent], found: ContractRow | None = None
) -> tuple[dict[str, str], dict[str, Sequence[Block]]]:
    """Return values and tables: the borrower masked for who only thinks about lending."""
    on = found.drafted_at.date() if found else clock.today()
    name = agreed.borrower_name if found else masked(agreed.borrower_name)
    number = found.number if found else _BEFORE
    values = agreement.terms_values(agreed)
    values |= agreement.particulars(agreed, on, number=number, platform=_platform())
    tables = agreement.tables(agreed, on, lenders, borrower=name, platform=_platform())
    return values, dict(tables)


def _public_terms(ref: str) -> Agreed:
    """Return the terms of a loan that anybody may look at."""
    return agreements.agreed(public_loan.public_loan(parse_public_id("ln", ref)).id)


def _platform() -> str:
    return current_settings().site_name
