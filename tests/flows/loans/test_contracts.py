"""The loan contract: agreed to with each order, drafted when full, signed, sealed, proved."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from psycopg.errors import IntegrityConstraintViolation

from marketplace.contracts import gateway, queries
from marketplace.contracts.consents import Consent, How
from marketplace.contracts.gateway import Order, Signed, Signer
from marketplace.contracts.services import drafting, evidencing, signing, verifying
from marketplace.contracts.services.verifying import Finding
from marketplace.infra import files
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute
from marketplace.infra.transitions import history
from marketplace.kernel import clock
from marketplace.kernel.errors import IllegalMove, NotFound, ProviderTrouble, Refusal
from marketplace.loans.services import acknowledging, consenting, contracting, investing
from marketplace.settlement import runner
from tests.builders import contracts as papers
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.scenes import Scenes


@pytest.fixture
def scene(world: World, hand: clock.Hand, scenes: Scenes) -> build.Scene:
    """A loan that is full, lent by three, its contract waiting for the borrower."""

    def full() -> build.Scene:
        cast = build.Cast()
        loan_id = build.a_listed_loan(cast)
        for name, amount in (("Lou Lender", "500"), ("Lea Lender", "300"), ("Lin Lender", "200")):
            build.lent(world, loan_id, amount, an_actor(name))
        return cast, loan_id

    return scenes.play("full", hand, full)


def contract(loan_id: UUID) -> queries.ContractRow:
    found = queries.of_subject(loan_id)
    db.session.rollback()
    assert found is not None
    return found


def signature(loan_id: UUID) -> Consent:
    return Consent(How.HAND, clock.now(), "s", "a", contract(loan_id).document_hash)


class TestAgreeing:
    def test_an_order_without_the_terms_that_were_shown_is_refused_and_takes_nothing(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id, lou = build.a_listed_loan(cast), an_actor("Lou Lender")
        build.topped_up(world, lou, "1000")
        acknowledging.acknowledge(lou, now=clock.now())
        other = Consent(How.CHECKBOX, clock.now(), "s", "a", "0" * 64)

        with pytest.raises(Refusal) as refusal:
            investing.commit_from_wallet(
                lou,
                loan_id,
                amount=build.euros("100"),
                consent=other,
                form_key=build.form_key(),
                now=clock.now(),
            )

        assert (refusal.value.code, refusal.value.field) == ("contract_changed", "agreed")
        assert build.in_wallet(lou) == 100_000
        assert build.loan(loan_id).reserved_minor == 0

    def test_the_terms_stay_the_same_as_long_as_the_loan_is_the_same(
        self, world: World, cast: build.Cast, hand: clock.Hand
    ) -> None:
        loan_id = build.a_listed_loan(cast)
        before = consenting.to_terms_of(loan_id, How.MANDATE, at=clock.now()).shown_hash

        hand.advance(days=3)
        build.lent(world, loan_id, "100")

        assert consenting.to_terms_of(loan_id, How.MANDATE, at=clock.now()).shown_hash == before


class TestDrafting:
    def test_a_full_loan_has_a_contract_with_every_lenders_real_part(self, loan_id: UUID) -> None:
        found = contract(loan_id)
        parties = queries.parties(found.id)

        assert found.state == "drafted"
        assert [(one.role, one.name, one.share_minor) for one in parties] == [
            ("lender", "Lou Lender", 50_000),
            ("lender", "Lea Lender", 30_000),
            ("lender", "Lin Lender", 20_000),
            ("borrower", "Bea Borrower", 100_000),
            ("platform", "Kindling", None),
        ]
        assert [one.how for one in parties] == ["checkbox"] * 3 + [None, None]
        assert {one.shown_hash for one in parties[:3]} == {found.terms_hash}

    def test_the_borrower_is_told_by_letter(self, loan_id: UUID, cast: build.Cast) -> None:
        assert any("Sign the contract" in subject for subject in build.letters_to(cast.borrower))

    def test_it_is_drafted_once_however_often_it_is_asked_for(self, loan_id: UUID) -> None:
        first = contracting.draft(loan_id, clock.now())

        assert contracting.draft(loan_id, clock.now()) == first

    def test_who_lends_twice_is_one_party_with_both_parts(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id, lou = build.a_listed_loan(cast), an_actor("Lou Lender")
        build.lent(world, loan_id, "400", lou)
        build.lent(world, loan_id, "600", lou)

        lenders = [one for one in queries.parties(contract(loan_id).id) if one.role == "lender"]

        assert [one.share_minor for one in lenders] == [100_000]

    def test_what_is_frozen_cannot_be_written_over(self, loan_id: UUID) -> None:
        @command
        def forge() -> None:
            execute(
                "UPDATE contract SET document_hash = %s WHERE subject_id = %s", ("0" * 64, loan_id)
            )

        with pytest.raises(IntegrityConstraintViolation, match="frozen"):
            forge()

    def test_the_same_contract_is_the_same_file(self, loan_id: UUID) -> None:
        found = contract(loan_id)

        assert files.load(found.document_key, shelf=files.PRIVATE).startswith(b"%PDF")
        assert found.document_key.startswith(found.document_hash)


class TestSigning:
    def test_the_borrower_signs_and_all_seals_are_set(
        self, loan_id: UUID, world: World, cast: build.Cast
    ) -> None:
        contracting.sign(cast.borrower, loan_id, consent=signature(loan_id), now=clock.now())
        waiting = contract(loan_id).state
        world.deliver()

        found = contract(loan_id)
        assert (waiting, found.state) == ("signing", "signed")
        assert [made.move for made in history("contract", found.id)] == ["draft", "agree", "seal"]
        parties = queries.parties(found.id)
        assert all(one.certificate and one.signed_at for one in parties)
        assert queries.is_signed(loan_id)
        assert "The contract of “A kiln for the pottery” is signed" in build.letters_to(
            cast.borrower
        )

    def test_signing_twice_is_signing_once(self, loan_id: UUID, cast: build.Cast) -> None:
        for _ in range(2):
            contracting.sign(cast.borrower, loan_id, consent=signature(loan_id), now=clock.now())
        signing.sweep()

        contracting.sign(cast.borrower, loan_id, consent=signature(loan_id), now=clock.now())
        assert contract(loan_id).state == "signed"

    def test_nobody_signs_for_somebody_else(self, loan_id: UUID) -> None:
        with pytest.raises(NotFound):
            contracting.sign(an_actor("Eve"), loan_id, consent=signature(loan_id), now=clock.now())

    def test_other_words_than_the_frozen_ones_are_not_signed(
        self, loan_id: UUID, cast: build.Cast
    ) -> None:
        stale = replace(signature(loan_id), shown_hash="0" * 64)

        with pytest.raises(Refusal) as refusal:
            contracting.sign(cast.borrower, loan_id, consent=stale, now=clock.now())

        assert refusal.value.code == "contract_changed"
        assert contract(loan_id).state == "drafted"

    def test_it_cannot_be_signed_once_its_time_is_over(
        self, loan_id: UUID, cast: build.Cast, hand: clock.Hand
    ) -> None:
        hand.advance(days=14)

        with pytest.raises(Refusal) as refusal:
            contracting.sign(cast.borrower, loan_id, consent=signature(loan_id), now=clock.now())

        assert refusal.value.code == "contract_lapsed"

    def test_unsigned_in_time_the_loan_is_undone_and_everyone_refunded(
        self, loan_id: UUID, world: World, cast: build.Cast, hand: clock.Hand
    ) -> None:
        hand.advance(days=13)
        early = runner.run(clock.now())["contracts"]
        hand.advance(days=1)
        late = runner.run(clock.now())["contracts"]
        world.deliver()

        assert early == []
        assert late[0].note == "the borrower did not sign in time"
        assert build.loan(loan_id).state in {"expired", "refunded"}
        assert queries.of_subject(loan_id) is None
        assert any("was not signed in time" in one for one in build.letters_to(cast.borrower))
        prove(world)

    def test_a_contract_that_was_taken_back_is_signed_by_nobody(
        self, loan_id: UUID, cast: build.Cast
    ) -> None:
        found, agreed = contract(loan_id), signature(loan_id)

        @command
        def undo() -> None:
            drafting.void(loan_id, reason="test", actor=cast.first, now=clock.now())

        undo()

        with pytest.raises((IllegalMove, NotFound)):
            contracting.sign(cast.borrower, loan_id, consent=agreed, now=clock.now())
        assert verifying.by_number(found.number).finding is Finding.VOID


class _Broken:
    """A provider of signatures that fails first, and remembers what it did."""

    name = "broken"

    def __init__(self, inner: Signer, trouble: Exception | None, *, loses: bool = False) -> None:
        self._inner, self.trouble, self._loses = inner, trouble, loses
        self.kept: dict[UUID, Signed] = {}
        self.asked = self.looked = 0

    def sign(self, order: Order) -> Signed | None:
        self.asked += 1
        if self._loses:
            answer = self._inner.sign(order)
            assert answer is not None
            self.kept[order.id] = answer
        if self.trouble is not None:
            raise self.trouble
        return self._inner.sign(order)

    def find(self, order: Order) -> Signed | None:
        self.looked += 1
        if order.id not in self.kept:
            raise LookupError(order.operation_id)
        return self.kept[order.id]

    def roots(self) -> tuple[str, ...]:
        return self._inner.roots()


@contextmanager
def provider(trouble: Exception | None, *, loses: bool = False) -> Iterator[_Broken]:
    former = gateway.current()
    broken = _Broken(former, trouble, loses=loses)
    gateway.install(broken)
    try:
        yield broken
    finally:
        gateway.install(former)


class TestProviderTrouble:
    def test_one_that_was_not_reached_is_asked_again(
        self, loan_id: UUID, cast: build.Cast, hand: clock.Hand
    ) -> None:
        with provider(ProviderTrouble("down")) as broken:
            contracting.sign(cast.borrower, loan_id, consent=signature(loan_id), now=clock.now())
            signing.sweep()
            waits = queries.asking(contract(loan_id).id)
            broken.trouble = None
            hand.advance(minutes=5)
            signing.sweep()

        assert waits is not None
        assert (waits.state, waits.last_error) == ("planned", "down")
        assert contract(loan_id).state == "signed"
        assert (broken.asked, broken.looked) == (2, 0)

    def test_a_lost_answer_is_read_back_and_nothing_is_asked_twice(
        self, loan_id: UUID, cast: build.Cast, hand: clock.Hand
    ) -> None:
        with provider(ProviderTrouble("lost", unknown=True), loses=True) as broken:
            contracting.sign(cast.borrower, loan_id, consent=signature(loan_id), now=clock.now())
            signing.sweep()
            waits = queries.asking(contract(loan_id).id)
            hand.advance(minutes=5)
            signing.sweep()

        assert waits is not None
        assert waits.state == "unknown"
        assert contract(loan_id).state == "signed"
        assert (broken.asked, broken.looked) == (1, 1)

    def test_one_it_never_saw_is_asked_anew_after_reading_back(
        self, loan_id: UUID, cast: build.Cast, hand: clock.Hand, world: World
    ) -> None:
        with provider(ProviderTrouble("lost", unknown=True)) as broken:
            contracting.sign(cast.borrower, loan_id, consent=signature(loan_id), now=clock.now())
            signing.sweep()
            broken.trouble = None
            hand.advance(minutes=5)
            signing.sweep()
            world.deliver()

        assert contract(loan_id).state == "signed"
        assert (broken.asked, broken.looked) == (2, 1)

    def test_an_answer_that_proves_nothing_leaves_the_contract_unsigned(
        self, loan_id: UUID, cast: build.Cast
    ) -> None:
        class Forger(_Broken):
            def sign(self, order: Order) -> Signed | None:
                answer = self._inner.sign(order)
                assert answer is not None
                return replace(answer, document=order.document + b"%EOF")

        former = gateway.current()
        gateway.install(Forger(former, None))
        try:
            contracting.sign(cast.borrower, loan_id, consent=signature(loan_id), now=clock.now())
            signing.sweep()
        finally:
            gateway.install(former)

        found = contract(loan_id)
        waits = queries.asking(found.id)
        assert found.state == "signing"
        assert waits is not None
        assert (waits.state, waits.last_error) == ("unknown", "a seal does not hold")


class TestProving:
    def test_the_signed_file_is_valid_and_one_altered_byte_is_found(self, loan_id: UUID) -> None:
        papers.signed_by_borrower(loan_id)
        found = contract(loan_id)
        content = files.load(found.signed_key or "", shelf=files.PRIVATE)

        whole = verifying.verify(content)
        middle = len(content) // 2
        broken = verifying.verify(
            content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        )

        assert whole.finding is Finding.VALID
        assert len(whole.seals) == 5
        assert all(seal.holds for seal in whole.seals)
        assert broken.finding is Finding.ALTERED
        assert broken.contract is not None
        assert broken.contract.id == found.id

    def test_the_draft_is_not_signed_and_a_stranger_is_unknown(self, loan_id: UUID) -> None:
        draft = files.load(contract(loan_id).document_key, shelf=files.PRIVATE)

        assert verifying.verify(draft).finding is Finding.UNSIGNED
        assert verifying.verify(b"%PDF-1.4 something else").finding is Finding.UNKNOWN
        assert verifying.by_number("ct_nonsense").finding is Finding.UNKNOWN

    def test_the_evidence_proves_it_without_us(self, loan_id: UUID) -> None:
        papers.signed_by_borrower(loan_id)

        archive = zipfile.ZipFile(BytesIO(evidencing.archive(contract(loan_id))))

        names = archive.namelist()
        assert names[:4] == [
            "README.txt",
            "contract.pdf",
            "evidence.json",
            "certificates/authority.pem",
        ]
        assert len(names) == 4 + 5
        assert verifying.verify(archive.read("contract.pdf")).finding is Finding.VALID
        assert b'"how": "checkbox"' in archive.read("evidence.json")

    def test_the_operators_command_says_the_same(
        self, loan_id: UUID, world: World, tmp_path: Path
    ) -> None:
        papers.signed_by_borrower(loan_id)
        good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
        good.write_bytes(files.load(contract(loan_id).signed_key or "", shelf=files.PRIVATE))
        bad.write_bytes(good.read_bytes()[:-1] + b"x")

        run = world.app.test_cli_runner()
        valid = run.invoke(args=["contracts", "verify", str(good)])
        altered = run.invoke(args=["contracts", "verify", str(bad)])

        assert (valid.exit_code, altered.exit_code) == (0, 1)
        assert valid.output.startswith("valid: ct_")
        assert altered.output.startswith("altered: ct_")
