"""A random life on the site: who lives it, and how time passes. What people do is in `acts`."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from marketplace.escrow.jobs import sweep
from marketplace.escrow.reconcile import reconcile
from marketplace.escrow.services import dispatching, payees
from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Trouble
from marketplace.kernel.ids import InstructionId
from marketplace.kernel.money import Money
from marketplace.loans.services import acknowledging
from marketplace.settlement import runner
from marketplace.simulator.refusals import Denied
from tests.builders import contracts
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.chaos.ageing import grow_older

CURRENCIES: Final = ("EUR", "USD", "JPY")
LENT_IN: Final = ("EUR", "USD")  # there is no loan in yen
QUIET_DAYS_MAX: Final = 150
RESERVE: Final = 20_000

GOOD_BANK, CLOSED_BANK, RETURNING_BANK = "1000000001", "1000000002", "1000000003"
_BANKS: Final = (GOOD_BANK,) * 6 + (CLOSED_BANK, RETURNING_BANK)
# What a card does: paid, refunds that fail or come back, disputes lost and won, refused.
_CARDS: Final = {
    "4242424242424242": 66,
    "4000002760003184": 4,
    "4000000000005126": 6,
    "4000000000007726": 6,
    "4000000000000259": 4,
    "4000000000002685": 4,
    "4000000000000002": 5,
    "wallet": 5,
}

Act = Callable[["Life"], None]


class NothingToDo(Exception):
    """There is nothing it could be done to just now."""


@dataclass
class Folk:
    """The people of one life."""

    sponsors: list[Actor]
    backers: list[Actor]
    lenders: list[Actor]
    borrowers: list[Actor]
    moderator: Actor
    first: Actor
    second: Actor
    finance: Actor

    @classmethod
    def gathered(cls) -> Folk:
        """Return a small town, whose lenders know the risk."""
        lenders = [an_actor(f"Lender {n}") for n in range(8)]
        for lender in lenders:
            acknowledging.acknowledge(lender, now=clock.now())
        return cls(
            [an_actor(f"Sponsor {n}") for n in range(4)],
            [an_actor(f"Backer {n}") for n in range(12)],
            lenders,
            [an_actor(f"Borrower {n}") for n in range(6)],
            an_actor("Mo Derator", role="moderator"),
            an_actor("Fiona First", role="first_reviewer"),
            an_actor("Seth Second", role="second_reviewer"),
            an_actor("Flo Finance", role="finance_officer"),
        )

    @property
    def payable(self) -> tuple[Actor, ...]:
        """Return those who are paid sometimes."""
        return (*self.sponsors, *self.lenders, *self.borrowers)

    def borrower(self, person_id: UUID) -> Actor:
        """Return the borrower with this id."""
        return next(one for one in self.borrowers if one.known() == person_id)


@dataclass
class Life:
    """One seeded life: the world, its people, and what has been done so far."""

    world: World
    hand: clock.Hand
    dice: random.Random
    folk: Folk
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    forms: int = 0

    @property
    def operations(self) -> int:
        """How much was tried."""
        return sum(self.done.values()) + sum(self.refused.values())

    def form_key(self) -> str:
        """Return the key of a form nobody has sent before."""
        self.forms += 1
        return f"life-{self.forms}"

    def money(self, low: int, high: int, currency: str) -> Money:
        """Return some amount, cents included; of yen a hundred times as many."""
        return Money(self.dice.randint(low * 100, high * 100), currency)

    def live(self, acts: Mapping[str, tuple[int, Act]]) -> None:
        """Let one thing happen, and a little time pass."""
        while not self._try(acts):
            db.session.rollback()
        db.session.rollback()
        self.hand.advance(minutes=self.dice.randint(0, 50), seconds=self.dice.randint(0, 59))
        if self.dice.random() < 0.5:
            self.deliver()

    def _try(self, acts: Mapping[str, tuple[int, Act]]) -> bool:
        name = self.dice.choices(list(acts), [weight for weight, _act in acts.values()])[0]
        try:
            acts[name][1](self)
        except NothingToDo:
            return False
        except (Trouble, Denied) as trouble:  # refused with a reason: nothing has happened
            code = getattr(trouble, "code", "")
            self.refused[f"{name}: {code or type(trouble).__name__}"] += 1
        else:
            self.done[name] += 1
        return True

    def deliver(self) -> None:
        """The bank's notices arrive, and all waiting jobs are done."""
        try:
            self.world.deliver()
        except Exception as error:  # noqa: BLE001 - a job that breaks is a finding, not the end
            db.session.rollback()
            self.broken.append(f"after {self.operations} operations: {error!r}"[:400])

    def pass_days(self, days: int = 1) -> None:
        """Let days pass as the timetable would live them."""
        for _ in range(days):
            self.hand.advance(days=1)
            grow_older(timedelta(days=1))
            self._errands()
            self.deliver()
            self.release()
            self.deliver()

    def release(self) -> None:
        """Borrowers sign the contracts that wait, two officers approve what nothing is missing of.

        Whose account is in another name, or who may not be paid just now, waits.
        """
        for act in (contracts.sign_all, contracts.approve_all):
            with suppress(Trouble):
                act()
            db.session.rollback()

    def until_quiet(self, most: int = QUIET_DAYS_MAX) -> int:
        """Let days pass until nothing is under way; returns how many, `most` at the most."""
        waiting = self.put_in_order(self.folk.payable)
        for day in range(most):
            self.pass_days()
            waiting = self.put_in_order(waiting)
            if self.is_quiet():
                return day + 1
        return most

    def is_quiet(self) -> bool:
        """Whether nothing is under way; then the last differences are told too."""
        if self.is_under_way():
            return False
        reconcile()
        self.deliver()
        return True

    def is_under_way(self) -> bool:
        """Whether any order to the provider has no end yet."""
        found = column("SELECT 1 FROM escrow_instruction WHERE finished_at IS NULL LIMIT 1")
        db.session.rollback()
        return bool(found)

    def put_in_order(self, people: Sequence[Actor]) -> list[Actor]:
        """Everybody names a bank account that takes money: who is not ready is not paid.

        Returns those whom the provider did not answer: they come again another day.
        """
        unanswered = []
        for person in people:
            try:
                self.onboard(person, GOOD_BANK)
            except Trouble:
                unanswered.append(person)
            db.session.rollback()
        return unanswered

    def pay(self, checkout_id: InstructionId) -> None:
        """Go to the provider's page and pay with some card."""
        ref = dispatching.dispatch(checkout_id).provider_ref
        if ref is not None:
            card = self.dice.choices(list(_CARDS), list(_CARDS.values()))[0]
            self.world.teller.pay(ref, card)

    def onboard(self, person: Actor, number: str | None = None) -> None:
        """Set up payouts to some bank account, good or not."""
        payees.start_onboarding(person.known(), "/account/payouts")
        ref = payees.payee(person.known()).provider_ref
        db.session.rollback()
        if ref is not None:
            self.world.teller.onboard(ref, number or self.dice.choice(_BANKS))

    def at_the_bank(self, sql: Any) -> Any:
        """Return one of the bank's things, by chance."""
        with self.world.bank.work() as work:
            found = work.rows(sql)
        return self.chosen(found)["id"]

    def one_of(self, sql: str, *params: Any) -> Any:
        """Return one of the site's things, by chance."""
        found = column(sql, params)
        db.session.rollback()
        return self.chosen(found)

    def chosen(self, found: Sequence[Any]) -> Any:
        """Return one of `found`, by chance; `NothingToDo` without any."""
        if not found:
            raise NothingToDo
        return self.dice.choice(found)

    def _errands(self) -> None:
        for errand in (lambda: runner.run(clock.now()), sweep):
            try:
                errand()
            except Exception as error:  # noqa: BLE001 - a job that breaks is a finding
                db.session.rollback()
                self.broken.append(f"after {self.operations} operations: {error!r}"[:400])


def begin(world: World, hand: clock.Hand, dice: random.Random) -> Life:
    """Begin a life: everybody is there, the reserve is filled, some can be paid."""
    life = Life(world, hand, dice, Folk.gathered())
    for currency in CURRENCIES:
        a_top_up(Money(RESERVE * 100, currency))
    for person in life.folk.payable:
        life.onboard(person)
    life.deliver()
    return life
