"""The contract's pages: read before lending, signed by the borrower, had by its parties alone."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

import pytest

from marketplace.contracts import queries
from marketplace.infra import files
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from marketplace.loans.services import acknowledging
from tests.builders import contracts as papers
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import PASSWORD, an_actor
from tests.page_client import PageClient
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening

VERIFY = "/contracts/verify"


@pytest.fixture
def lena() -> Actor:
    return an_actor("Lena Lender")


@pytest.fixture
def listed(world: World, cast: build.Cast) -> UUID:
    return build.a_listed_loan(cast)


@pytest.fixture
def funded(world: World, listed: UUID, lena: Actor) -> UUID:
    build.lent(world, listed, "1000", lena)
    return listed


def ref(loan_id: UUID) -> str:
    return public_id("ln", loan_id)


def contract(loan_id: UUID) -> queries.ContractRow:
    found = queries.of_subject(loan_id)
    db.session.rollback()
    assert found is not None
    return found


class TestBeforeLending:
    def test_anybody_reads_the_contract_with_the_borrower_masked(
        self, listed: UUID, visitor: PageClient
    ) -> None:
        page = visitor.get(f"/loans/{ref(listed)}/contract")
        file = visitor.client.get(f"/loans/{ref(listed)}/contract.pdf")

        assert "B. B." in page.text
        assert "Bea Borrower" not in page.text
        assert "acts as the agent of both" in page.text
        assert "9.00 % a year" in page.text
        assert file.data.startswith(b"%PDF")

    def test_a_loan_that_is_not_listed_has_none_to_show(
        self, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.an_offered(cast)

        visitor.get(f"/loans/{ref(loan_id)}/contract", status=404)

    def test_an_order_that_does_not_agree_is_not_placed(
        self, world: World, listed: UUID, lena: Actor, browse: Browse
    ) -> None:
        build.topped_up(world, lena, "500")
        acknowledging.acknowledge(lena, now=clock.now())
        browser = browse(lena)
        check = browser.get(f"/loans/{ref(listed)}/invest?amount=100&source=wallet")

        refused = browser.send(check, "/invest", status=422)
        placed = browser.send(refused, "/invest", agreed="y")

        assert "Read the loan contract" in check.links
        assert "Agree to the contract to lend." in refused.text
        assert placed.location.startswith("/commitments/")
        kept = scalar("SELECT count(*) FROM commitment_consent WHERE how = 'checkbox'")
        db.session.rollback()
        assert kept == 1


class TestSigning:
    def test_before_it_is_full_there_is_nothing_to_sign(
        self, listed: UUID, cast: build.Cast, browse: Browse
    ) -> None:
        page = browse(cast.borrower).get(f"/my/loans/{ref(listed)}/contract")

        assert "There is no contract yet" in page.text

    def test_the_borrower_reads_and_signs_with_the_password(
        self, world: World, funded: UUID, cast: build.Cast, browse: Browse
    ) -> None:
        browser = browse(cast.borrower)
        own = browser.get(f"/my/loans/{ref(funded)}")
        before = browser.get(own.links["Read and sign the contract"])

        wrong = browser.send(before, "/contract", password="not my password", status=422)
        signed = browser.follow(browser.send(wrong, "/contract", password=PASSWORD))
        world.deliver()
        after = browser.get(f"/my/loans/{ref(funded)}/contract")

        assert "L. L." in before.text
        assert "Lena Lender" not in before.text
        assert "This is not your current password" in wrong.text or "password" in wrong.errors[0]
        assert "You have signed." in signed.text
        assert "Lena Lender" in after.text
        assert "Save the signed contract (PDF)" in after.links

    def test_nobody_else_sees_it(self, funded: UUID, lena: Actor, browse: Browse) -> None:
        browse(lena).get(f"/my/loans/{ref(funded)}/contract", status=404)

    def test_the_page_asks_the_database_little(
        self, funded: UUID, cast: build.Cast, browse: Browse
    ) -> None:
        browser = browse(cast.borrower)
        papers.signed_by_borrower(funded)
        for address in (f"/my/loans/{ref(funded)}/contract", f"/loans/{ref(funded)}/contract"):
            with listening() as heard:
                browser.get(address)
            assert 0 < len(heard) <= PAGE_MAX, "\n".join([address, *heard])


class TestFiles:
    def test_parties_and_staff_have_the_file_and_its_evidence_and_nobody_else(
        self, funded: UUID, cast: build.Cast, lena: Actor, browse: Browse, visitor: PageClient
    ) -> None:
        papers.signed_by_borrower(funded)
        number = contract(funded).number

        for reader in (cast.borrower, lena, cast.second):
            client = browse(reader).client
            assert client.get(f"/contracts/{number}.pdf").data.startswith(b"%PDF")
            assert client.get(f"/contracts/{number}/evidence.zip").data.startswith(b"PK")
        stranger = browse(an_actor("Eve"))
        stranger.get(f"/contracts/{number}.pdf", status=404)
        stranger.get(f"/contracts/{number}/evidence.zip", status=404)
        visitor.get(f"/contracts/{number}.pdf", status=303)

    def test_before_it_is_signed_there_is_no_file(
        self, funded: UUID, lena: Actor, browse: Browse
    ) -> None:
        browse(lena).get(f"/contracts/{contract(funded).number}.pdf", status=404)

    def test_a_lenders_note_names_the_borrower_once_all_have_signed(
        self, world: World, funded: UUID, lena: Actor, browse: Browse
    ) -> None:
        note = build.notes(lena)[0]
        before = browse(lena).get(f"/my/notes/{note.ref}")
        papers.signed_by_borrower(funded)
        after = browse(lena).get(f"/my/notes/{note.ref}")

        assert "Bea Borrower" not in before.text
        assert "Bea Borrower" in after.text
        assert contract(funded).number in after.text


class TestVerifying:
    def test_a_file_is_valid_altered_or_unknown(self, funded: UUID, visitor: PageClient) -> None:
        papers.signed_by_borrower(funded)
        whole = files.load(contract(funded).signed_key or "", shelf=files.PRIVATE)

        valid = self.verified(visitor, whole)
        altered = self.verified(visitor, whole[:5000] + b"X" + whole[5001:])
        unknown = self.verified(visitor, b"%PDF-1.7 nothing of ours")

        assert "Valid: this is the contract that was signed" in valid
        assert "3 of 3" in valid
        assert "L. L." in valid
        assert "Lena Lender" not in valid
        assert "Altered: do not rely on this file" in altered
        assert "Unknown: not from here" in unknown

    @staticmethod
    def verified(visitor: PageClient, content: bytes) -> str:
        page = visitor.get(VERIFY)
        token = page.form("/verify").fields["csrf_token"]
        answer = visitor.client.post(
            VERIFY,
            data={"csrf_token": token, "file": (BytesIO(content), "contract.pdf")},
            content_type="multipart/form-data",
        )
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    def test_a_number_is_looked_up_and_strangers_numbers_are_unknown(
        self, funded: UUID, visitor: PageClient
    ) -> None:
        papers.signed_by_borrower(funded)

        known = visitor.get(f"{VERIFY}?number={contract(funded).number}")
        unknown = visitor.get(f"{VERIFY}?number=ct_nothing")

        assert "This number is a signed contract." in known.text
        assert "Unknown: not from here" in unknown.text

    def test_without_a_file_it_says_what_to_do(self, visitor: PageClient, world: World) -> None:
        page = visitor.get(VERIFY)

        assert "Choose the PDF you want to check." in visitor.send(page, "/verify", status=422).text
