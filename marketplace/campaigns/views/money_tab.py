"""The Money tab: one bar over all of a campaign's accounts, its plan, and each account's lines."""

from __future__ import annotations

from typing import Any, Final

from flask import request, url_for

from marketplace.campaigns.queries import money, one, parts, standing
from marketplace.campaigns.queries.standing import ESCROW, HELD_BACK, PAYABLE, Standing
from marketplace.campaigns.views import delivery_words, funding_words
from marketplace.kernel.ids import public_id
from marketplace.web.locale import _, _l

_ACCOUNTS: Final = {
    "escrow": (ESCROW, _l("Pledges in escrow"), _l("Held after it")),
    "holdback": (HELD_BACK, _l("Held back"), _l("Held back after it")),
    "sponsor": (PAYABLE, _l("The sponsor's"), _l("To be paid after it")),
}
_CODES: Final = {
    "charge": _l("A backer paid"),
    "refund": _l("Back to a backer"),
    "return": _l("Came back: the other side did not take it"),
    "holdback": _l("Held back until it was inspected"),
    "holdback_undone": _l("No longer held back: the sponsor could not be paid"),
    "release": _l("Released to the sponsor"),
    "part_release": _l("Released to the sponsor, after the inspection"),
    "release_undone": _l("No longer the sponsor's: the payout did not arrive"),
    "platform_fee": _l("Platform fee"),
    "fee_undone": _l("Platform fee, given back"),
    "transfer": _l("Paid out to the sponsor"),
    "stranded": _l("To the sponsor's wallet: it could not be paid out"),
    "recovery": _l("Taken back by a bank"),
    "given_back": _l("A bank gave it back"),
    "undisputed_rest": _l("What a bank left of a payment, to its backer"),
}


def content(campaign: one.CampaignRow) -> dict[str, Any]:
    """Return what the tab shows; every amount in the bar and the lines is the ledger's."""
    plan = parts.plan(campaign.id)
    found = standing.standing(campaign)
    return {
        "found": found,
        "parts": _bar(campaign, found),
        "division": campaign.payout,
        "promise": funding_words.promised(funding_words.promise(campaign)),
        "plan": delivery_words.plan_rows(plan, campaign.raised),
        "plan_words": delivery_words.plan_sentence(plan),
        "plan_totals": {
            "held": campaign.money(sum(each.held_minor for each in plan)),
            "released": campaign.money(sum(each.released_minor for each in plan)),
            "back": campaign.money(sum(each.back_minor for each in plan)),
            "charged_back": campaign.money(sum(each.charged_back_minor for each in plan)),
        },
        **_lines(campaign),
    }


def _bar(campaign: one.CampaignRow, found: Standing) -> list[dict[str, Any]]:
    """Return where each part of what was paid in is, what backers still have coming first."""
    cut: list[tuple[str, int, str, str | None]] = [
        (_("Held"), found.held, "ember", _("at the escrow provider")),
        (_("Held back"), found.held_back, "expected", _("until backers have what was promised")),
        (_("On its way back to backers"), found.returning, "warn", None),
        (_("Released, not paid out yet"), found.payable, "good", None),
        (_("Paid out to the sponsor"), found.paid_out, "good", None),
        (_("Platform fee"), found.fee, "past", None),
        (_("Refunded"), found.refunded, "info", None),
        (_("Taken back by banks"), found.charged_back, "bad", None),
    ]
    if found.elsewhere:
        cut.append((_("Booked elsewhere by two officers"), found.elsewhere, "past", None))
    return [
        {
            "label": label,
            "minor": max(minor, 0),
            "amount": campaign.money(minor),
            "tone": tone,
            "words": words,
        }
        for label, minor, tone, words in cut
    ]


def _lines(campaign: one.CampaignRow) -> dict[str, Any]:
    wanted = request.args.get("account", "")
    name = wanted if wanted in _ACCOUNTS else "escrow"
    kind, label, after = _ACCOUNTS[name]
    found = money.lines(campaign, kind, request.args.get("after", ""))
    return {
        "doors": [
            {
                "label": each_label,
                "href": _address(campaign, key),
                "current": key == name,
                "swap": "#lines",
            }
            for key, (_kind, each_label, _after) in _ACCOUNTS.items()
        ],
        "account": {"label": label, "balance": after},
        "rows": [
            {
                "on": line.at,
                "what": _CODES.get(line.code, line.code),
                "amount": campaign.money(line.change_minor),
                "balance": campaign.money(line.balance_minor),
                "operation": line.operation_id,
            }
            for line in found.lines
        ],
        "later": _address(campaign, name, found.after) if found.after else None,
    }


def _address(campaign: one.CampaignRow, account: str, after: str | None = None) -> str:
    return url_for(
        "campaigns.project_tab",
        ref=public_id("cmp", campaign.id),
        tab="money",
        account=account if account != "escrow" else None,
        after=after,
    )
