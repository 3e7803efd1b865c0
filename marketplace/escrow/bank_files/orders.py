"""Writes pain.001.001.09, the ISO 20022 file of payment orders, for upload at the bank.

Source: EPC132-08, SEPA Credit Transfer customer-to-bank implementation guidelines: one debtor
account, execution on one day, names of at most 70 characters in the SEPA character set, an
end-to-end id of at most 35 characters that comes back on the statement.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from xml.etree import ElementTree as ET

from marketplace.kernel.money import Money

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
NAME_MAX: Final = 70
TEXT_MAX: Final = 140
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]+")


@dataclass(frozen=True, slots=True)
class Account:
    """Our account at the bank."""

    iban: str
    bic: str
    holder: str


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment to make."""

    end_to_end_id: str
    amount: Money
    name: str
    iban: str
    text: str


def write(
    message_id: str,
    account: Account,
    payments: Sequence[Payment],
    *,
    at: datetime,
    execute_on: date,
) -> str:
    """Return the file's text. All payments are of one currency."""
    root = ET.Element("Document", xmlns=NAMESPACE)
    message = ET.SubElement(root, "CstmrCdtTrfInitn")
    total = str(sum((each.amount for each in payments), payments[0].amount * 0).decimal())
    head = ET.SubElement(message, "GrpHdr")
    _put(head, "MsgId", message_id)
    _put(head, "CreDtTm", at.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
    _put(head, "NbOfTxs", str(len(payments)))
    _put(head, "CtrlSum", total)
    _put(head, "InitgPty/Nm", latin(account.holder))
    batch = ET.SubElement(message, "PmtInf")
    _put(batch, "PmtInfId", message_id)
    _put(batch, "PmtMtd", "TRF")
    _put(batch, "NbOfTxs", str(len(payments)))
    _put(batch, "CtrlSum", total)
    _put(batch, "PmtTpInf/SvcLvl/Cd", "SEPA")
    _put(batch, "ReqdExctnDt/Dt", execute_on.isoformat())
    _put(batch, "Dbtr/Nm", latin(account.holder))
    _put(batch, "DbtrAcct/Id/IBAN", account.iban)
    _put(batch, "DbtrAgt/FinInstnId/BICFI", account.bic)
    _put(batch, "ChrgBr", "SLEV")
    for each in payments:
        _add(batch, each)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def latin(text: str, most: int = NAME_MAX) -> str:
    """Return a text in the characters banks agree on; what has no such likeness becomes a dot."""
    plain = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(_FOREIGN.sub(".", bare).split())[:most].strip() or "."


def _add(batch: ET.Element, each: Payment) -> None:
    part = ET.SubElement(batch, "CdtTrfTxInf")
    _put(part, "PmtId/EndToEndId", each.end_to_end_id)
    amount = ET.SubElement(ET.SubElement(part, "Amt"), "InstdAmt", Ccy=each.amount.currency)
    amount.text = str(each.amount.decimal())
    _put(part, "Cdtr/Nm", latin(each.name))
    _put(part, "CdtrAcct/Id/IBAN", each.iban)
    _put(part, "RmtInf/Ustrd", latin(each.text, TEXT_MAX))


def _put(parent: ET.Element, path: str, text: str) -> None:
    *ways, last = path.split("/")
    for name in ways:
        found = parent.find(name)
        parent = found if found is not None else ET.SubElement(parent, name)
    ET.SubElement(parent, last).text = text
