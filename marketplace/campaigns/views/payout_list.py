"""A sponsor's payouts: gross, our fee, net, and what arrived; as a page, as CSV, as a paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from flask import Response, request, url_for

from marketplace.campaigns.queries import payouts
from marketplace.campaigns.queries.one import CampaignRow
from marketplace.campaigns.queries.payouts import Payout
from marketplace.campaigns.views.blueprint import bp
from marketplace.escrow import queries as escrow
from marketplace.identity import queries as people
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.web import csv_answer, papers
from marketplace.web.csv_answer import Table
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import day_text, page

_SHARES: Final = (2.2, 0.5, 1.2, 1.4, 1.3, 1.4, 1.4, 1.6)


@bp.get("/my/campaigns/payouts")
@requires("campaign.draft")
def my_payouts() -> Response:
    """List what the sponsor was paid of all campaigns."""
    found = payouts.of_sponsor(me().known())
    tables = [_table(currency, found) for currency in dict.fromkeys(one.currency for one in found)]
    if csv_answer.wanted() and found:
        return csv_answer.csv_answer(_table("", found))
    if request.args.get("format") == "pdf" and found:
        return papers.answer(_paper(tables), f"payouts-{clock.today()}")
    return page(
        "campaigns/my_payouts.html",
        tables=tables,
        csv_href=csv_answer.here(),
        pdf_href=url_for("campaigns.my_payouts", format="pdf"),
        payee=escrow.payee(me().known()),
    )


def of_campaign(campaign: CampaignRow) -> Table:
    """Return the payouts of one campaign."""
    found = payouts.of_sponsor(campaign.sponsor_id, campaign.id)
    table = _table(campaign.currency or "", found)
    return replace(table, columns=[one for one in table.columns if one["key"] != "what"])


def _tag(paid: Payout) -> dict[str, str]:
    """Return how far a payout is."""
    if paid.state in {None, "succeeded"}:
        return {"label": _("Paid out"), "tone": "good"}
    if paid.state in {"failed", "returned", "expired"}:
        return {"label": _("Not taken, goes with the next"), "tone": "warn"}
    return {"label": _("With the provider"), "tone": "info"}


def _table(currency: str, found: Sequence[Payout]) -> Table:
    """Return the payouts in one currency; in all of them, and without sums, where it is empty."""
    mine = [paid for paid in found if currency in {"", paid.currency}]
    columns = [
        {"key": "what", "label": _("Project")},
        {"key": "n", "label": _("No."), "kind": "number"},
        {"key": "on", "label": _("Released"), "kind": "date"},
        {"key": "gross", "label": _("Gross"), "kind": "money"},
        {"key": "fee", "label": _("Our fee"), "kind": "money"},
        {"key": "net", "label": _("Net"), "kind": "money"},
        {"key": "paid", "label": _("Paid to you"), "kind": "money"},
        {"key": "state", "label": _("State"), "kind": "tag"},
    ]
    return Table("payouts", currency, columns, [_row(paid) for paid in mine], _sums(currency, mine))


def _row(paid: Payout) -> dict[str, Any]:
    return {
        "what": paid.title,
        "what_href": url_for("campaigns.release_parts", ref=public_id("cmp", paid.campaign_id)),
        "n": paid.number,
        "on": paid.planned_at.date(),
        "gross": paid.money(paid.gross_minor),
        "fee": paid.money(paid.fee_minor),
        "net": paid.money(paid.net_minor),
        "paid": paid.paid,
        "state": _tag(paid),
    }


def _sums(currency: str, found: Sequence[Payout]) -> dict[str, Money]:
    """Add up our fee and what arrived: what is tried twice counts once in these two."""
    if not currency:
        return {}
    return {
        "fee": Money(sum(paid.fee_minor for paid in found), currency),
        "paid": Money.total((paid.paid for paid in found), currency),
    }


def _paper(tables: Sequence[Table]) -> bytes:
    from marketplace.infra import pdf  # the setting of type is loaded where it is needed

    person = people.person(me().known())
    blocks: list[pdf.Block] = []
    for table in tables:
        blocks += [pdf.Heading(table.caption), papers.table(table, _SHARES)]
    note = _(
        "Days are UTC. Gross is what was released to you since the payout before; net is that less"
        " our fee. What your bank did not take, or a backer's bank took back, is not in what was"
        " paid to you."
    )
    title = _("Payouts until %(day)s", day=day_text(clock.today()))
    reference = public_id("per", me().known())
    return papers.write(
        title, person.name if person else "", reference, [*blocks, pdf.Paragraph(note, quiet=True)]
    )
