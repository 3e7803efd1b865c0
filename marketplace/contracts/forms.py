"""What people type about contracts, how findings are worded, and the sentences of refusals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask_wtf.file import FileField
from wtforms import StringField

from marketplace.contracts.masking import masked
from marketplace.contracts.queries import PartyRow
from marketplace.contracts.services.verifying import Finding
from marketplace.web.forms import Form
from marketplace.web.locale import _, _l

REFUSALS: Final = {
    "contract_lapsed": _l(
        "The time to sign is over. The loan is undone and its lenders get their money back."
    ),
    "contract_changed": _l("The contract is another one by now. Read it again before you sign it."),
    "contract_party_missing": _l(
        "A lender’s agreement is missing, so this contract cannot be signed. We look into it."
    ),
    "contract_file_missing": _l("Choose the PDF you want to check."),
    "contract_file_large": _l("The file is larger than any contract of ours. It is not from here."),
}

FINDINGS: Final[dict[Finding, tuple[Any, str, Any]]] = {
    Finding.VALID: (
        _l("Valid: this is the contract that was signed"),
        "good",
        _l("The file is the one we keep, to the last byte."),
    ),
    Finding.VOID: (
        _l("Void: signed, but taken back"),
        "warn",
        _l("It was signed and taken back before any money was paid out. Nobody owes anything."),
    ),
    Finding.UNSIGNED: (
        _l("Not signed"),
        "warn",
        _l("The text is ours, but it is not signed by everybody. It binds nobody."),
    ),
    Finding.ALTERED: (
        _l("Altered: do not rely on this file"),
        "bad",
        _l("It claims to be a contract of ours, and it is not the file that was signed."),
    ),
    Finding.UNKNOWN: (
        _l("Unknown: not from here"),
        "neutral",
        _l("We know no such contract."),
    ),
}
# The same by number alone: nothing of a file was compared.
BY_NUMBER: Final = _l("This number is a signed contract. Upload the file to have it compared.")

_ROLES: Final[dict[str, Any]] = {
    "borrower": _l("Borrower"),
    "lender": _l("Lender"),
    "platform": _l("Platform, as agent"),
}
_HOW: Final[dict[str, Any]] = {
    "checkbox": _l("Agreed with the order"),
    "mandate": _l("Agreed by standing order"),
    "hand": _l("Signed by hand, password typed again"),
    "seal": _l("Sealed"),
}


class VerifyForm(Form):
    """A file to compare."""

    file = FileField(_l("PDF of the contract"))


class NumberForm(Form):
    """A number to look up; in the address, it changes nothing."""

    number = StringField(_l("Number of the contract"))


def party_rows(parties: Sequence[PartyRow], *, names: bool) -> list[dict[str, Any]]:
    """Return the parties for a table; without `names` each is masked, but for the platform."""
    return [
        {
            "name": each.name if names or each.person_id is None else masked(each.name),
            "role": str(_ROLES.get(each.role, each.role)),
            "share": each.share,
            "how": str(_HOW[each.how]) if each.how else _("Not yet"),
            "agreed_at": each.agreed_at,
            "signed_at": each.signed_at,
            "ref": each.ref,
        }
        for each in parties
    ]
