"""A sponsor's payouts: gross, our fee, net, and what arrived; as a page, as CSV, as a paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from flask import Response, request, url_for

from marketplace.campaigns.queries import payouts
from marketplace.campaigns.queries.one import CampaignRow
from marketplace.campaigns.queries.payouts import Payout, TakenBack, ToWallet, Waiting
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
    found = _lines(me().known())
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
        note=_note(),
        payee=escrow.payee(me().known()),
    )


def of_campaign(campaign: CampaignRow) -> Table:
    """Return the payouts of one campaign."""
    found = _lines(campaign.sponsor_id, campaign.id)
    table = _table(campaign.currency or "", found)
    return replace(table, columns=[one for one in table.columns if one["key"] != "what"])


class _Line(NamedTuple):
    """A row of the list: a payout, what is in none yet, what no bank took or one took back.

    `paid` is what reached the sponsor by it, or left the sponsor again. Of what was tried twice
    gross and net stand in two rows: our fee and what was paid add up, they do not.
    """

    campaign_id: UUID
    title: str
    number: int | None
    on: date | None
    gross: Money
    fee: Money
    net: Money
    paid: Money
    state: dict[str, str]

    @property
    def currency(self) -> str:
        return self.fee.currency


def _lines(sponsor_id: UUID, campaign_id: UUID | None = None) -> list[_Line]:
    """Return everything that concerns a sponsor's payouts: the latest first."""
    paid = payouts.of_sponsor(sponsor_id, campaign_id)
    lines = [_paid(each) for each in paid]
    lines += [_taken_back(each) for each in payouts.taken_back(sponsor_id, campaign_id)]
    lines += [_to_wallet(each) for each in payouts.to_wallet(sponsor_id, campaign_id)]
    lines.sort(key=lambda line: line.on or date.max, reverse=True)
    return [*(_waiting(each) for each in payouts.waiting(paid)), *lines]


def _paid(paid: Payout) -> _Line:
    return _Line(
        paid.campaign_id,
        paid.title,
        paid.number,
        paid.planned_at.date(),
        paid.money(paid.gross_minor),
        paid.money(paid.fee_minor),
        paid.money(paid.net_minor),
        paid.paid,
        _tag(paid),
    )


def _waiting(found: Waiting) -> _Line:
    gross, fee, net, none = (
        Money(minor, found.currency)
        for minor in (found.fee_minor + found.net_minor, found.fee_minor, found.net_minor, 0)
    )
    state = {"label": _("Goes with the next"), "tone": "info"}
    return _Line(found.campaign_id, found.title, None, None, gross, fee, net, none, state)


def _taken_back(found: TakenBack) -> _Line:
    gross, fee, net, paid = (
        Money(minor, found.currency)
        for minor in (
            -found.gross_minor,
            -found.fee_minor,
            -found.net_minor,
            found.wallet_minor - found.bank_minor,
        )
    )
    state = (
        {"label": _("Taken back by a bank, and given back to your wallet"), "tone": "good"}
        if found.is_given_back
        else {"label": _("Taken back by a bank"), "tone": "bad"}
    )
    day = found.at.date()
    return _Line(found.campaign_id, found.title, None, day, gross, fee, net, paid, state)


def _to_wallet(found: ToWallet) -> _Line:
    """Tell that what was tried before is the sponsor's: our fee of it stands where it was tried."""
    net, none = Money(found.minor, found.currency), Money(0, found.currency)
    state = {"label": _("In your wallet: no bank took it in time"), "tone": "warn"}
    day = found.at.date()
    return _Line(found.campaign_id, found.title, None, day, net, none, net, net, state)


def _tag(paid: Payout) -> dict[str, str]:
    """Return how far a payout is."""
    if paid.state in {None, "succeeded"}:
        return {"label": _("Paid out"), "tone": "good"}
    if paid.state in {"failed", "returned", "expired"}:
        return {"label": _("Not taken, goes with the next"), "tone": "warn"}
    return {"label": _("With the provider"), "tone": "info"}


def _table(currency: str, found: Sequence[_Line]) -> Table:
    """Return the rows in one currency; in all of them, and without sums, where it is empty."""
    mine = [line for line in found if currency in {"", line.currency}]
    columns = [
        {"key": "what", "label": _("Project"), "kind": "title"},
        {"key": "n", "label": _("No."), "kind": "number"},
        {"key": "on", "label": _("Released"), "kind": "date"},
        {"key": "gross", "label": _("Gross"), "kind": "money"},
        {"key": "fee", "label": _("Our fee"), "kind": "money"},
        {"key": "net", "label": _("Net"), "kind": "money"},
        {"key": "paid", "label": _("Paid to you"), "kind": "money"},
        {"key": "state", "label": _("State"), "kind": "tag"},
    ]
    return Table("payouts", currency, columns, [_row(line) for line in mine], _sums(currency, mine))


def _row(line: _Line) -> dict[str, Any]:
    where = url_for("campaigns.release_parts", ref=public_id("cmp", line.campaign_id))
    facts = {"what": line.title, "what_href": where, "n": line.number, "on": line.on}
    amounts = {"gross": line.gross, "fee": line.fee, "net": line.net, "paid": line.paid}
    return {**facts, **amounts, "state": line.state}


def _sums(currency: str, found: Sequence[_Line]) -> dict[str, Money]:
    """Add up our fee and what was paid."""
    if not currency:
        return {}
    return {
        "fee": Money.total((line.fee for line in found), currency),
        "paid": Money.total((line.paid for line in found), currency),
    }


def _note() -> str:
    return _(
        "Gross is what was released to you since the payout before; net is that less our fee. What"
        " your bank did not take goes with the next payout; what none took in time is in your"
        " wallet. Where a backer's bank took a payment back we return our fee of it, and bear what"
        " that bank charges."
    )


def _paper(tables: Sequence[Table]) -> bytes:
    from marketplace.infra import pdf  # the setting of type is loaded where it is needed

    person = people.person(me().known())
    blocks: list[pdf.Block] = []
    for table in tables:
        blocks += [pdf.Heading(table.caption), papers.table(table, _SHARES)]
    note = _("Days are UTC.") + " " + _note()
    title = _("Payouts until %(day)s", day=day_text(clock.today()))
    reference = public_id("per", me().known())
    return papers.write(
        title, person.name if person else "", reference, [*blocks, pdf.Paragraph(note, quiet=True)]
    )
