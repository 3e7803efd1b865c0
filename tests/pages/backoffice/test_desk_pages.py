"""Every page of the finance desk: who may see it, what it costs, what strange input does."""

from __future__ import annotations

import pytest

from tests.builders.identity import a_moderator, a_person, an_admin, signed_in
from tests.page_client import PageClient

PAGES = (
    "/staff/finance",
    "/staff/finance/settlement",
    "/staff/finance/dead-letters",
    "/staff/finance/instructions",
    "/staff/finance/deliveries",
    "/staff/finance/payouts",
    "/staff/finance/overdue",
    "/staff/finance/jobs",
    "/staff/finance/reconciliation",
    "/staff/finance/reconciliation/prove",
    "/staff/ledger",
    "/staff/ledger/journals",
    "/staff/ledger/search",
)


@pytest.mark.parametrize("path", PAGES)
class TestWhoMaySee:
    def test_a_visitor_signs_in_first(self, visitor: PageClient, path: str) -> None:
        assert visitor.get(path, status=303).location.startswith("/sign-in?next=/staff/")

    def test_members_are_turned_away(self, visitor: PageClient, path: str) -> None:
        signed_in(visitor, a_person()).get(path, status=403)

    def test_other_staff_are_turned_away(self, visitor: PageClient, path: str) -> None:
        signed_in(visitor, a_moderator()).get(path, status=403)

    def test_finance_officers_see_it_on_an_empty_site(self, officer: PageClient, path: str) -> None:
        assert officer.get(path).h1

    def test_administrators_see_it(self, visitor: PageClient, path: str) -> None:
        signed_in(visitor, an_admin()).get(path)
