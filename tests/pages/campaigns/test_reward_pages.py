"""The sponsor's pages of rewards: writing, contents, sending, order, secret links."""

from __future__ import annotations

from uuid import UUID

from marketplace.campaigns.queries import rewards
from marketplace.identity.queries import PersonRow
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.identity import a_person, an_actor
from tests.pages.campaigns.conftest import Enter, Reader


def path(made: UUID, tail: str = "") -> str:
    return f"/my/campaigns/{public_id('cmp', made)}/rewards{tail}"


def of(made: UUID) -> list[rewards.RewardRow]:
    found = rewards.of_campaign(made)
    db.session.rollback()
    return found


def test_a_reward_is_written_with_kind_limit_window_and_place(
    reader: Reader, sponsor: PersonRow
) -> None:
    made = build.a_draft(sponsor.as_actor(), tiers=[build.a_tier("40", title="Two lamps")])
    form = reader.get(path(made, "/new"))

    listed = reader.follow(
        reader.send(
            form,
            "/rewards/new",
            title="Early lamp",
            price="25",
            kind="physical",
            per_person="2",
            opens_at="2026-03-03T10:00",
            closes_at="2026-03-09T10:00",
        )
    )

    assert "from 3 Mar 2026" in listed.plain
    early = of(made)[0]
    assert (early.title, early.per_person, early.kind) == ("Early lamp", 2, "physical")
    assert early.closes_at is not None
    fields = reader.get(path(made, f"/{public_id('rwd', early.id)}")).form("/rewards/").fields
    assert (fields["opens_at"], fields["per_person"]) == ("2026-03-03T10:00", "2")

    reader.send(listed, f"/{public_id('rwd', early.id)}/later", status=303)
    assert [row.title for row in of(made)] == ["Two lamps", "Early lamp"]


def test_a_reward_cannot_be_cheaper_than_sending_it(reader: Reader, sponsor: PersonRow) -> None:
    made = build.a_draft(sponsor.as_actor(), tiers=[build.a_tier("25")])
    tail = f"/{public_id('rwd', of(made)[0].id)}/shipping"
    page = reader.get(path(made, tail))
    assert "Sending is included everywhere" in page.text

    refused = reader.send(page, tail, status=422, zone="DE", cost="25.01")
    assert refused.errors[0].replace("\xa0", " ").startswith("The reward costs EUR 25.00.")
    assert refused.form(tail).fields["cost"] == "25.01"
    assert reader.send(page, tail, status=422, zone="XX", cost="1").errors == [
        "Choose a country or a region from the list."
    ]

    shown = reader.follow(reader.send(page, tail, zone="DE", cost="0"))
    shown = reader.follow(reader.send(shown, tail, zone="EU", cost="7.50"))
    assert "Germany EUR 0.00" in shown.plain
    assert "free to EUR 7.50; only to Germany, European Union" in reader.get(path(made)).plain

    shown = reader.follow(reader.send(shown, "/shipping/remove/EU"))
    assert "European Union EUR" not in shown.plain


def test_what_is_in_a_reward_is_listed_with_its_choices(reader: Reader, sponsor: PersonRow) -> None:
    made = build.a_draft(sponsor.as_actor(), tiers=[build.a_tier("25")])
    tail = f"/{public_id('rwd', of(made)[0].id)}/items"
    page = reader.get(path(made, tail))

    for options, sentence in (
        ("red, blue", "Begin each line with what is chosen"),
        ("Colour: red", "Name at least two different choices after “Colour:”"),
    ):
        refused = reader.send(page, tail, status=422, title="Lamp", options=options)
        assert refused.errors[0].startswith(sentence)
    shown = reader.follow(
        reader.send(page, tail, title="Lamp", quantity="2", options="Colour: red, blue")
    )

    assert "Colour: red, blue" in shown.plain
    assert "2 × Lamp (you choose: colour)" in reader.get(path(made)).plain
    shown = reader.follow(reader.send(shown, "/items/itm"))
    assert "Nothing is listed yet." in shown.text


def test_a_reward_behind_a_link_is_seen_by_whoever_has_it(
    enter: Enter, reader: Reader, sponsor: PersonRow
) -> None:
    made = build.a_live_campaign(
        sponsor.as_actor(), tiers=[build.a_tier("25", title="For friends")]
    )
    reward = public_id("rwd", of(made)[0].id)

    told = reader.send(reader.get(path(made)), f"/{reward}/hide", status=200)
    link = next(word for word in told.text.split() if "/for/" in word)

    visitor = enter(a_person("Vis Itor"))
    assert "For friends" not in visitor.get(f"/projects/{public_id('cmp', made)}/rewards").text
    local = link[link.index("/projects/") :]
    assert "For friends" in visitor.get(local).text
    visitor.get(local[:-1], status=404)

    reader.send(reader.get(path(made)), f"/{reward}/show", status=303)
    assert "For friends" in visitor.get(f"/projects/{public_id('cmp', made)}/rewards").text
    visitor.get(local, status=404)


def test_what_was_pledged_for_stays_and_is_withdrawn(reader: Reader, sponsor: PersonRow) -> None:
    made = build.a_live_campaign(sponsor.as_actor(), tiers=[build.a_tier("25", 5)])
    reward = of(made)[0].id
    build.place(made, "25", backer=an_actor("Backer Bo"), reward_id=reward)
    form = reader.get(path(made, f"/{public_id('rwd', reward)}"))
    assert "Somebody has pledged for this reward" in form.text

    for part in ("/items", "/shipping"):
        kept = reader.get(path(made, f"/{public_id('rwd', reward)}{part}"))
        assert "stays as it was told" in kept.text
        assert part not in "".join(each.action for each in kept.forms)

    refused = reader.send(form, "/rewards/", status=422, price="30")
    assert refused.errors[0].startswith("Somebody has pledged for this reward")
    reader.send(form, "/rewards/", status=303, quantity="9")
    assert of(made)[0].quantity == 9

    listed = reader.follow(reader.send(reader.get(path(made)), "/remove"))
    assert "offered no more" in listed.plain


def test_somebody_elses_rewards_are_not_found(reader: Reader) -> None:
    other: Actor = an_actor("Other Ola")
    made = build.a_draft(other, tiers=[build.a_tier("25")])
    reward = public_id("rwd", of(made)[0].id)

    for tail in ("", "/new", f"/{reward}", f"/{reward}/items", f"/{reward}/shipping"):
        reader.get(path(made, tail), status=404)
