"""Verifying a file somebody has: whether it is what was signed, to the last byte."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from marketplace.contracts import gateway, queries
from marketplace.contracts.queries import ContractRow, PartyRow
from marketplace.contracts.seals import Seal, seals
from marketplace.contracts.states import ContractState
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id

_NUMBER: Final = re.compile(rb"ct_[0-9a-hjkmnp-tv-z]{26}")


class Finding(StrEnum):
    """What a file is."""

    VALID = "valid"
    VOID = "void"  # it was signed, and taken back before any money moved
    UNSIGNED = "unsigned"  # the draft: nobody has sealed it
    ALTERED = "altered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a file is, which contract it is about, and the seals found in it."""

    finding: Finding
    contract: ContractRow | None = None
    parties: tuple[PartyRow, ...] = ()
    seals: tuple[Seal, ...] = ()


def verify(content: bytes) -> Verdict:
    """Return what a file is. Its digest decides; the seals say by themselves what they prove."""
    found = tuple(seals(content, gateway.current().roots()))
    same = queries.by_hash(hashlib.sha256(content).hexdigest())
    if same is not None:
        return _told(_finding(same, is_sealed=bool(found)), same, found)
    numbers = [*_numbers(content), *_parsed(seal.contract for seal in found)]
    named = queries.of_numbers(numbers) if numbers else None
    return _told(Finding.ALTERED if named else Finding.UNKNOWN, named, found)


def by_number(number: str) -> Verdict:
    """Return what is known of a contract by its number; no file is compared."""
    try:
        found = queries.contract(parse_public_id("ct", number.strip().lower()))
    except NotFound:
        return Verdict(Finding.UNKNOWN)
    states = {ContractState.SIGNED: Finding.VALID, ContractState.VOID: Finding.VOID}
    return _told(states.get(ContractState(found.state), Finding.UNSIGNED), found, ())


def _finding(found: ContractRow, *, is_sealed: bool) -> Finding:
    if not is_sealed:
        return Finding.UNSIGNED
    return Finding.VOID if found.state == ContractState.VOID else Finding.VALID


def _told(finding: Finding, found: ContractRow | None, proved: tuple[Seal, ...]) -> Verdict:
    parties = tuple(queries.parties(found.id)) if found else ()
    return Verdict(finding, found, parties, proved)


def _numbers(content: bytes) -> list[UUID]:
    return _parsed(text.decode() for text in set(_NUMBER.findall(content)))


def _parsed(texts: Iterable[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(parse_public_id("ct", text))
        except NotFound:
            continue
    return found
