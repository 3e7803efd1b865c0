"""The pages of contracts: the file and its evidence for its parties, and the proof for anybody."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Blueprint, Response, request

from marketplace.contracts import queries
from marketplace.contracts.forms import BY_NUMBER, FINDINGS, NumberForm, VerifyForm, party_rows
from marketplace.contracts.queries import ContractRow
from marketplace.contracts.services import evidencing, verifying
from marketplace.contracts.services.verifying import Finding, Verdict
from marketplace.infra import files
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import parse_public_id
from marketplace.web.attachments import attachment
from marketplace.web.forms import typed_files
from marketplace.web.guards import me, public, signed_in
from marketplace.web.limits import STRICT, limiter
from marketplace.web.rendering import page

bp = Blueprint("contracts", __name__, url_prefix="/contracts")

FILE_MAX: Final = 10 * 1024 * 1024  # a contract of four hundred lenders has 200 kB


@bp.get("/<string:ref>.pdf")
@signed_in
def file(ref: str) -> Response:
    """Hand out a signed contract to its parties and to staff."""
    found = _for_me(parse_public_id("ct", ref))
    if found.signed_key is None:
        raise NotFound(ref)
    return attachment(
        files.load(found.signed_key, shelf=files.PRIVATE), "application/pdf", f"{found.number}.pdf"
    )


@bp.get("/<string:ref>/evidence.zip")
@signed_in
def evidence(ref: str) -> Response:
    """Hand out all that proves a contract, for whoever may have the contract."""
    found = _for_me(parse_public_id("ct", ref))
    return attachment(evidencing.archive(found), "application/zip", f"{found.number}-evidence.zip")


@bp.route("/verify", methods=["GET", "POST"])
@public
@limiter.limit(STRICT, methods=["POST"])
def verify() -> Response:
    """Say whether a file is the contract that was signed, or what is known of a number."""
    form = VerifyForm()
    lookup = NumberForm(formdata=request.args or None, meta={"csrf": False})
    if form.ready():
        verdict = form.attempt(lambda: verifying.verify(_content()))
        return _verify_page(form, lookup, verdict, by_file=True)
    number = (lookup.number.data or "").strip()
    verdict = verifying.by_number(number) if number else None
    return _verify_page(form, lookup, verdict, by_file=False)


def _verify_page(
    form: VerifyForm, lookup: NumberForm, verdict: Verdict | None, *, by_file: bool
) -> Response:
    title, tone, words = FINDINGS[verdict.finding] if verdict else ("", "", "")
    if verdict is not None and not by_file and verdict.finding is Finding.VALID:
        words = BY_NUMBER
    return page(
        "contracts/verify.html",
        422 if form.failures else 200,
        form=form,
        lookup=lookup,
        verdict=verdict,
        finding={"title": title, "tone": tone, "words": words},
        rows=party_rows(verdict.parties, names=False) if verdict else [],
        seals_hold=sum(seal.holds for seal in verdict.seals) if verdict else 0,
    )


def _content() -> bytes:
    sent = typed_files("file")
    if not sent:
        raise Refusal("contract_file_missing", "file")
    content: bytes = sent[0].stream.read(FILE_MAX + 1)
    if len(content) > FILE_MAX:
        raise Refusal("contract_file_large", "file")
    return content


def _for_me(contract_id: UUID) -> ContractRow:
    """Return a contract to a party or a member of staff; to everybody else there is none."""
    actor = me()
    if not (actor.is_staff or queries.is_party(contract_id, actor.known())):
        raise NotFound(str(contract_id))
    return queries.contract(contract_id)
