"""What the provider was asked to do: lists by state and age, and the whole story of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Response, url_for

from marketplace.backoffice import lists, remedies, subjects, words
from marketplace.backoffice.blueprints import finance
from marketplace.escrow import gateway
from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import DeliveryRow, Instruction, pace
from marketplace.escrow.states import Kind
from marketplace.infra import transitions
from marketplace.infra.transitions import Transition
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.ledger import queries as ledger
from marketplace.web.csv_answer import Table
from marketplace.web.cursors import cursor
from marketplace.web.guards import requires
from marketplace.web.locale import _
from marketplace.web.rendering import page

KINDS: Final = tuple(str(each) for each in Kind)
# What escrow writes into the ledger for one instruction (escrow.services.booking).
_VERBS: Final = (
    "charged",
    "topped_up",
    *(f"{kind}_{end}" for kind in KINDS for end in ("held", "settled", "voided")),
)


@finance.get("/instructions")
@requires("finance.see")
def instructions() -> Response:
    """List what the provider was asked to do, newest first."""
    now = clock.now()
    state, kind = lists.one_of("state", escrow.QUEUES), lists.one_of("kind", KINDS)
    bounds = lists.age(now)
    found = lists.cut(
        escrow.instructions_in(
            state,
            kind=kind,
            since=bounds.since,
            until=bounds.until,
            before=cursor("ins", "before"),
            limit=lists.size(),
        )
    )
    return lists.answer(
        "backoffice/instructions.html",
        _table(found.rows, now),
        state=state,
        kind=kind,
        age=lists.one_of("age", lists.AGES),
        left_alone=_left_alone(),
        older_href=lists.here(before=found.rows[-1].operation_id) if found.more else None,
        newest_href=lists.here(before=None) if lists.typed("before") else None,
    )


@finance.get("/instructions/<string:ref>")
@requires("finance.see")
def instruction(ref: str) -> Response:
    """Show one instruction: its trail, what the provider said, what the ledger wrote."""
    one = escrow.instruction(parse_public_id("ins", ref))
    names = subjects.named([one.person_id, subjects.of_cause(one.cause)[1]])
    moved = ledger.trail([f"escrow.{verb}:{one.id}" for verb in _VERBS])
    return page(
        "backoffice/instruction.html",
        one=one,
        whom=names.get(one.person_id) if one.person_id else None,
        cause=_cause(one, names),
        trail=[_step(each) for each in transitions.history("instruction", one.id)],
        deliveries=[delivery_row(each) for each in escrow.deliveries_about(one.id)],
        following=[_row(each, clock.now()) for each in escrow.following(one.id)],
        moved=[*moved, *ledger.trail(f"instruction:{one.id}")],
        of_ref=public_id("ins", one.of_id) if one.of_id else None,
        remedies=remedies.panel_of_instruction(one, clock.now()),
    )


def _left_alone() -> list[str]:
    """Return sentences about what is not called just now, because the provider is not well."""
    found = pace.closed(gateway.current().name)
    return [
        _(
            "%(what)s is not called before %(at)s, after %(troubles)s troubles in a row. Then one"
            " call tries. What is planned waits, and goes out by itself.",
            what=words.endpoint(each.endpoint),
            at=f"{each.until:%H:%M:%S} UTC",
            troubles=each.troubles,
        )
        for each in found
    ]


def delivery_row(each: DeliveryRow) -> dict[str, Any]:
    """Return a delivery as a row of any list."""
    about = public_id("ins", each.instruction_id) if each.instruction_id else None
    return {
        "event": each.provider_event_id,
        "event_href": url_for("finance.delivery", ref=public_id("dlv", each.id)),
        "kind": each.kind,
        "state": words.inbox(each.state),
        "at": each.verified_at,
        "attempts": each.attempts,
        "about": about,
        "about_href": url_for("finance.instruction", ref=about) if about else None,
        "error": each.last_error,
        "_tone": "bad" if each.state == "failed" else None,
    }


def _table(found: Sequence[Instruction], now: datetime) -> Table:
    return Table(
        "instructions",
        _("Instructions, newest first"),
        [
            {"key": "ref", "label": _("Instruction"), "kind": "ref"},
            {"key": "what", "label": _("What")},
            {"key": "state", "label": _("State"), "kind": "tag"},
            {"key": "amount", "label": _("Amount"), "kind": "money"},
            {"key": "cause", "label": _("Cause"), "kind": "ref"},
            {"key": "created", "label": _("Planned"), "kind": "moment"},
            {"key": "age", "label": _("Age"), "kind": "number"},
            {"key": "attempts", "label": _("Calls"), "kind": "number"},
            {"key": "provider_ref", "label": _("Provider’s id"), "kind": "ref"},
            {"key": "error", "label": _("Last trouble")},
        ],
        [_row(each, now) for each in found],
    )


def _row(one: Instruction, now: datetime) -> dict[str, Any]:
    return {
        "ref": one.operation_id,
        "ref_href": url_for("finance.instruction", ref=one.operation_id),
        "what": words.asked(one.kind, one.purpose),
        "state": words.queue(one.state),
        "amount": one.amount,
        "cause": subjects.cause_text(one.cause),
        "cause_href": url_for("books.journals", cause=one.cause),
        "created": one.created_at,
        "age": None if one.is_finished else words.waited(one.created_at, now),
        "attempts": one.attempts,
        "provider_ref": one.provider_ref,
        "error": one.last_error,
        "_tone": "bad" if one.state in {"failed", "unknown"} else None,
    }


def _cause(one: Instruction, names: dict[UUID, subjects.Subject]) -> dict[str, Any]:
    _kind, subject_id = subjects.of_cause(one.cause)
    known = names.get(subject_id) if subject_id else None
    return {
        "ref": subjects.cause_text(one.cause),
        "name": known.name if known else None,
        "href": subjects.page_of(known) if known else None,
        "journals_href": url_for("books.journals", cause=one.cause),
    }


def _step(each: Transition) -> dict[str, Any]:
    return {
        "title": words.move(each.move),
        "at": each.at,
        "body": each.reason,
        "state": "bad" if each.to_state in {"failed", "unknown"} else "done",
    }
