"""While the provider is down, pages keep reading and taking intents; afterwards people go on."""

from __future__ import annotations

from uuid import UUID

import pytest

from marketplace.escrow import gateway
from marketplace.escrow.adapters.paced import PacedGateway
from marketplace.escrow.states import Kind
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel.errors import ProviderTrouble
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_person
from tests.page_client import Page
from tests.pages.campaigns.conftest import Enter, Reader
from tests.pages.campaigns.test_pledge import choose


@pytest.fixture
def bank_is_down(world: World) -> World:
    """A running site has found out that its provider does not answer."""
    gateway.install(PacedGateway(gateway.current()))
    world.wire.trouble = ["lost"] * 5
    for number in range(5):
        with pytest.raises(ProviderTrouble):
            gateway.current().find(tuple(Kind)[number], "ins_x")
    reopen_in("1 hour")  # a test may take longer than the first pause
    world.wire.calls.clear()
    return world


@command
def reopen_in(pause: str) -> None:
    execute(
        "UPDATE escrow_pace SET closed_until = clock_timestamp() + %s::interval"
        " WHERE closed_until IS NOT NULL",
        (pause,),
    )


def states() -> list[str]:
    found = scalar("SELECT array_agg(state ORDER BY id) FROM escrow_instruction")
    db.session.rollback()
    return list(found or [])


def confirmed(backer: Reader, made: UUID) -> Page:
    return backer.send(choose(backer, made), "/pledge/check", status=202)


def test_a_pledge_is_kept_and_paid_when_the_provider_is_back(
    bank_is_down: World, enter: Enter
) -> None:
    backer, made = enter(a_person("Backer Bo")), build.a_live_campaign()

    silent = confirmed(backer, made)
    while_down = list(bank_is_down.wire.calls)
    kept = states()
    reopen_in("0 seconds")
    sent = backer.send(silent, "/pay")

    assert silent.h1 == "You have not been charged"
    assert "and so is your reward. Try again in a minute" in silent.text
    assert (while_down, kept) == ([], ["planned"])
    assert sent.location.startswith("http://bank.test/")
    assert states() == ["sent"]


def test_what_was_open_to_read_stays_so(bank_is_down: World, enter: Enter) -> None:
    backer, made = enter(a_person("Backer Bo")), build.a_live_campaign()
    confirmed(backer, made)

    for address in ("/", f"/projects/{public_id('cmp', made)}", "/my/pledges"):
        assert backer.get(address).h1

    assert bank_is_down.wire.calls == []
