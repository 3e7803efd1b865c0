"""Journals: one business operation each, with everything it moved and what it was about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from flask import Response, url_for

from marketplace.backoffice import accounts, lists, subjects, words
from marketplace.backoffice.blueprints import books
from marketplace.backoffice.subjects import Subject
from marketplace.kernel.errors import NotFound
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import Balance, JournalRow, TrailLine, browsing, finding
from marketplace.web.csv_answer import Table, wanted
from marketplace.web.guards import requires
from marketplace.web.locale import _

# A funding or a night's repayments may have a movement for each of ten thousand notes.
_SHOWN_MAX: Final = 200


@books.get("/journals")
@requires("ledger.see")
def journals() -> Response:
    """List operations, newest first: all, or those of one cause."""
    cause = lists.typed("cause") or None
    before = lists.typed("before")
    found = lists.cut(
        browsing.journals(cause=cause, before=finding.number(before), limit=lists.size())
    )
    causes = [subjects.of_cause(each.cause)[1] for each in found.rows]
    names = subjects.named([*causes, subjects.of_cause(cause)[1] if cause else None])
    return lists.answer(
        "backoffice/journals.html",
        _journals_table(found.rows, names),
        cause=cause,
        about=_about(cause, names) if cause else None,
        older_href=lists.here(before=str(found.rows[-1].id)) if found.more else None,
        newest_href=lists.here(before=None) if before else None,
    )


@books.get("/journals/<path:ref>")
@requires("ledger.see")
def journal(ref: str) -> Response:
    """Show one operation by its number or its id."""
    if not ref.isprintable():
        raise NotFound(ref)  # a NUL, which no text of the database can hold
    number = finding.number(ref)
    found = ledger.journal(ref if number is None else number)
    moves = found.moves if wanted() else found.moves[:_SHOWN_MAX]
    ends = browsing.numbered(
        sorted({number for move in moves for number in (move.from_account, move.to_account)})
    )
    kind, cause_id = subjects.of_cause(found.entry.cause)
    names = subjects.named([cause_id, *(each.owner_id for each in ends.values())])
    return lists.answer(
        "backoffice/journal.html",
        _moves_table(found.entry, moves, ends, names),
        entry=found.entry,
        about=_about(found.entry.cause, names),
        instruction_ref=_instruction(found.entry.operation_id, kind, cause_id),
        follow_ups=browsing.follow_ups(found.entry.id),
        count=len(found.moves),
        shown=len(moves),
    )


def _about(cause: str, names: Mapping[UUID, Subject]) -> dict[str, Any]:
    """Return what a cause is about: its id as people write it, its name and its page."""
    _kind, subject_id = subjects.of_cause(cause)
    known = names.get(subject_id) if subject_id else None
    return {
        "cause": cause,
        "ref": subjects.cause_text(cause),
        "name": known.name if known else None,
        "href": subjects.page_of(known) if known else None,
    }


def _instruction(operation_id: str, cause_kind: str, cause_id: UUID | None) -> str | None:
    """Return the public id of the instruction an operation of escrow carried out."""
    verb, _colon, text = operation_id.partition(":")
    if not verb.startswith("escrow."):
        return None
    if cause_kind == "instruction" and cause_id is not None:
        return subjects.reference("instruction", cause_id)  # a fee: the id is the movement's
    found = finding.owner_id(text)
    return subjects.reference("instruction", found) if found else None


def _journals_table(found: Sequence[JournalRow], names: Mapping[UUID, Subject]) -> Table:
    return Table(
        "journals",
        _("Journals, newest first"),
        [
            {"key": "number", "label": _("Journal"), "kind": "ref"},
            {"key": "at", "label": _("Happened"), "kind": "moment"},
            {"key": "verb", "label": _("What"), "kind": "tag"},
            {"key": "operation", "label": _("Operation"), "kind": "ref"},
            {"key": "cause", "label": _("Cause"), "kind": "ref"},
            {"key": "about", "label": _("About")},
            {"key": "actor", "label": _("By")},
        ],
        [_journal_row(each, names) for each in found],
    )


def _journal_row(entry: JournalRow, names: Mapping[UUID, Subject]) -> dict[str, Any]:
    about = _about(entry.cause, names)
    return {
        "number": entry.id,
        "number_href": url_for("books.journal", ref=str(entry.id)),
        "at": entry.happened_at,
        "verb": words.verb(entry.verb),
        "operation": entry.operation_id,
        "operation_href": url_for("books.journal", ref=entry.operation_id),
        "cause": about["ref"],
        "cause_href": url_for("books.journals", cause=entry.cause),
        "about": about["name"],
        "about_href": about["href"],
        "actor": entry.actor,
    }


def _moves_table(
    entry: JournalRow,
    moves: Sequence[TrailLine],
    ends: Mapping[int, Balance],
    names: Mapping[UUID, Subject],
) -> Table:
    return Table(
        f"journal-{entry.id}",
        _("Movements"),
        [
            {"key": "from", "label": _("Debit"), "kind": "ref"},
            {"key": "from_owner", "label": _("Debited to")},
            {"key": "to", "label": _("Credit"), "kind": "ref"},
            {"key": "to_owner", "label": _("Credited to")},
            {"key": "amount", "label": _("Amount"), "kind": "money"},
            {"key": "phase", "label": _("Phase"), "kind": "tag"},
            {"key": "code", "label": _("Code")},
        ],
        [_move_row(move, ends, names) for move in moves],
    )


def _move_row(
    move: TrailLine, ends: Mapping[int, Balance], names: Mapping[UUID, Subject]
) -> dict[str, Any]:
    debit, credit = ends[move.from_account], ends[move.to_account]
    return {
        "from": f"{move.from_account} {move.from_kind}",
        "from_href": url_for("books.statement", number=move.from_account),
        "from_owner": accounts.owner_text(debit, names) or None,
        "to": f"{move.to_account} {move.to_kind}",
        "to_href": url_for("books.statement", number=move.to_account),
        "to_owner": accounts.owner_text(credit, names) or None,
        "amount": move.amount,
        "phase": words.phase(move.phase),
        "code": move.code,
    }
