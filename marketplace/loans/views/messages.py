"""Letters back and forth about a request: the borrower's side, and the reviewers'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Response, url_for

from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.forms import application_words as said
from marketplace.loans.forms import words
from marketplace.loans.forms.messages import MessageForm
from marketplace.loans.queries import borrower, reviews
from marketplace.loans.queries import messages as queries
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.queries.messages import Message
from marketplace.loans.queries.reviews import Case
from marketplace.loans.services import messages
from marketplace.loans.services.messages import BORROWER, REVIEWER
from marketplace.loans.states import TALKING, LoanState
from marketplace.loans.views.blueprint import bp
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page, paragraphs

_OTHER: Final = {BORROWER: REVIEWER, REVIEWER: BORROWER}


@bp.get("/my/loans/<string:ref>/messages")
@requires("loan.apply")
def own_messages(ref: str) -> Response:
    """Read what the reviewers wrote about my request."""
    own = _own(ref)
    return _own_page(own, MessageForm(), 200)


@bp.post("/my/loans/<string:ref>/messages")
@requires("loan.apply")
def write_message(ref: str) -> Response:
    """Write to the reviewers; about a declined request this asks for a second look."""
    own, form = _own(ref), MessageForm()
    act = messages.ask_again if own.state == LoanState.DECLINED else messages.write
    if form.ready():
        key, body = form.key, form.said
        if form.succeeds(lambda: act(me(), own.id, body, form_key=key, now=clock.now())):
            return done(url_for("loans.own_messages", ref=ref), _("Sent. A reviewer answers here."))
    return _own_page(own, form, 422)


def _own_page(own: OwnLoan, form: MessageForm, status: int) -> Response:
    thread = queries.thread(own.id)
    _seen(thread, REVIEWER)
    return page(
        "loans/messages.html",
        status,
        own=own,
        form=form,
        thread=[_line(one, BORROWER) for one in thread],
        open=LoanState(own.state) in TALKING,
        declined=own.state == LoanState.DECLINED,
    )


@bp.get("/staff/reviews/messages")
@requires("application.talk")
def waiting_messages() -> Response:
    """List the threads in which a borrower waits for an answer."""
    return page(
        "loans/messages_waiting.html", rows=[_waiting_row(one) for one in queries.waiting()]
    )


def _waiting_row(one: queries.Waiting) -> dict[str, Any]:
    return {
        "title": one.title or _("Draft"),
        "title_href": url_for("loans.case_messages", ref=one.ref),
        "state": {
            "label": words.LOAN_STATES[one.state],
            "tone": words.LOAN_TONES[one.state],
        },
        "asks": {"label": _("Second look"), "tone": "ember"}
        if one.second_look
        else {"label": _("Message"), "tone": "info"},
        "count": one.count,
        "since": one.since,
    }


@bp.get("/staff/reviews/messages/<string:ref>")
@requires("application.talk")
def case_messages(ref: str) -> Response:
    """Read a thread as a reviewer."""
    return _case_page(_case(ref), MessageForm(), 200)


@bp.post("/staff/reviews/messages/<string:ref>")
@requires("application.talk")
def reply_message(ref: str) -> Response:
    """Answer a borrower."""
    found, form = _case(ref), MessageForm()
    if form.ready():
        key, body = form.key, form.said
        if form.succeeds(
            lambda: messages.reply(me(), found.id, body, form_key=key, now=clock.now())
        ):
            return done(url_for("loans.case_messages", ref=ref), _("Sent to the borrower."))
    return _case_page(found, form, 422)


def _case_page(found: Case, form: MessageForm, status: int) -> Response:
    thread = queries.thread(found.id)
    _seen(thread, BORROWER)
    state = LoanState(found.state)
    stage = "second" if state == LoanState.FIRST_PASSED else "first"
    return page(
        "loans/case_messages.html",
        status,
        case=found,
        form=form,
        case_href=url_for(f"loans.{stage}_case", ref=found.ref)
        if me().has(f"{stage}_reviewer")
        else None,
        thread=[_line(one, REVIEWER) for one in thread],
        open=state in TALKING,
    )


def _line(one: Message, reader: str) -> dict[str, Any]:
    """Return a message as a page shows it; a borrower learns no reviewer's name."""
    if one.side == BORROWER:
        author = _("You") if reader == BORROWER else one.author_name
    else:
        author = _("A reviewer") if reader == BORROWER else one.author_name
    return {
        "author": author,
        "at": one.at,
        "body": paragraphs(one.body),
        "badge": said.MESSAGE_KINDS[one.kind] or None,
        "unread": one.read_at is None and one.side == _OTHER[reader],
    }


def _seen(thread: Sequence[Message], side: str) -> None:
    """Note that what the other side wrote was opened."""
    if any(one.side == side and one.read_at is None for one in thread):
        messages.mark_read(thread[0].loan_id, side=side, now=clock.now())


def _own(ref: str) -> OwnLoan:
    return borrower.own_loan(parse_public_id("ln", ref), me().known())


def _case(ref: str) -> Case:
    found = reviews.case(parse_public_id("ln", ref))
    if found.borrower_id == me().known():
        raise NotAllowed("application.talk")
    return found
