"""Reads CAMT.053, the ISO 20022 account statement, of any version from .001.02 on.

Sources: ISO 20022 message definition camt.053 (BankToCustomerStatement). Only booked entries
count. An entry of several payments is read payment by payment where their amounts are told and
add up, else as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from marketplace.escrow.bank_files.lines import BankStatement, Line, day, exact
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

_OPENING: Final = ("OPBD", "PRCD")
_CLOSING: Final = ("CLBD",)
_BOOKED: Final = frozenset({"BOOK", ""})


def read(text: str) -> list[BankStatement]:
    """Return the statements of a file; `Refusal("statement_unreadable")` if it is none."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Refusal("statement_unreadable", detail="a document type")  # no bank sends one
    try:
        root = ET.fromstring(text)  # noqa: S314 - without a document type nothing can expand
    except ET.ParseError as error:
        raise Refusal("statement_unreadable", detail=str(error)) from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    found = [_statement(each).checked() for each in root.iterfind(".//BkToCstmrStmt/Stmt")]
    if not found:
        raise Refusal("statement_unreadable", detail="no BkToCstmrStmt/Stmt")
    return found


def _statement(element: ET.Element) -> BankStatement:
    balances = list(element.iterfind("Bal"))
    entries = [entry for entry in element.iterfind("Ntry") if _status(entry) in _BOOKED]
    currency = _currency(element)
    return BankStatement(
        account=_text(element, "Acct/Id/IBAN") or _text(element, "Acct/Id/Othr/Id"),
        ref=_text(element, "Id"),
        currency=currency,
        lines=tuple(
            line
            for place, entry in enumerate(entries, 1)
            for line in _lines(entry, f"{_text(element, 'Id')}/{place}")
        ),
        opening=_balance(balances, _OPENING),
        closing=_balance(balances, _CLOSING),
    )


def _currency(element: ET.Element) -> str:
    for path in ("Bal/Amt", "Ntry/Amt"):
        amount = element.find(path)
        if amount is not None:
            return amount.get("Ccy", "")
    return _text(element, "Acct/Ccy")


def _balance(balances: list[ET.Element], codes: tuple[str, ...]) -> Money | None:
    for code in codes:
        for each in balances:
            if _text(each, "Tp/CdOrPrtry/Cd") == code:
                return _amount(each)
    return None


def _lines(entry: ET.Element, fallback: str) -> Iterator[Line]:
    ref = _text(entry, "AcctSvcrRef") or _text(entry, "NtryRef") or fallback
    payments, total = list(entry.iterfind("NtryDtls/TxDtls")), _amount(entry)
    amounts = [_payment_amount(each, total) for each in payments]
    parts = [each for each in amounts if each is not None]
    if (
        len(payments) > 1
        and len(parts) == len(payments)
        and sum(each.minor for each in parts) == total.minor
    ):
        for place, (payment, amount) in enumerate(zip(payments, parts, strict=True), 1):
            yield _line(entry, payment, amount, f"{ref}/{place}")
    else:
        yield _line(entry, payments[0] if len(payments) == 1 else None, total, ref)


def _line(entry: ET.Element, payment: ET.Element | None, amount: Money, ref: str) -> Line:
    told = payment if payment is not None else ET.Element("TxDtls")
    # The other side: who paid what came in, who was paid what went out.
    side = "Dbtr" if amount.is_positive else "Cdtr"
    return Line(
        ref=ref,
        booked_on=day(_text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm")),
        amount=amount,
        name=_text(told, f"RltdPties/{side}/Nm") or _text(told, f"RltdPties/{side}/Pty/Nm"),
        iban=_text(told, f"RltdPties/{side}Acct/Id/IBAN"),
        remittance=" ".join(
            [
                *(each.text or "" for each in told.iterfind("RmtInf/Ustrd")),
                *(each.text or "" for each in told.iterfind("RmtInf/Strd/CdtrRefInf/Ref")),
            ]
        ).strip(),
        end_to_end_id=_text(told, "Refs/EndToEndId"),
        returned=_text(told, "RtrInf/Rsn/Cd") or _text(told, "RtrInf/Rsn/Prtry"),
    )


def _payment_amount(payment: ET.Element, total: Money) -> Money | None:
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        told = payment.find(path)
        if told is not None and told.get("Ccy") == total.currency:
            amount = exact(told.text or "", total.currency)
            sign = _text(payment, "CdtDbtInd")
            is_out = sign == "DBIT" if sign else not total.is_positive
            return -amount if is_out else amount
    return None


def _amount(element: ET.Element) -> Money:
    told = element.find("Amt")
    if told is None:
        raise Refusal("statement_unreadable", detail="an entry without an amount")
    amount = exact(told.text or "", told.get("Ccy", ""))
    return -amount if _text(element, "CdtDbtInd") == "DBIT" else amount


def _status(entry: ET.Element) -> str:
    return _text(entry, "Sts/Cd") or _text(entry, "Sts")


def _text(element: ET.Element, path: str) -> str:
    return (element.findtext(path) or "").strip()
