"""The house's own signatures: who signed, and that not a byte can be another one."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from marketplace.contracts.adapters.authority import Authority
from marketplace.contracts.adapters.builtin import BuiltInSigner
from marketplace.contracts.gateway import Order, Signed
from marketplace.contracts.seals import seals
from marketplace.kernel import clock
from tests.builders.signing import NOW, an_order


@pytest.fixture
def signer(tmp_path: Path) -> BuiltInSigner:
    return BuiltInSigner(Authority(tmp_path / "signing", "Kindling"))


def sealed(signer: BuiltInSigner, order: Order | None = None) -> Signed:
    with clock.frozen(NOW):
        found = signer.sign(order or an_order())
    assert found is not None
    return found


def test_each_party_is_named_by_a_certificate_of_their_own(signer: BuiltInSigner) -> None:
    found = seals(sealed(signer).document, signer.roots())

    assert [seal.name for seal in found] == ["Lena Żółć 1", "Lena Żółć 2", "陳大文", "Kindling"]
    assert {seal.contract for seal in found} == {"ct_1"}
    assert all(seal.holds for seal in found)
    assert len({signature.certificate for signature in sealed(signer).signatures}) == 4


def test_the_platform_seals_last_and_over_all(signer: BuiltInSigner) -> None:
    answer = sealed(signer)

    assert answer.document.startswith(an_order().document)
    assert seals(answer.document, signer.roots())[-1].name == "Kindling"


def test_every_altered_byte_is_found(signer: BuiltInSigner) -> None:
    whole = sealed(signer).document
    places = range(20, len(whole) - 20, len(whole) // 60)
    unnoticed = []
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 0x01
        found = seals(bytes(changed), signer.roots())
        if len(found) == 4 and all(seal.holds for seal in found):
            unnoticed.append(place)

    # The room that is kept for a signature is filled up with zeros that nobody reads: a file is
    # compared as a whole besides, by its digest.
    assert all(whole[place : place + 1] == b"0" for place in unnoticed)


def test_what_is_added_after_the_seal_breaks_it(signer: BuiltInSigner) -> None:
    added = sealed(signer).document + b"\n1 0 obj\n<</Type /Catalog>>\nendobj\n"

    assert not all(seal.holds for seal in seals(added, signer.roots()))


def test_another_authority_is_not_believed(signer: BuiltInSigner, tmp_path: Path) -> None:
    stranger = BuiltInSigner(Authority(tmp_path / "elsewhere", "Kindling"))

    found = seals(sealed(stranger).document, signer.roots())

    assert found
    assert not any(seal.holds for seal in found)


def test_a_consent_of_somebody_else_is_not_believed(signer: BuiltInSigner) -> None:
    whole = sealed(signer)
    lender = whole.signatures[0]
    other = whole.signatures[1]

    assert lender.value != other.value
    assert lender.certificate != other.certificate


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"\x00" * 500, b"%PDF-1.4\n%%EOF" * 40])
def test_what_is_no_document_of_anybody_holds_no_seal(signer: BuiltInSigner, junk: bytes) -> None:
    assert seals(junk, signer.roots()) == []


def test_the_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    first = Authority(tmp_path / "signing", "Kindling").root(NOW)
    second = Authority(tmp_path / "signing", "Kindling").root(NOW)
    place = tmp_path / "signing" / "authority.pem"

    assert first.certificate == second.certificate
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [each.name for each in place.parent.iterdir()] == ["authority.pem"]


def test_with_a_secret_the_key_is_kept_encrypted(tmp_path: Path) -> None:
    made = Authority(tmp_path, "Kindling", "a secret of the house").root(NOW)

    assert b"ENCRYPTED" in (tmp_path / "authority.pem").read_bytes()
    again = Authority(tmp_path, "Kindling", "a secret of the house").root(NOW)
    assert again.key.private_numbers() == made.key.private_numbers()
    with pytest.raises(ValueError, match=r"[Ii]ncorrect password"):
        Authority(tmp_path, "Kindling", "another").root(NOW)


def test_names_longer_than_a_certificate_holds_are_sealed_by_their_beginning(
    tmp_path: Path,
) -> None:
    signer = BuiltInSigner(Authority(tmp_path, "京都庭園保存会社" * 8))
    lender, *others, platform = an_order().parties
    named = [
        replace(lender, name="Константин Константинович Константинопольский"),
        *(replace(other, name="名" * 200) for other in others),
        replace(platform, name="京都庭園保存会社" * 8),
    ]

    found = seals(
        sealed(signer, replace(an_order(), parties=tuple(named))).document, signer.roots()
    )

    names = [seal.name for seal in found]
    assert names == [
        "Константин Константинович Констан",
        *("名" * 21, "名" * 21),
        ("京都庭園保存会社" * 8)[:21],
    ]
    assert all(seal.holds for seal in found)


def test_a_hundred_lenders_are_sealed_within_a_few_seconds(signer: BuiltInSigner) -> None:
    began = clock.monotonic()
    answer = sealed(signer, an_order(lenders=100))

    assert clock.monotonic() - began < 10  # 0.13 s on a free core
    assert len(seals(answer.document, signer.roots())) == 102
