"""The kinds of money that is held for people, and the SQL that finds each of them.

One row for each thing that can be decided: a campaign's pledges, what is held back of them, what
is due to a sponsor or a borrower, a loan's parts, one wallet, one refund on its way. `leave_by` is
that of the oldest payment in it, and `leaving_minor` what of it must leave then: of pledges, parts
and wallets only what is as old, of what would be undone as a whole all of it.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from marketplace.loans.queries import wallet_age


class HeldAs(StrEnum):
    """What somebody's money is held as, and what its subject is."""

    CAMPAIGN = "campaign"  # paid pledges of a campaign that is not decided; subject: the campaign
    PAYOUT = "payout"  # released, and not with the sponsor; the campaign
    HOLDBACK = "holdback"  # of a funded campaign, until it was inspected; the campaign
    LOAN = "loan"  # paid parts of a loan that is not full; the loan
    DISBURSEMENT = "disbursement"  # lent, and not with the borrower; the loan
    WALLET = "wallet"  # the person whose it is
    REFUND = "refund"  # on its way back; the refund's instruction
    REPAYMENT = "repayment"  # paid by a borrower and not shared yet; the receipt
    STRANDED = "stranded"  # nobody could be found to take it; the person whose it is


PREFIXES: Final = {
    HeldAs.CAMPAIGN: "cmp",
    HeldAs.PAYOUT: "cmp",
    HeldAs.HOLDBACK: "cmp",
    HeldAs.LOAN: "ln",
    HeldAs.DISBURSEMENT: "ln",
    HeldAs.WALLET: "per",
    HeldAs.REFUND: "ins",
    HeldAs.REPAYMENT: "rcp",
    HeldAs.STRANDED: "per",
}


SELECTS: Final = {
    HeldAs.CAMPAIGN: """
        SELECT 'campaign', p.campaign_id, c.sponsor_id, p.currency,
            sum(p.amount_minor)::bigint, count(*),
            (min(i.finished_at) AT TIME ZONE 'UTC')::date, i.leave_by
        FROM pledge p JOIN campaign c ON c.id = p.campaign_id
        JOIN escrow_instruction i ON i.id = p.checkout_id
        WHERE p.state = 'held' GROUP BY p.campaign_id, c.sponsor_id, p.currency, i.leave_by
    """,
    HeldAs.PAYOUT: """
        SELECT 'payout', c.id, c.sponsor_id, a.currency,
            min(b.credits_posted - b.debits_posted), count(*),
            (min(i.finished_at) AT TIME ZONE 'UTC')::date, min(i.leave_by)
        FROM ledger_account a
        JOIN ledger_balance b ON b.account_id = a.id AND b.credits_posted > b.debits_posted
        JOIN campaign c ON c.id = a.owner_id
        JOIN pledge p ON p.campaign_id = c.id AND p.state = 'released'
        JOIN escrow_instruction i ON i.id = p.checkout_id
        WHERE a.kind = 'sponsor:payable' GROUP BY c.id, c.sponsor_id, a.currency
    """,
    HeldAs.HOLDBACK: """
        SELECT 'holdback', part.campaign_id, c.sponsor_id, part.currency,
            sum(part.amount_minor)::bigint, count(DISTINCT part.pledge_id),
            (min(i.finished_at) AT TIME ZONE 'UTC')::date, i.leave_by
        FROM pledge_part part JOIN campaign c ON c.id = part.campaign_id
        JOIN pledge p ON p.id = part.pledge_id
        JOIN escrow_instruction i ON i.id = p.checkout_id
        WHERE part.state = 'held'
        GROUP BY part.campaign_id, c.sponsor_id, part.currency, i.leave_by
    """,
    HeldAs.LOAN: """
        SELECT 'loan', l.id, l.borrower_id, c.currency, sum(c.amount_minor)::bigint, count(*),
            min(coalesce((i.finished_at AT TIME ZONE 'UTC')::date,
                c.leave_by - %(usable_days)s::int)),
            coalesce(c.leave_by, i.leave_by)
        FROM commitment c JOIN loan l ON l.id = c.loan_id
        LEFT JOIN escrow_instruction i ON i.id = c.instruction_id
        WHERE c.state IN ('in_reflection', 'reserved')
        GROUP BY l.id, l.borrower_id, c.currency, coalesce(c.leave_by, i.leave_by)
    """,
    HeldAs.DISBURSEMENT: """
        SELECT 'disbursement', l.id, l.borrower_id, a.currency,
            min(b.credits_posted - b.debits_posted), count(*),
            min(coalesce((i.finished_at AT TIME ZONE 'UTC')::date,
                c.leave_by - %(usable_days)s::int)),
            min(coalesce(c.leave_by, i.leave_by))
        FROM ledger_account a
        JOIN ledger_balance b ON b.account_id = a.id AND b.credits_posted > b.debits_posted
        JOIN loan l ON l.id = a.owner_id
        JOIN commitment c ON c.loan_id = l.id AND c.state = 'converted'
        LEFT JOIN escrow_instruction i ON i.id = c.instruction_id
        WHERE a.kind = 'borrower:payable' GROUP BY l.id, l.borrower_id, a.currency
    """,
    HeldAs.WALLET: f"""
        SELECT 'wallet', person_id, person_id, currency, sum(amount_minor)::bigint, count(*),
            min(paid_on), leave_by
        FROM ({wallet_age.LOTS}) AS lot GROUP BY person_id, currency, leave_by
    """,  # noqa: S608 - our own constant
    # What goes back out of a wallet is in it until it has gone: it is not counted twice. The states
    # are written as the indexes of what is planned and of what is under way have them.
    HeldAs.REFUND: """
        SELECT 'refund', r.id, i.person_id, r.currency, r.amount_minor, 1,
            (i.finished_at AT TIME ZONE 'UTC')::date, i.leave_by
        FROM escrow_instruction r JOIN escrow_instruction i ON i.id = r.of_id
        WHERE r.kind = 'refund' AND (r.state = 'planned' OR r.state IN ('sent', 'unknown'))
            AND r.purpose <> 'wallet_return'
    """,
    HeldAs.REPAYMENT: """
        SELECT 'repayment', r.id, l.borrower_id, r.currency, r.amount_minor, 1,
            (r.received_at AT TIME ZONE 'UTC')::date,
            coalesce(i.leave_by, r.leave_by,
                (r.received_at AT TIME ZONE 'UTC')::date + %(usable_days)s::int)
        FROM receipt_waiting JOIN receipt r USING (loan_id, sequence)
        JOIN loan l ON l.id = loan_id
        LEFT JOIN escrow_instruction i ON i.id = r.instruction_id
        WHERE r.amount_minor > 0
    """,
    HeldAs.STRANDED: """
        SELECT 'stranded', person_id, person_id, currency, sum(amount_minor)::bigint, count(*),
            (min(stranded_at) AT TIME ZONE 'UTC')::date, min(leave_by)
        FROM holding_stranded WHERE ended_at IS NULL GROUP BY person_id, currency
    """,
}


def union(kinds: Collection[HeldAs]) -> str:
    """Return the SQL that finds what is held as one of `kinds`, in parentheses, named `held`."""
    return f"""(
        SELECT {_SUBJECT}, sum(amount_minor)::bigint AS amount_minor,
            (array_agg(amount_minor ORDER BY leave_by))[1] AS leaving_minor,
            sum(payments)::bigint AS payments, min(paid_on) AS paid_on, min(leave_by) AS leave_by
        FROM {by_day(kinds)} GROUP BY {_SUBJECT}
    ) AS held"""  # noqa: S608 - our own constants


def by_day(kinds: Collection[HeldAs]) -> str:
    """Return the same with a row for each last day of a thing, named `piece`."""
    parts = " UNION ALL ".join(SELECTS[kind] for kind in HeldAs if kind in kinds)
    return f"({parts}) AS piece ({_SUBJECT}, amount_minor, payments, paid_on, leave_by)"


_SUBJECT: Final = "kind, subject_id, person_id, currency"
