"""Every way of saying no, and who acts."""

from __future__ import annotations

import pytest

from marketplace.kernel.actors import ANONYMOUS, CLOCK, SETTLEMENT, Actor
from marketplace.kernel.errors import NotAllowed, ProviderTrouble, Refusal, Refused, refuse_if
from marketplace.kernel.ids import PersonId, new_id


def test_refusals_are_equal_by_what_they_say() -> None:
    assert Refusal("late", "amount", by=3) == Refusal("late", "amount", by=3)
    assert Refusal("late", by=3) != Refusal("late", by=4)
    assert Refusal("late") != "late"
    assert len({Refusal("late", by=3), Refusal("late", by=3)}) == 1
    assert "late" in repr(Refusal("late", "amount"))


def test_no_refusal_no_trouble() -> None:
    refuse_if([])


def test_one_refusal_is_raised_as_it_is() -> None:
    with pytest.raises(Refusal) as raised:
        refuse_if([Refusal("late")])
    assert raised.value == Refusal("late")
    assert not isinstance(raised.value, Refused)


def test_several_refusals_are_raised_together() -> None:
    several = [Refusal("late", "deadline"), Refusal("small", "goal")]
    with pytest.raises(Refused) as raised:
        refuse_if(several)
    assert raised.value.refusals == several
    assert raised.value.field == "deadline"


def test_trouble_with_the_provider_says_whether_its_effect_is_known() -> None:
    assert ProviderTrouble("no answer", unknown=True).unknown
    assert not ProviderTrouble("declined", code="card_declined").unknown


def test_an_actor_has_the_roles_it_was_given() -> None:
    person = Actor(PersonId(new_id()), frozenset({"backer", "moderator"}), "Ada")
    assert person.has("backer")
    assert person.has("admin", "moderator")
    assert not person.has("admin")
    assert person.is_person
    assert person.is_staff
    assert person.known() == person.person_id


@pytest.mark.parametrize("actor", [ANONYMOUS, CLOCK, SETTLEMENT])
def test_the_house_and_strangers_are_no_person(actor: Actor) -> None:
    assert not actor.is_person
    with pytest.raises(NotAllowed):
        actor.known()
