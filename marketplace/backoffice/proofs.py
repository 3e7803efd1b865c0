"""The proof: whether the ledger keeps its own rules and agrees with the provider."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Response, url_for

from marketplace.backoffice import differences
from marketplace.backoffice.blueprints import finance
from marketplace.escrow import jobs as escrow_jobs
from marketplace.infra import proofs
from marketplace.infra.commands import command
from marketplace.infra.jobs import defer
from marketplace.infra.proofs import Proof, Subject
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.ledger import checks
from marketplace.ledger import jobs as ledger_jobs
from marketplace.web.csv_answer import csv_answer, here, wanted
from marketplace.web.forms import Form
from marketplace.web.guards import requires
from marketplace.web.locale import _, ngettext
from marketplace.web.rendering import done, moment_text, page

# Both proofs run at least once an hour; two missed ones are worth a warning.
STALE_AFTER: Final = timedelta(hours=3)


class ProveForm(Form):
    """A button that needs nothing typed."""


@finance.get("/reconciliation")
@requires("finance.see")
def reconciliation() -> Response:
    """Show both proofs: cash side by side, every difference, every invariant."""
    last = proofs.latest()
    provider = last.get(Subject.PROVIDER)
    found = differences.standing(clock.now())
    if wanted():
        return csv_answer(found)
    return page(
        "backoffice/reconciliation.html",
        light=light(last, clock.now()),
        provider=provider,
        ledger=last.get(Subject.LEDGER),
        cash=[_cash_row(each) for each in provider.facts["cash"]] if provider else [],
        table=found,
        csv_href=here(),
        invariants=_invariants(last.get(Subject.LEDGER)),
        history=[_history_row(each) for subject in Subject for each in proofs.recent(subject, 10)],
    )


@finance.route("/reconciliation/prove", methods=["GET", "POST"])
@requires("finance.see")
def prove() -> Response:
    """Ask for both proofs now; a worker runs them."""
    form = ProveForm()
    if form.ready():
        _queue()
        message = _("Both proofs are running. Load this page again in a few seconds.")
        return done(url_for("finance.reconciliation"), message)
    return page("backoffice/prove.html", 422 if form.errors else 200, form=form)


def light(last: Mapping[Subject, Proof], now: datetime) -> dict[str, Any]:
    """Return the light: green only while both proofs hold and are fresh."""
    ledger, provider = last.get(Subject.LEDGER), last.get(Subject.PROVIDER)
    detail = " ".join([_ledger_words(ledger), _provider_words(provider)])
    if ledger is not None and not ledger.holds:
        return _lamp("bad", _("The ledger breaks its own rules"), detail)
    if provider is not None and not provider.holds:
        return _lamp("bad", _("Ledger and provider differ"), detail)
    if ledger is None or provider is None:
        return _lamp("warn", _("Not everything has been proved yet"), detail)
    if now - min(ledger.at, provider.at) > STALE_AFTER:
        return _lamp("warn", _("Ledger = provider, but not proved lately"), detail)
    return _lamp("good", _("Ledger = provider"), detail)


@command
def _queue() -> None:
    defer(ledger_jobs.check_job, key="ledger.check")
    defer(escrow_jobs.reconcile_job, key="escrow.reconcile")


def _lamp(state: str, title: str, detail: str) -> dict[str, str]:
    return {"state": state, "title": title, "detail": detail}


def _ledger_words(proof: Proof | None) -> str:
    if proof is None:
        return _("The ledger’s rules have not been tried yet.")
    if proof.holds:
        return ngettext(
            "%(num)s invariant held on %(at)s.",
            "%(num)s invariants held on %(at)s.",
            proof.examined,
            at=moment_text(proof.at),
        )
    return ngettext(
        "%(num)s violation of an invariant on %(at)s.",
        "%(num)s violations of invariants on %(at)s.",
        proof.differences,
        at=moment_text(proof.at),
    )


def _provider_words(proof: Proof | None) -> str:
    if proof is None:
        return _("The provider’s statement has not been compared yet.")
    lines = ngettext(
        "%(num)s line of the provider’s statement compared on %(at)s",
        "%(num)s lines of the provider’s statement compared on %(at)s",
        proof.examined,
        at=moment_text(proof.at),
    )
    count = ngettext("%(num)s difference", "%(num)s differences", proof.differences)
    return _("%(lines)s: %(count)s.", lines=lines, count=count)


def _cash_row(sides: Mapping[str, Any]) -> dict[str, Any]:
    def money(name: str) -> Money:
        return Money(sides[name], sides["currency"])

    here_sum = money("available_here") + money("pending_here")
    there_sum = money("available_there") + money("pending_there")
    return {
        "currency": sides["currency"],
        "available_here": money("available_here"),
        "available_there": money("available_there"),
        "pending_here": money("pending_here"),
        "pending_there": money("pending_there"),
        "difference": here_sum - there_sum,
        "_tone": None if here_sum == there_sum else "bad",
    }


def _invariants(proof: Proof | None) -> list[dict[str, Any]]:
    broken = proof.facts["broken"] if proof else {}
    rows = []
    for each in checks.invariants():
        count = broken.get(each.name, 0)
        if proof is None:
            state = {"label": _("Not tried yet"), "tone": "neutral"}
        elif count:
            label = ngettext("%(num)s violation", "%(num)s violations", count)
            state = {"label": label, "tone": "bad"}
        else:
            state = {"label": _("Holds"), "tone": "good"}
        rows.append({"sentence": each.sentence, "name": each.name, "state": state})
    return rows


def _history_row(proof: Proof) -> dict[str, Any]:
    is_ledger = proof.subject == Subject.LEDGER
    count = ngettext("%(num)s difference", "%(num)s differences", proof.differences)
    return {
        "at": proof.at,
        "what": _("Ledger’s invariants") if is_ledger else _("Ledger and provider"),
        "examined": proof.examined,
        "seconds": proof.seconds,
        "state": {"label": count, "tone": "good" if proof.holds else "bad"},
    }
