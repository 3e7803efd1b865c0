"""The rows of lending that commands load, lock and change one at a time.

Notes, instalments, bills and shares are written in sets, by SQL; they have no model here.
"""

from marketplace.loans.models.applications import (
    LoanApplicant,
    LoanCollateral,
    LoanDocument,
    LoanMessage,
)
from marketplace.loans.models.bills import Bill, LoanMandate
from marketplace.loans.models.commitments import Commitment
from marketplace.loans.models.credit_lines import CreditLine
from marketplace.loans.models.loan import Loan, LoanClaim, LoanReview
from marketplace.loans.models.products import LoanGrade, LoanProduct, LoanProductProposal
from marketplace.loans.models.receipts import ChargeWaiver, Prepayment, Receipt
from marketplace.loans.models.vouchers import CollectionLine, Voucher
from marketplace.loans.models.wallets import WalletOrder
from marketplace.loans.models.write_offs import WriteOff

__all__ = [
    "Bill",
    "ChargeWaiver",
    "CollectionLine",
    "Commitment",
    "CreditLine",
    "Loan",
    "LoanApplicant",
    "LoanClaim",
    "LoanCollateral",
    "LoanDocument",
    "LoanGrade",
    "LoanMandate",
    "LoanMessage",
    "LoanProduct",
    "LoanProductProposal",
    "LoanReview",
    "Prepayment",
    "Receipt",
    "Voucher",
    "WalletOrder",
    "WriteOff",
]
