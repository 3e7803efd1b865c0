"""The monthly statement of a credit line: a page, its table as CSV, and a PDF."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.queries import credit_lines, line_statements
from marketplace.loans.queries.credit_lines import PREFIX, Line
from marketplace.loans.queries.line_statements import PARTS, Figures, Statement
from marketplace.loans.views.blueprint import bp
from marketplace.web import csv_answer, papers
from marketplace.web.csv_answer import Table
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import day_text, money_text, page


@bp.get("/my/credit-lines/<string:ref>/statements/<int:n>")
@requires("loan.apply")
def line_statement(ref: str, n: int) -> Response:
    """Show one statement of my line: what was owed, drawn, paid, and is due by when."""
    line, found = _own(ref, n)
    table = _table(line, found)
    if csv_answer.wanted():
        return csv_answer.csv_answer(table)
    return page(
        "loans/line_statement.html",
        line=line,
        statement=found,
        figures=found.figures,
        period=_period_words(found),
        rows=_rows(found),
        table=table,
        csv_href=csv_answer.here(),
        pdf_href=url_for("loans.line_statement_paper", ref=ref, n=n),
    )


@bp.get("/my/credit-lines/<string:ref>/statements/<int:n>.pdf")
@requires("loan.apply")
def line_statement_paper(ref: str, n: int) -> Response:
    """Hand out one statement of my line on paper."""
    line, found = _own(ref, n)
    return papers.answer(_paper(line, found), f"credit-line-{ref}-{found.closes_on}")


def _own(ref: str, n: int) -> tuple[Line, Statement]:
    line = credit_lines.own_line(parse_public_id(PREFIX, ref), me().known(), clock.today())
    return line, line_statements.statement(line.id, n)


def _table(line: Line, found: Statement) -> Table:
    """Return what the statement says of each draw."""
    labels = _labels()
    return Table(
        name=f"credit-line-{line.ref}-{found.closes_on}",
        caption=_("Draw by draw"),
        columns=[
            {"key": "title", "label": _("Draw")},
            *({"key": part, "label": labels[part], "kind": "money"} for part in PARTS),
        ],
        rows=[
            {
                "title": one.title,
                "title_href": url_for("loans.my_loan", ref=one.ref),
                **_amounts(one.figures),
            }
            for one in line_statements.lines_of(found.id)
        ],
        totals={"title": _("Together"), **_amounts(found.figures)},
    )


def _labels() -> dict[str, str]:
    return {
        "opening": _("Owed before"),
        "drawn": _("Drawn"),
        "repaid": _("Repaid"),
        "interest": _("Interest paid"),
        "charges": _("Charges paid"),
        "closing": _("Owed after"),
        "due": _("Minimum due"),
    }


def _amounts(figures: Figures) -> dict[str, Any]:
    return {part: getattr(figures, part) for part in PARTS}


def _rows(found: Statement) -> list[dict[str, Any]]:
    """Return the statement's sum: what was owed before, what changed it, what is owed after."""
    figures = found.figures
    return [
        {"label": _("Owed before"), "amount": figures.opening},
        {"label": _("Drawn and paid out"), "amount": figures.drawn},
        {"label": _("Repaid"), "amount": -figures.repaid},
        {"label": _("Interest paid beside it"), "amount": figures.interest, "kind": "when"},
        {"label": _("Charges paid beside it"), "amount": figures.charges, "kind": "when"},
    ]


def _paper(line: Line, found: Statement) -> bytes:
    from marketplace.infra import pdf  # the setting of type is loaded where it is needed

    figures, table = found.figures, _table(line, found)
    return papers.write(
        _("Statement of a credit line"),
        _period_words(found),
        f"{line.ref} / {found.n}",
        [
            pdf.Facts(
                [
                    (_("Borrower"), line.borrower_name),
                    (_("Limit"), money_text(found.limit)),
                    (_("Owed before"), money_text(figures.opening)),
                    (_("Drawn and paid out"), money_text(figures.drawn)),
                    (_("Repaid"), money_text(figures.repaid)),
                    (_("Interest paid"), money_text(figures.interest)),
                    (_("Charges paid"), money_text(figures.charges)),
                    (_("Owed after"), money_text(figures.closing)),
                    (_("Minimum due"), money_text(figures.due)),
                    (_("To be paid by"), day_text(found.pay_by)),
                ]
            ),
            pdf.Heading(str(table.caption)),
            papers.table(table),
        ],
    )


def _period_words(found: Statement) -> str:
    """Return which days a statement is about; its closing day is the first that is not in it."""
    return _(
        "From %(first)s, up to %(last)s",
        first=day_text(found.from_on),
        last=day_text(found.closes_on),
    )
