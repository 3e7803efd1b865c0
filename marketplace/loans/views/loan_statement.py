"""The statement of a loan: every receipt and what it settled, on paper or as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Response

from marketplace.identity import queries as identity
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.ids import PersonId, parse_public_id
from marketplace.loans.queries import borrower, history, receipts
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.replay.position import Position
from marketplace.loans.views import running
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.payments import receipt_row
from marketplace.web import csv_answer
from marketplace.web.csv_answer import Table
from marketplace.web.guards import me, requires
from marketplace.web.locale import _, language
from marketplace.web.rendering import day_text, done, money_text

if TYPE_CHECKING:
    from marketplace.infra import pdf

_RECEIPTS: Final = (
    ("number", 1.4, False),
    ("on", 1.2, False),
    ("what", 1.8, False),
    ("amount", 1.2, True),
    ("principal", 1.2, True),
    ("interest", 1.2, True),
    ("charges", 1, True),
)


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
    body = _paper(own, table, position)
    headers = {
        "Content-Disposition": f'attachment; filename="loan-{ref}-{clock.today()}.pdf"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body, content_type="application/pdf", headers=headers)


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
    owner = identity.person(PersonId(own.borrower_id))
    paper = pdf.Paper(
        title=_("Statement of a loan"),
        subtitle=_("%(title)s, to %(day)s", title=own.title, day=day_text(today)),
        issuer=current_settings().site_name,
        reference=own.ref,
        page_words=lambda n, of: _("Page %(n)s of %(all)s", n=n, all=of),
        language=language(),
        blocks=[
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
            _receipts(table),
            pdf.Heading(_("The schedule as it stands")),
            _schedule(position),
        ],
    )
    return pdf.write(paper)


def _receipts(table: Table) -> pdf.Table:
    from marketplace.infra import pdf

    labels = {column["key"]: str(column["label"]) for column in table.columns}
    return pdf.Table(
        [pdf.Column(labels[key], share, figures=figures) for key, share, figures in _RECEIPTS],
        [[_text(row[key]) for key, _share, _figures in _RECEIPTS] for row in table.rows],
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
            [_text(row[key]) for key in ("n", "due", "principal", "interest", "open")]
            for row in running.rows_of(position, clock.today())
        ],
    )


def _text(what: Any) -> str:  # noqa: ANN401 - an amount, a day or words
    if hasattr(what, "minor"):
        return money_text(what)
    return day_text(what) if hasattr(what, "isoformat") else str(what)
