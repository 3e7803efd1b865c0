"""The statement of a loan: every receipt and what it settled, on paper or as a table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flask import Response

from marketplace.identity import queries as identity
from marketplace.kernel import clock
from marketplace.kernel.ids import PersonId, parse_public_id
from marketplace.loans.queries import borrower, history, receipts
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.replay.position import Position
from marketplace.loans.views import running
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.payments import receipt_row
from marketplace.web import csv_answer, papers
from marketplace.web.csv_answer import Table
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import day_text, done, money_text

if TYPE_CHECKING:
    from marketplace.infra import pdf

_RECEIPTS: Final = (1.4, 1.2, 1.8, 1.2, 1.2, 1.2, 1.0)


@bp.get("/my/loans/<string:ref>/statement")
@requires("loan.apply")
def loan_statement(ref: str) -> Response:
    """Hand out the statement of my loan to date: a PDF, or its receipts as CSV."""
    own = borrower.own_loan(parse_public_id("ln", ref), me().known())
    if own.disbursed_on is None:
        return done(f"/my/loans/{ref}")
    table = receipts_table(own)
    if csv_answer.wanted():
        return csv_answer.csv_answer(table)
    position = history.position(history.served(own.id, own.borrower_id), clock.today())
    paper = _paper(own, table, position)
    return papers.answer(paper, f"loan-{ref}-{clock.today()}")


def receipts_table(own: OwnLoan) -> Table:
    """Return every receipt of a loan, as the page shows them and as the download holds them."""
    return Table(
        name=f"loan-{own.ref}",
        caption=_("Everything that came in"),
        columns=[
            {"key": "number", "label": _("Receipt")},
            {"key": "on", "label": _("Counts from"), "kind": "date"},
            {"key": "what", "label": _("How")},
            {"key": "amount", "label": _("Amount"), "kind": "money"},
            {"key": "principal", "label": _("Principal"), "kind": "money"},
            {"key": "interest", "label": _("Interest"), "kind": "money"},
            {"key": "charges", "label": _("Charges"), "kind": "money"},
            {"key": "overpaid", "label": _("Too much"), "kind": "money"},
        ],
        rows=[receipt_row(one) for one in receipts.of_loan(own.id)],
    )


def _paper(own: OwnLoan, table: Table, position: Position) -> bytes:
    from marketplace.infra import pdf  # the setting of type is loaded where it is needed

    today = clock.today()
    printed = replace(table, columns=table.columns[:-1])  # what was too much stands in the CSV
    owner = identity.person(PersonId(own.borrower_id))
    return papers.write(
        _("Statement of a loan"),
        _("%(title)s, to %(day)s", title=own.title, day=day_text(today)),
        own.ref,
        [
            pdf.Facts(
                [
                    (_("Borrower"), owner.name if owner else ""),
                    (_("Loan"), money_text(own.amount)),
                    (_("Principal still owed"), money_text(position.outstanding)),
                    (_("Interest paid"), money_text(position.interest)),
                    (_("Charges paid"), money_text(position.penalty + position.fee)),
                    (_("Past due"), money_text(position.arrears.amount)),
                ]
            ),
            pdf.Heading(str(table.caption)),
            papers.table(printed, _RECEIPTS),
            pdf.Heading(_("The schedule as it stands")),
            _schedule(position),
        ],
    )


def _schedule(position: Position) -> pdf.Table:
    from marketplace.infra import pdf

    heads = [
        (_("Instalment"), False),
        (_("Due"), False),
        (_("Principal"), True),
        (_("Interest"), True),
        (_("Open"), True),
    ]
    return pdf.Table(
        [pdf.Column(label, figures=figures) for label, figures in heads],
        [
            [papers.cell(row[key]) for key in ("n", "due", "principal", "interest", "open")]
            for row in running.rows_of(position, clock.today())
        ],
    )
