"""Credit lines and draws on them, made by the commands that people use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from marketplace.infra.commands import command
from marketplace.infra.database import db, execute
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.loans.credit_lines import DrawWish
from marketplace.loans.queries import credit_lines
from marketplace.loans.queries.credit_lines import Line
from marketplace.loans.services import drawing, granting, offering
from tests.builders import loans as build
from tests.builders.campaigns import euros, form_key
from tests.builders.escrow import World
from tests.builders.identity import an_actor


def an_offered_line(
    cast: build.Cast, limit: str = "5000", *, months: int = 12, income: str = "4000"
) -> UUID:
    """A request for a line that two people passed; its borrower decides."""
    asked = build.a_request(limit, months=months, income=income, title="For what comes up")
    return build.an_offered(cast, replace(asked, product="line"))


def a_line(cast: build.Cast, limit: str = "5000", *, months: int = 12) -> UUID:
    """An open line."""
    loan_id = an_offered_line(cast, limit, months=months)
    offering.accept(cast.borrower, loan_id, now=clock.now())
    found = credit_lines.of_application(loan_id)
    db.session.rollback()
    assert found is not None
    return found


def a_wish(amount: str, *, months: int = 12, title: str = "Tiles for the kitchen") -> DrawWish:
    """What somebody wants to draw, with nothing missing."""
    return DrawWish(euros(amount), months, "home", title)


def drawn(
    cast: build.Cast, line_id: UUID, amount: str, *, months: int = 12, key: str | None = None
) -> UUID:
    """A draw that lenders can lend to."""
    wish = a_wish(amount, months=months)
    return drawing.draw(cast.borrower, line_id, wish, form_key=key or form_key(), now=clock.now())


def a_running_draw(
    world: World,
    hand: clock.Hand,
    cast: build.Cast,
    line_id: UUID,
    amount: str,
    *,
    months: int = 12,
    parts: Sequence[tuple[Actor, str]] = (),
) -> UUID:
    """A draw its borrower has the money of; the borrower's payout account is set up before."""
    loan_id = drawn(cast, line_id, amount, months=months)
    for lender, part in parts or [(an_actor("Lena Lender"), amount)]:
        build.lent(world, loan_id, part, lender)
    build.settle_until(world, hand, loan_id, "active")
    return loan_id


def decided(officer: Actor, line_id: UUID, move: str) -> None:
    """Let an officer freeze a line, open it again, or close it."""
    granting.decide(officer, line_id, move, reason="Looked at again.", now=clock.now())


@command
def allow_in_all(most: str) -> None:
    """Let nobody owe more than this, over all loans that are asked for from now on."""
    execute("UPDATE loan SET exposure_max_minor = %s", (euros(most).minor,))


def line(line_id: UUID) -> Line:
    """A line as it stands."""
    found = credit_lines.line(line_id, clock.today())
    db.session.rollback()
    return found


def sums(line_id: UUID) -> tuple[str, str, str]:
    """What of a line is used, under way and available, as people read it."""
    use = line(line_id).use
    return tuple(str(part.decimal()) for part in (use.used, use.under_way, use.available))  # type: ignore[return-value]  # three of them
