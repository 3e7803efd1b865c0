"""A small town: somebody in every role, and something in every state they can look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from marketplace.campaigns.services import moderating, telling
from marketplace.identity.queries import PersonRow
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.days import add_months
from tests.builders import campaigns, loans
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import (
    a_finance_officer,
    a_first_reviewer,
    a_moderator,
    a_person,
    a_second_reviewer,
    an_admin,
)


@dataclass
class Town:
    """Who lives here."""

    sponsor: PersonRow = field(default_factory=lambda: a_person("Sponsor Sol"))
    backer: PersonRow = field(default_factory=lambda: a_person("Backer Bo"))
    borrower: PersonRow = field(default_factory=lambda: a_person("Bea Borrower"))
    lender: PersonRow = field(default_factory=lambda: a_person("Lena Lender"))
    newcomer: PersonRow = field(default_factory=lambda: a_person("Newt Newcomer"))
    moderator: PersonRow = field(default_factory=a_moderator)
    first_reviewer: PersonRow = field(default_factory=a_first_reviewer)
    second_reviewer: PersonRow = field(default_factory=a_second_reviewer)
    finance_officer: PersonRow = field(default_factory=a_finance_officer)
    admin: PersonRow = field(default_factory=an_admin)

    @property
    def people(self) -> dict[str, PersonRow]:
        """Everybody, by the role they are here for."""
        return dict(self.__dict__)


def a_town(world: World, hand: clock.Hand) -> Town:
    """Let everybody do what they came for: some is over, some under way, some waits for staff."""
    town = Town()
    a_top_up(campaigns.euros(200))  # the provider keeps its fees of what is given back
    _loans(world, hand, town)
    _campaigns(world, town)
    return town


def _campaigns(world: World, town: Town) -> None:
    sponsor, backer = town.sponsor.as_actor(), town.backer.as_actor()
    tiers = [campaigns.a_tier("25", quantity=5), campaigns.a_tier("60", title="Two lamps")]
    live = campaigns.a_live_campaign(sponsor, tiers=tiers)
    first = campaigns.reward_ids(live)[0]
    campaigns.pledged(world, live, "25", backer=backer, reward_id=first)
    campaigns.place(live, "40", backer=backer)
    telling.post_update(
        sponsor,
        live,
        title="The kiln is lit",
        body="<p>It burned all night.</p>",
        form_key=campaigns.form_key(),
        now=clock.now(),
    )
    campaigns.a_draft(sponsor, title="A draft of a lamp")
    waiting = campaigns.a_draft(sponsor, title="A lamp that waits", tiers=tiers)
    campaigns.submitted(waiting, sponsor)
    returned = campaigns.submitted(campaigns.a_draft(sponsor, title="A lamp returned"), sponsor)
    moderating.give_back(
        town.moderator.as_actor(), returned, reason="Say how it is made.", now=clock.now()
    )


def _loans(world: World, hand: clock.Hand, town: Town) -> None:
    lender, borrower = town.lender.as_actor(), town.borrower.as_actor()
    cast = loans.Cast(borrower, town.first_reviewer.as_actor(), town.second_reviewer.as_actor())
    running = loans.a_running_loan(world, hand, cast, parts=[(lender, "600"), (lender, "400")])
    first_due = loans.schedule(running)[0].due_on
    loans.until_day(world, hand, first_due - timedelta(days=1))
    loans.pay_next_bill(world, cast, running)
    loans.topped_up(world, lender, "300")  # late enough to be lent: it may not stay for ever
    loans.until_day(world, hand, add_months(first_due, 1) - timedelta(days=2))  # the next is billed
    loans.an_offered(cast, loans.a_request(title="A shelf for the pots"))
    loans.a_draft(borrower, loans.a_request(title="A door"))
    _requests_of_others(world, lender, cast)


def _requests_of_others(world: World, lender: Actor, cast: loans.Cast) -> None:
    def neighbours() -> loans.Cast:
        return loans.Cast(first=cast.first, second=cast.second)

    listed = loans.a_listed_loan(neighbours(), loans.a_request(title="A wheel for the pottery"))
    loans.lent(world, listed, "100", lender)
    loans.commit(listed, "50", lender)
    loans.commit(listed, "70", lender, source="wallet")
    loans.passed(
        loans.a_submitted(neighbours().borrower, loans.a_request(title="A roof")), cast.first
    )
    loans.a_submitted(neighbours().borrower, loans.a_request(title="A van"))
