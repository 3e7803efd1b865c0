"""What banks give and take: statements read, payment files written, check digits."""

from __future__ import annotations

from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest

from marketplace.escrow.bank_files import camt, orders, tables
from marketplace.escrow.bank_files.references import (
    is_reference,
    plain_iban,
    reference_of,
    references_in,
    spaced,
)
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from tests.builders.bank import HOUSE, OURS, THEIRS, Booking, a_camt

DAY = date(2026, 11, 27)


class TestCheckDigits:
    # The example of ISO 11649, and account numbers from the IBAN registry.
    @pytest.mark.parametrize("text", ["RF18539007547034", "RF712348231", "RF45G72UUR"])
    def test_published_references_are_right(self, text: str) -> None:
        assert is_reference(text)

    @pytest.mark.parametrize(
        "text", ["RF19539007547034", "RF18539007547043", "RF18", "rf18539007547034"]
    )
    def test_a_changed_digit_or_two_swapped_ones_are_wrong(self, text: str) -> None:
        assert not is_reference(text)

    @pytest.mark.parametrize(
        "typed",
        [
            "DE89 3704 0044 0532 0130 00",
            "gb82west12345698765432",
            "NL91ABNA0417164300",
            "FR1420041010050500013M02606",
            "MT84MALT011000012345MTLCAST001S",
        ],
    )
    def test_registered_account_numbers_are_right_however_they_are_typed(self, typed: str) -> None:
        assert plain_iban(typed) == typed.replace(" ", "").upper()

    @pytest.mark.parametrize(
        "typed", ["", "DE88370400440532013000", "DE89", "ＤＥ89370400440532013000"]
    )
    def test_others_are_not(self, typed: str) -> None:
        assert plain_iban(typed) is None

    def test_our_references_are_right_and_all_different(self) -> None:
        made = [reference_of(number) for number in range(1, 2_000)]

        assert all(is_reference(each) for each in made)
        assert len(set(made)) == len(made)

    def test_a_reference_is_found_in_what_people_write(self) -> None:
        ours = reference_of(4711)

        assert references_in(f"Thank you! {spaced(ours)} for the lighthouse") == [ours]
        assert references_in(f"ref {ours.lower()}, twice: {ours}") == [ours]
        assert references_in("RF00 0000 0000 00 and PERFORMANCE") == []


class TestStatements:
    def test_a_camt_tells_who_paid_what_and_why(self) -> None:
        written = a_camt(
            [
                Booking("B1", 5_000, f"{reference_of(1)} & more", name="Zoë <b>", on=DAY),
                Booking("B2", -2_000, end="ins_x", name="Paula", on=DAY),
                Booking("B3", 2_000, end="ins_x", returned="AC04", on=DAY),
            ],
            opening=100,
        )

        (found,) = camt.read(written)

        assert (found.account, found.currency) == (OURS, "EUR")
        assert (found.opening, found.closing) == (Money(100, "EUR"), Money(5_100, "EUR"))
        first, second, third = found.lines
        assert (first.amount, first.name, first.iban) == (Money(5_000, "EUR"), "Zoë <b>", THEIRS)
        assert first.remittance == f"{reference_of(1)} & more"
        assert (second.amount, second.name, second.end_to_end_id) == (
            Money(-2_000, "EUR"), "Paula", "ins_x",
        )  # fmt: skip
        assert (third.returned, third.booked_on) == ("AC04", DAY)

    def test_an_entry_of_several_payments_is_read_payment_by_payment(self) -> None:
        one = Booking("B1", 3_000, "first", on=DAY).xml()
        both = one.replace(
            "</TxDtls>",
            '<AmtDtls><TxAmt><Amt Ccy="EUR">10.00</Amt></TxAmt></AmtDtls></TxDtls><TxDtls>'
            '<AmtDtls><TxAmt><Amt Ccy="EUR">20.00</Amt></TxAmt></AmtDtls>'
            "<RmtInf><Ustrd>second</Ustrd></RmtInf></TxDtls>",
        )
        written = a_camt([Booking("B1", 3_000, on=DAY)]).replace(
            Booking("B1", 3_000, on=DAY).xml(), both
        )

        lines = camt.read(written)[0].lines

        assert [(line.ref, line.amount.minor, line.remittance) for line in lines] == [
            ("B1/1", 1_000, "first"),
            ("B1/2", 2_000, "second"),
        ]

    def test_what_is_only_announced_does_not_count(self) -> None:
        written = a_camt([Booking("B1", 0, on=DAY)]).replace("BOOK", "PDNG")

        assert camt.read(written)[0].lines == ()

    def test_balances_that_do_not_add_up_are_refused(self) -> None:
        written = a_camt([Booking("B1", 5_000, on=DAY)]).replace(">50.00<", ">50.01<", 1)

        with pytest.raises(Refusal, match="statement_does_not_add_up"):
            camt.read(written)

    @pytest.mark.parametrize(
        "written",
        [
            "",
            "<html></html>",
            "<Document><unclosed>",
            '<!DOCTYPE x [<!ENTITY a "aaaa">]><Document>&a;</Document>',
            a_camt([Booking("B1", 5_000, on=DAY)]).replace("50.00", "1e309"),
            a_camt([Booking("B1", 5_000, on=DAY)]).replace("50.00", "0.001"),
            a_camt([Booking("B1", 5_000, on=DAY)]).replace("2026-11-27", "yesterday"),
            a_camt([Booking("B1", 5_000, on=DAY)]).replace('"EUR"', '"XXX"'),
        ],
    )
    def test_what_is_no_statement_is_refused(self, written: str) -> None:
        with pytest.raises(Refusal, match="statement_unreadable"):
            camt.read(written)

    def test_a_table_is_read_with_either_separator_and_either_decimal_sign(self) -> None:
        german = (
            "account;ref;booked_on;amount;currency;remittance\n"
            f"{spaced(OURS)};B1;2026-11-27;50,00;EUR;RF\n{OURS};B2;2026-11-27;-20,5;EUR;\n"
        )
        english = "ref,account,booked_on,amount,currency\nB1," + OURS + ",2026-11-27,50.00,EUR\n"

        (found,) = tables.read(german)

        assert [line.amount.minor for line in found.lines] == [5_000, -2_050]
        assert tables.read(english)[0].lines[0].amount.minor == 5_000

    @pytest.mark.parametrize(
        "written",
        ["", "a,b\n1,2\n", "account,ref,booked_on,amount,currency\nX,,2026-01-01,1,EUR\n",
         "account,ref,booked_on,amount,currency\nX,1,2026-01-01,NaN,EUR\n",
         "account,ref,booked_on,amount,currency\nX,1,2026-01-01\n"],
    )  # fmt: skip
    def test_a_table_without_what_is_needed_is_refused(self, written: str) -> None:
        with pytest.raises(Refusal, match="statement_unreadable"):
            tables.read(written)


class TestPaymentFiles:
    def test_it_tells_each_payment_and_the_sums(self) -> None:
        payments = [
            orders.Payment("ins_1", Money(2_000, "EUR"), "Zoë Müller", THEIRS, "Refund: “missed”"),
            orders.Payment("ins_2", Money(155, "EUR"), "王小明", THEIRS, "Payout"),
        ]

        written = orders.write(
            "M1", HOUSE.account, payments, at=datetime(2026, 11, 27, tzinfo=UTC), execute_on=DAY
        )

        root = ET.fromstring(written)  # noqa: S314 - our own file
        name = {"p": orders.NAMESPACE}
        assert root.findtext(".//p:GrpHdr/p:CtrlSum", namespaces=name) == "21.55"
        assert root.findtext(".//p:PmtInf/p:NbOfTxs", namespaces=name) == "2"
        assert [e.text for e in root.iterfind(".//p:InstdAmt", name)] == ["20.00", "1.55"]
        assert [e.text for e in root.iterfind(".//p:EndToEndId", name)] == ["ins_1", "ins_2"]
        assert [e.text for e in root.iterfind(".//p:Cdtr/p:Nm", name)] == ["Zoe Muller", "."]
        assert root.findtext(".//p:DbtrAcct/p:Id/p:IBAN", namespaces=name) == OURS
