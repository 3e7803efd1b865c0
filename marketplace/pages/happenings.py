"""What happened to a person's money and what comes, in words: one sentence for each kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flask import url_for

from marketplace.campaigns.queries.happenings import Happening as CampaignHappening
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.queries.happenings import Happening as LoanHappening
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.rendering import day_text, moment_text, money_text

Item = dict[str, Any]
Told = CampaignHappening | LoanHappening

_SENTENCES: Final[dict[str, Any]] = {
    "pledge.held": _l("You pledged to “%(title)s”"),
    "pledge.promised": _l("You promised a pledge to “%(title)s”"),
    "pledge.lapsed": _l("Your pledge to “%(title)s” ended, you were not charged"),
    "pledge.charged": _l("“%(title)s” ends: your card is charged if the goal is promised"),
    "pledge.charging": _l("Your card is being charged for “%(title)s”"),
    "pledge.declined": _l("Your card was declined for “%(title)s”: pay another way"),
    "pledge.released": _l("Your pledge to “%(title)s” went to the sponsor"),
    "pledge.refunded": _l("Your pledge to “%(title)s” came back"),
    "pledge.decided": _l("“%(title)s” ends: your pledge goes to the sponsor or comes back"),
    "pledge.refunding": _l("Your pledge to “%(title)s” is on its way back"),
    "pledge.unpaid": _l("Pay your pledge to “%(title)s” before it lapses"),
    "campaign.launched": _l("“%(title)s” went live"),
    "campaign.funded": _l("“%(title)s” reached its goal"),
    "campaign.missed": _l("“%(title)s” missed its goal; no backer pays"),
    "campaign.paid_out": _l("“%(title)s” was paid out to you"),
    "campaign.ends": _l("“%(title)s” ends and is decided"),
    "campaign.collects": _l("“%(title)s” has collected what it could and is decided"),
    "campaign.pays": _l("“%(title)s” is paid out to you"),
    "campaign.returned": _l("Change what the moderator named in “%(title)s”"),
    "commitment.reserved": _l("You committed to “%(title)s”"),
    "commitment.refunded": _l("Your commitment to “%(title)s” came back"),
    "commitment.decided": _l("Funding of “%(title)s” ends: you hold a note or are refunded"),
    "commitment.refunding": _l("Your commitment to “%(title)s” is on its way back"),
    "commitment.unpaid": _l("Pay your commitment to “%(title)s” before it lapses"),
    "wallet.top_up": _l("You topped up your wallet"),
    "wallet.withdrawal": _l("You withdrew to your bank"),
    "bill.paid": _l("You paid instalment %(count)s of “%(title)s”"),
    "bill.due": _l("Pay instalment %(count)s of “%(title)s”"),
    "bill.late": _l("Instalment %(count)s of “%(title)s” is late: pay it now"),
    "instalment": _l("Instalment %(count)s of “%(title)s” is due"),
    "loan.disbursed": _l("“%(title)s” was paid out to you"),
    "loan.offered": _l("Answer the offer for “%(title)s”"),
    "loan.decided": _l("Funding of “%(title)s” ends"),
    "loan.pays": _l("“%(title)s” is fully funded and is being paid out to you"),
}
# What only the person can move on; it stands on top of the page and not in the timeline.
NEEDED: Final = frozenset(
    {
        "pledge.unpaid",
        "pledge.declined",
        "campaign.returned",
        "commitment.unpaid",
        "bill.due",
        "bill.late",
        "loan.offered",
    }
)
# Waits for the provider, and the provider may wait for the person's payout account.
WAITING_FOR_PAYOUT: Final = frozenset({"campaign.pays", "loan.pays"})
_LATE: Final = frozenset({"bill.late"})
# Here the amount is the campaign's goal, which is not the person's money.
_WITHOUT_AMOUNT: Final = frozenset(
    {
        *("campaign.launched", "campaign.missed", "campaign.ends", "campaign.collects"),
        "campaign.returned",
    }
)
# What has a moment; of the rest only the day is known.
_TO_THE_MINUTE: Final = frozenset(
    {
        "pledge.decided",
        "pledge.unpaid",
        "pledge.charged",
        "pledge.declined",
        "campaign.ends",
        "campaign.collects",
        "commitment.decided",
        "commitment.unpaid",
        "loan.decided",
        "loan.offered",
    }
)


def sentence(told: Told) -> str:
    """Return what happened, or what comes, in words."""
    count = told.count if isinstance(told, LoanHappening) else 1
    if told.kind == "shares":
        return ngettext("Repayment from %(num)s loan", "Repayments from %(num)s loans", count)
    if told.kind == "instalments":
        return ngettext(
            "%(num)s borrower’s instalment is due", "%(num)s borrowers’ instalments are due", count
        )
    return str(_SENTENCES[told.kind]) % {"title": told.title, "count": count}


def past(told: Told) -> Item:
    """Return a happening for the timeline."""
    return {**_item(told), "at": told.at, "state": "done"}


def future(told: Told) -> Item:
    """Return what comes for the timeline; on a day, not at a minute, where only the day counts."""
    when = {"at": told.at} if told.kind in _TO_THE_MINUTE else {"on": told.at}
    return {**_item(told), **when, "state": "next"}


def task(told: Told) -> Item:
    """Return what needs the person, for the list on top."""
    return {
        "label": sentence(told),
        "href": address(told),
        "hint": _task_hint(told),
        "status": _("Late") if told.kind in _LATE else _("Waits for you"),
        "tone": "bad" if told.kind in _LATE else "warn",
    }


def address(told: Told) -> str | None:
    """Return the page on which it stands; None where there is no single one."""
    subject, family = told.subject_id, told.kind.partition(".")[0]
    if subject is None:
        return url_for("loans.my_notes") if told.kind in {"shares", "instalments"} else None
    if family == "pledge":
        return url_for("campaigns.pledge_page", ref=public_id("pl", subject))
    if family == "campaign":
        return url_for("campaigns.desk", ref=public_id("cmp", subject))
    if family == "commitment":
        return url_for("loans.commitment", ref=public_id("cmt", subject))
    if family == "wallet":
        return url_for("loans.wallet_order", ref=public_id("ord", subject))
    return _loan_address(told)


def known_kinds() -> Iterable[str]:
    """Return every kind that has a sentence."""
    return {*_SENTENCES, "shares", "instalments"}


def _item(told: Told) -> Item:
    return {"title": sentence(told), "amount": _amount(told), "href": address(told)}


def _task_hint(told: Told) -> str:
    amount = _amount(told)
    words = money_text(amount) if amount else ""
    if told.at is None or told.kind in _LATE:
        return words
    show = moment_text if told.kind in _TO_THE_MINUTE else day_text
    until = _("until %(when)s", when=show(told.at))
    return f"{words}, {until}" if words else until


def _amount(told: Told) -> Money | None:
    return None if told.kind in _WITHOUT_AMOUNT else told.amount


def _loan_address(told: Told) -> str | None:
    if not isinstance(told, LoanHappening) or told.loan_id is None:
        return None
    ref = public_id("ln", told.loan_id)
    if told.kind.startswith("bill.") and told.subject_id is not None:
        return url_for("loans.bill", ref=ref, bill_ref=public_id("bil", told.subject_id))
    return url_for("loans.my_loan", ref=ref)
