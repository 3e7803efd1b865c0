"""The finance desk's words: states, kinds and ages as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from marketplace.web.locale import _, _l, ngettext

Tag = dict[str, str]

_QUEUES: Final[dict[str, tuple[Any, str]]] = {
    "planned": (_l("Waiting to be sent"), "info"),
    "onboarding": (_l("Waiting for a payout account"), "warn"),
    "sent": (_l("With the provider"), "info"),
    "unknown": (_l("Unknown"), "warn"),
    "unsolved": (_l("Failed, not tried again"), "bad"),
    "failed": (_l("Failed"), "bad"),
    "succeeded": (_l("Succeeded"), "good"),
    "returned": (_l("Came back"), "warn"),
    "expired": (_l("Expired"), "neutral"),
}
_INBOX: Final[dict[str, tuple[Any, str]]] = {
    "stored": (_l("Not worked yet"), "info"),
    "applied": (_l("Applied"), "good"),
    "ignored": (_l("About nothing of ours"), "neutral"),
    "failed": (_l("Failed"), "bad"),
}
_KINDS: Final[dict[str, Any]] = {
    "checkout": _l("Checkout"),
    "refund": _l("Refund"),
    "transfer": _l("Transfer"),
    "reversal": _l("Reversal"),
    "top_up": _l("Top-up"),
    "setup": _l("Saving a card"),
    "charge": _l("Charge of a saved card"),
    "payout": _l("Payout of our fees"),
}
_PURPOSES: Final[dict[str, Any]] = {
    "pledge": _l("pledge"),
    "commitment": _l("commitment"),
    "pledge_surplus": _l("pledge paid twice"),
    "bill": _l("bill"),
    "prepayment": _l("early repayment"),
    "voucher": _l("payment at a bank"),
    "mandate": _l("autopay"),
    "wallet": _l("wallet"),
    "top_up": _l("top-up"),
    "withdrawal": _l("withdrawal"),
    "wallet_return": _l("wallet, back the way it was paid in"),
    "release": _l("release to the sponsor"),
    "disbursement": _l("disbursement to the borrower"),
    "refund_reserve": _l("refund reserve"),
    "chargeback": _l("chargeback"),
    "platform_payout": _l("our fees"),
}
_MOVES: Final[dict[str, Any]] = {
    "send": _l("Sent to the provider"),
    "postpone": _l("Refused for now, planned again"),
    "lose": _l("No answer: unknown"),
    "absent": _l("The provider has never heard of it: planned again"),
    "accept": _l("The provider has it"),
    "succeed": _l("Succeeded"),
    "fail": _l("Failed"),
    "expire": _l("Expired"),
    "return": _l("The money came back"),
    "give_up": _l("Given up by two officers"),
}
_VERBS: Final[dict[str, tuple[Any, str]]] = {
    "post": (_l("Posted"), "good"),
    "hold": (_l("Held"), "info"),
    "settle": (_l("Settled"), "good"),
    "void": (_l("Voided"), "neutral"),
    "reverse": (_l("Reversed"), "warn"),
}
_PHASES: Final[dict[str, tuple[Any, str]]] = {
    "single": (_l("moved"), "good"),
    "pending": (_l("set aside"), "info"),
    "post": (_l("moved as set aside"), "good"),
    "void": (_l("set free"), "neutral"),
}
_DIFFERENCES: Final[dict[str, tuple[Any, Any]]] = {
    "unknown": (
        _l("Not ours"),
        _l("A line on the statement that is about nothing we asked for."),
    ),
    "missing_here": (
        _l("Missing here"),
        _l("The provider moved it; our instruction is not finished."),
    ),
    "missing_there": (
        _l("Missing there"),
        _l("We count it as done; it is not on the provider’s statement."),
    ),
    "duplicate": (_l("Twice"), _l("The provider moved it more than once.")),
    "amount": (_l("Amount"), _l("Both know it, with different amounts.")),
    "fee": (_l("Fee"), _l("The provider’s fee is not booked yet.")),
    "timing": (_l("Timing"), _l("Equal in sum, not yet in the same place.")),
    "total": (_l("Total"), _l("The cash the provider reports is not what the ledger says.")),
}
_STAGES: Final[dict[str, Any]] = {
    "disputes": _l("Losses to recover"),
    "campaigns": _l("Campaigns at their deadline"),
    "collections": _l("Saved cards charged"),
    "overdue campaigns": _l("Campaigns due for over an hour"),
    "ended campaigns": _l("Campaigns ended by two people"),
    "late pledges": _l("Late pledges released"),
    "campaign refunds": _l("Campaigns all refunded"),
    "fundings": _l("Loans to close or pay out"),
    "bills": _l("Bills"),
    "autopay": _l("Bills on a saved card"),
    "repayments": _l("Repayments to share"),
    "holding": _l("Money at its last day"),
}
_LINES: Final[dict[str, Any]] = {
    "dispute.recovered": _l("Loss recovered"),
    "dispute.won": _l("Dispute won, given back"),
    "dispute.stopped": _l("Stopped: books do not add up"),
    "campaign.closed": _l("Campaign closes"),
    "campaign.waits": _l("Campaign waits for open payments"),
    "campaign.goes_on": _l("Minimum reached: the second round begins"),
    "campaign.overdue": _l("Due for over an hour, and not decided"),
    "campaign.late": _l("Late pledges released"),
    "campaign.funded": _l("Campaign succeeded"),
    "campaign.fee": _l("Our fee"),
    "campaign.payout": _l("Payout to the sponsor"),
    "campaign.unfunded": _l("Campaign missed its goal"),
    "campaign.ended": _l("Campaign is ended: everything goes back"),
    "campaign.refunded": _l("Campaign is all refunded"),
    "campaign.collecting": _l("Enough is promised: cards are charged"),
    "campaign.collects": _l("Campaign is collecting"),
    "campaign.stopped": _l("Stopped: books do not add up"),
    "pledge.refund": _l("Refund to a backer"),
    "pledge.charge": _l("Saved card of a backer is charged"),
    "pledge.reminder": _l("Reminder of a declined card"),
    "pledge.lapsed": _l("Pledge ends uncharged"),
    "loan.closed": _l("Loan is funded"),
    "loan.fee": _l("Our fee"),
    "loan.disburse": _l("Disbursement to the borrower"),
    "loan.waits": _l("Loan waits for a payout account"),
    "loan.stuck": _l("Payout failed too often"),
    "loan.expired": _l("Loan was not funded"),
    "loan.refund": _l("Refund to a lender"),
    "loan.refunded": _l("Loan is all refunded"),
    "loan.stopped": _l("Stopped: books do not add up"),
    "loan.repayment": _l("Repayment to share"),
    "loan.share": _l("Share of a lender"),
    "loan.paid_off": _l("Loan is paid off"),
    "holding.alarm": _l("Must leave soon: who can act is told"),
    "holding.undone": _l("Undone: the receiver could not be paid"),
    "holding.refund": _l("Back out of a wallet the way it was paid in"),
    "holding.payout": _l("Out of a wallet to its owner’s bank"),
    "holding.stranded": _l("Off a wallet: nobody takes it"),
    "holding.unstranded": _l("Back in the wallet: a bank is known"),
    "holding.waits": _l("Waits for the provider’s answer"),
    "holding.stopped": _l("Stopped: books do not add up"),
    "bill.issued": _l("Bill goes out"),
    "bill.late": _l("Reminder goes out"),
    "bill.announced": _l("Charge of a saved card is announced"),
    "bill.charge": _l("Saved card of a borrower is charged"),
}
_AGES: Final[dict[str, Any]] = {
    "hour": _l("Up to 1 hour"),
    "day": _l("Up to 1 day"),
    "week": _l("Up to 7 days"),
    "older": _l("Longer"),
}


def queue(name: str) -> Tag:
    """Return a state of an instruction as a tag."""
    return _tag(_QUEUES, name)


def inbox(name: str) -> Tag:
    """Return a state of a delivery as a tag."""
    return _tag(_INBOX, name)


def kind(name: str) -> str:
    """Return what the provider is asked to do."""
    return str(_KINDS.get(name, name))


def asked(kind_name: str, purpose: str) -> str:
    """Return what the provider is asked to do, and what for."""
    return f"{kind(kind_name)}, {_PURPOSES.get(purpose, purpose)}"


def endpoint(name: str) -> str:
    """Return which part of the provider is meant; the empty name is the whole of it."""
    return _("The provider") if not name else _("The provider’s “%(name)s”", name=name)


def move(name: str) -> str:
    """Return what happened to an instruction."""
    return str(_MOVES.get(name, name))


def verb(name: str) -> Tag:
    """Return what an operation did, as a tag."""
    return _tag(_VERBS, name)


def phase(name: str) -> Tag:
    """Return what one movement did, as a tag."""
    return _tag(_PHASES, name)


def difference(name: str) -> tuple[str, str]:
    """Return a type of difference and what it means."""
    label, meaning = _DIFFERENCES.get(name, (name, ""))
    return str(label), str(meaning)


def stage(name: str) -> str:
    """Return a stage of a settlement run."""
    return str(_STAGES.get(name, name))


def line(name: str) -> str:
    """Return what a line of a settlement run does."""
    return str(_LINES.get(name, name))


def age(name: str) -> str:
    """Return one of `lists.AGES`."""
    return str(_AGES[name])


def choices(table: str) -> list[tuple[str, str]]:
    """Return the choices of a filter, all of them first."""
    tables: dict[str, dict[str, Any]] = {
        "queue": {name: label for name, (label, _tone) in _QUEUES.items()},
        "inbox": {name: label for name, (label, _tone) in _INBOX.items()},
        "kind": _KINDS,
        "age": _AGES,
    }
    return [("", _("All")), *((name, str(label)) for name, label in tables[table].items())]


def waited(since: datetime, now: datetime) -> str:
    """Return how long ago something was, in the largest unit that says enough."""
    passed = max(now - since, timedelta(0))
    if passed.days >= 2:
        return ngettext("%(num)s day", "%(num)s days", passed.days)
    hours = int(passed.total_seconds() // 3600)
    if hours >= 2:
        return ngettext("%(num)s hour", "%(num)s hours", hours)
    minutes = int(passed.total_seconds() // 60)
    if minutes >= 1:
        return ngettext("%(num)s minute", "%(num)s minutes", minutes)
    return _("moments")


def _tag(table: dict[str, tuple[Any, str]], name: str) -> Tag:
    label, tone = table.get(name, (name, "neutral"))
    return {"label": str(label), "tone": tone}
