"""What a moderator's decision about words does to them, and what an appeal takes back."""

from __future__ import annotations

from uuid import UUID

import pytest

from marketplace.campaigns.handlers import hidden
from marketplace.campaigns.queries import updates
from marketplace.campaigns.services import telling
from marketplace.community.queries import comments
from marketplace.community.rules import Kind
from marketplace.community.services import commenting
from marketplace.community.services.commenting import Subject
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.ids import new_id
from marketplace.moderation.events import DecisionEffective, DecisionOverturned
from tests.builders import campaigns as build
from tests.builders.identity import an_actor

pytestmark = pytest.mark.usefixtures("app")


def decide(moderator: Actor, kind: str, subject_id: UUID, code: str = "insult") -> None:
    """The decision has its effect, told twice as events may be."""
    facts = (new_id(), new_id(), "report", kind, subject_id, "hide", code, "", moderator.known())
    for _ in range(2):
        hidden.carry_out(DecisionEffective(*facts))


def overturn(moderator: Actor, kind: str, subject_id: UUID) -> None:
    hidden.take_back(DecisionOverturned(new_id(), kind, subject_id, "hide", "", moderator.known()))


@pytest.mark.parametrize(("code", "shown"), [("insult", "insult"), ("fraud", "unlawful")])
def test_a_comment_is_hidden_and_shown_again(code: str, shown: str) -> None:
    moderator, made = an_actor("Mo", role="moderator"), build.a_live_campaign()
    said = commenting.post(
        an_actor(),
        Subject("campaign", made),
        Kind.QUESTION,
        body="You there!",
        form_key="k",
        now=clock.now(),
    )

    decide(moderator, "comment", said, code)
    assert comments.comment(said).hidden_code == shown
    db.session.rollback()
    overturn(moderator, "comment", said)

    assert comments.comment(said).body == "You there!"


def test_an_update_is_hidden_and_shown_again_by_moderators_only() -> None:
    moderator, sponsor = an_actor("Mo", role="moderator"), an_actor()
    made = build.a_live_campaign(sponsor)
    update = telling.post_update(
        sponsor, made, title="News", body="<p>x</p>", form_key="k", now=clock.now()
    )
    with pytest.raises(NotAllowed):
        telling.hide_update(sponsor, update, clock.now())

    decide(moderator, "update", update)
    assert updates.told(made, clock.now()) == []
    db.session.rollback()
    overturn(moderator, "update", update)

    assert [row.title for row in updates.told(made, clock.now())] == ["News"]
