"""Letters about loan contracts: what is to be signed, and what is."""

from __future__ import annotations

from marketplace.contracts import queries as contracts
from marketplace.contracts.events import ContractDrafted, ContractSigned
from marketplace.kernel.ids import public_id
from marketplace.loans.queries import agreements
from marketplace.notifications import letters
from marketplace.web.locale import _l


def on_drafted(event: ContractDrafted) -> None:
    """Tell the borrower that the contract waits, and until when."""
    loan, found = agreements.agreed(event.subject_id), contracts.contract(event.contract_id)
    letters.send(
        loan.borrower_id,
        "contract_drafted",
        f"contract_drafted:{event.contract_id}",
        action=f"/my/loans/{public_id('ln', loan.id)}/contract",
        label=_l("Read and sign"),
        title=loan.title,
        amount=loan.amount,
        day=found.sign_by.date(),
    )


def on_signed(event: ContractSigned) -> None:
    """Tell every party that it is signed; a file of it is one click away."""
    loan, found = agreements.agreed(event.subject_id), contracts.contract(event.contract_id)
    for party in contracts.parties(found.id):
        if party.person_id is not None:
            letters.send(
                party.person_id,
                "contract_signed",
                f"contract_signed:{party.id}",
                action=f"/contracts/{found.number}.pdf",
                label=_l("Open the contract"),
                title=loan.title,
                reference=found.number,
            )
