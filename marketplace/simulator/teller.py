"""Does at the counter what a person does on the hosted pages: for the demo world and for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from marketplace.simulator import checkouts, disputes, payees, payouts, transfers, verifications
from marketplace.simulator.bank import Bank
from marketplace.simulator.cards import BANK, WALLET, Card, find_card
from marketplace.simulator.courier import Send, deliver_pending
from marketplace.simulator.refusals import Denied
from marketplace.simulator.store import Work

GOOD_CARD: Final = "4242 4242 4242 4242"
GOOD_ACCOUNT: Final = "1000000001"


@dataclass(frozen=True, slots=True)
class Teller:
    """The counter of one bank in this process."""

    bank: Bank

    def pay(self, checkout_ref: str, card: str = GOOD_CARD) -> dict[str, object]:
        """Pay a checkout with `card`, "wallet" or "bank"; raises `Denied` when it is refused.

        In mode `setup` the card is saved instead. One that asks for one more confirmation gets it.
        """
        with self.bank.work() as work:
            return pay_in(work, checkout_ref, card, self.bank.site)

    def onboard(self, payee_ref: str, account_number: str = GOOD_ACCOUNT) -> dict[str, object]:
        """Finish a payee's onboarding.

        A number ending in 0002 is a closed account; from one ending in 0003 money comes back.
        """
        with self.bank.work() as work:
            return onboard_in(work, payee_ref, account_number)

    def restrict(self, payee_ref: str) -> None:
        """Pay a payee no more until they have been on the onboarding page again."""
        with self.bank.work() as work:
            payees.restrict(work, payee_ref)

    def dispute(self, charge_id: str, reason: str | None = None) -> dict[str, object]:
        """Take a payment back as the person who paid would; every payment can be, once."""
        with self.bank.work() as work:
            return disputes.dispute(work, charge_id, reason)

    def fail_payout(self, ref: str) -> dict[str, object]:
        """Let a payout fail on its way, or come back after it has arrived."""
        with self.bank.work() as work:
            return payouts.fail(work, ref)

    def return_transfer(self, ref: str) -> None:
        """Let a transfer come back, whatever account it went to."""
        with self.bank.work() as work:
            transfers.come_back(work, ref)

    def verify(self, ref: str, *, readable: bool = True) -> dict[str, object]:
        """Show papers on a verification's page: accepted, or asked for once more."""
        with self.bank.work() as work:
            return verifications.look_at(work, ref, self.bank.site, readable=readable)

    def deliver_pending(self, send: Send) -> int:
        """Do what is due and hand every waiting event to `send`; returns how many arrived."""
        return deliver_pending(self.bank, send)


def pay_in(work: Work, checkout_ref: str, card: str, site: str) -> dict[str, object]:
    """Pay a checkout inside an open piece of work."""
    return checkouts.pay(work, checkout_ref, means(card), site)


def onboard_in(work: Work, payee_ref: str, account_number: str) -> dict[str, object]:
    """Finish an onboarding inside an open piece of work."""
    if not payees.ACCOUNT.match(account_number):
        raise Denied(422, "account_number", "An account number has 8 to 18 digits.")
    name = str(payees.row_of(work, payee_ref)["name"])
    payees.make_ready(work, payee_ref, name=name, account_number=account_number)
    return payees.read(work, payee_ref)


def means(text: str) -> Card:
    """Return the way of paying named `text`; refused when it is no test card."""
    card = {"wallet": WALLET, "bank": BANK}.get(text) or find_card(text)
    if card is None:
        raise Denied(422, "not_a_test_card", "Only the listed test cards work here.")
    return card
