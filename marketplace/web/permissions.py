"""Who may do what: one table, read at import. A permission that is not here does not exist."""

from __future__ import annotations

from typing import Final

from marketplace.kernel.actors import MEMBER_ROLES, STAFF_ROLES

_TABLE: Final = """
    campaign.draft          sponsor
    campaign.moderate       moderator
    campaign.suspend        moderator|finance_officer
    objection.see           moderator|finance_officer
    objection.propose       moderator
    objection.decide        finance_officer
    pledge.make             backer
    loan.apply              borrower
    loan.lend               lender
    question.hide           moderator|first_reviewer|second_reviewer
    wallet.use              lender
    payee.manage            sponsor|borrower|lender
    review.first            first_reviewer
    review.second           second_reviewer
    line.see                second_reviewer|finance_officer|admin
    line.decide             second_reviewer|finance_officer
    application.talk        first_reviewer|second_reviewer
    document.read           first_reviewer|second_reviewer|finance_officer
    finance.see             finance_officer|admin
    finance.decide          finance_officer
    finance.approve         finance_officer|admin
    ledger.see              finance_officer|admin
    people.manage           admin
    product.see             first_reviewer|second_reviewer|finance_officer|admin
    product.propose         admin
    product.publish         finance_officer|admin
    staff.desk              moderator|first_reviewer|second_reviewer|finance_officer|admin
"""


def _read(table: str) -> dict[str, frozenset[str]]:
    permissions = {}
    for line in table.split("\n"):
        if line.strip():
            name, roles = line.split()
            permissions[name] = frozenset(roles.split("|"))
            unknown = permissions[name] - MEMBER_ROLES - STAFF_ROLES
            if unknown:
                raise ValueError(f"{name} names unknown roles: {', '.join(sorted(unknown))}")
    return permissions


PERMISSIONS: Final = _read(_TABLE)
