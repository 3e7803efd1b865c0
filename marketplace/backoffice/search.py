"""One search box for everything money is known by: numbers, operations, ids, provider's ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Response, redirect, url_for

from marketplace.backoffice import lists, subjects, words
from marketplace.backoffice.blueprints import books
from marketplace.escrow import queries as escrow
from marketplace.kernel.ids import public_id
from marketplace.ledger.queries import Balance, browsing, finding
from marketplace.web.guards import requires
from marketplace.web.locale import _
from marketplace.web.rendering import page


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found. `what` says its kind, `name` what it is called."""

    what: str
    name: str
    facts: str
    href: str


@books.get("/search")
@requires("ledger.see")
def search() -> Response:
    """Find what was typed; a single thing is opened at once."""
    typed = lists.typed("q")
    hits = _find(typed) if typed else []
    if len(hits) == 1:
        return _open(hits[0])
    return page("backoffice/search.html", typed=typed, hits=hits)


def _open(hit: Hit) -> Response:
    answer = redirect(hit.href, 303)
    assert isinstance(answer, Response)  # noqa: S101 - Flask's type is wider than what it returns
    return answer


def _find(typed: str) -> list[Hit]:
    sources: tuple[Callable[[str], list[Hit]], ...] = (
        _accounts,
        _journals,
        _owned,
        _instructions,
        _deliveries,
    )
    found = [hit for source in sources for hit in source(typed)]
    return list({hit.href: hit for hit in found}.values())


def _accounts(typed: str) -> list[Hit]:
    return [_account_hit(each) for each in finding.accounts(typed)]


def _account_hit(held: Balance) -> Hit:
    return Hit(
        _("Account"),
        f"{held.account_id} {held.kind}",
        str(held.posted),
        url_for("books.statement", number=held.account_id),
    )


def _journals(typed: str) -> list[Hit]:
    return [
        Hit(
            _("Journal"),
            each.operation_id,
            words.verb(each.verb)["label"],
            url_for("books.journal", ref=each.operation_id),
        )
        for each in finding.journals(typed)
    ]


def _owned(typed: str) -> list[Hit]:
    """Return the accounts of an owner and the journals a thing caused."""
    owner = finding.owner_id(typed)
    if owner is None:
        return []
    hits = [_account_hit(each) for each in browsing.accounts(owner=owner, limit=20)]
    cause = subjects.causes_of(owner, typed.partition("_")[0])
    if cause and finding.journals(cause, limit=1):
        href = url_for("books.journals", cause=cause)
        hits.append(Hit(_("Journals"), typed, _("everything it caused"), href))
    return hits


def _instructions(typed: str) -> list[Hit]:
    found = escrow.named_by_provider(typed)
    own = _instruction_id(typed)
    if own is not None:
        found += escrow.instructions_with([own])
    return [
        Hit(
            _("Instruction"),
            each.operation_id,
            f"{words.asked(each.kind, each.purpose)}, {each.amount}",
            url_for("finance.instruction", ref=each.operation_id),
        )
        for each in found
    ]


def _instruction_id(typed: str) -> UUID | None:
    is_other = "_" in typed and not typed.startswith("ins_")
    return None if is_other else finding.owner_id(typed)


def _deliveries(typed: str) -> list[Hit]:
    return [
        Hit(
            _("Delivery"),
            each.provider_event_id,
            each.kind,
            url_for("finance.delivery", ref=public_id("dlv", each.id)),
        )
        for each in escrow.deliveries_named(typed)
    ]
