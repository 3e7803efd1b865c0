"""Plausible figures for the style guide: timelines, schedules, points of plots, payouts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from marketplace.kernel.money import Money
from marketplace.web.whereabouts import Whereabouts


def eur(units: str) -> Money:
    """Return euros."""
    return Money.of(units, "EUR")


def pledge_timeline() -> list[dict[str, Any]]:
    """Return where one pledge's money is."""
    return [
        {
            "title": "You pledged and paid",
            "at": datetime(2026, 11, 3, 18, 22, tzinfo=UTC),
            "amount": eur("45"),
            "ref": "ch_3PqX81Lk2n",
            "state": "done",
        },
        {
            "title": "Held by the provider for this project",
            "at": datetime(2026, 11, 3, 18, 23, tzinfo=UTC),
            "body": "Nobody can spend it until the last day of the campaign.",
            "state": "now",
        },
        {
            "title": "The campaign ends",
            "on": date(2026, 11, 30),
            "body": "Goal reached: released to the sponsor. Missed: EUR 45.00 goes back to you.",
            "state": "next",
        },
        {"title": "The ferry log is delivered", "on": "April 2027", "state": "next"},
    ]


def pledge_whereabouts() -> Whereabouts:
    """Return where one pledge's money is now."""
    return Whereabouts(
        eur("45"),
        "Held by Stripe",
        "The campaign is decided: released to the sponsor, or back to you",
        since=datetime(2026, 11, 3, 18, 22, tzinfo=UTC),
        ref="ch_3PqX81Lk2n",
        leave_by=date(2027, 1, 25),
        at=datetime(2026, 11, 30, 22, 0, tzinfo=UTC),
        reversals=(
            "You can take the pledge back until 30 Nov 2026.",
            "If the goal is missed, all of it comes back to you.",
            "You can dispute the payment with your bank; please write to us first.",
        ),
    )


def bad_timeline() -> list[dict[str, Any]]:
    """Return a trail with something to mend."""
    return [
        {
            "title": "Bill 7 of 36 fell due",
            "on": date(2026, 11, 1),
            "amount": eur("550.87"),
            "state": "done",
        },
        {
            "title": "Your bank refused the payment",
            "at": datetime(2026, 11, 2, 6, 0, tzinfo=UTC),
            "body": "Nothing was taken. Pay by 15 Nov 2026 and no late interest is added.",
            "href": "#",
            "link_label": "Pay EUR 550.87 now",
            "state": "bad",
        },
        {
            "title": "Bill 8 of 36",
            "on": date(2026, 12, 1),
            "amount": eur("550.87"),
            "state": "next",
        },
    ]


def schedule() -> list[dict[str, Any]]:
    """Return the first rows of a repayment schedule."""
    figures = (
        ("888.49", "788.49", "100.00", "9211.51"),
        ("888.49", "796.37", "92.12", "8415.14"),
        ("888.49", "804.34", "84.15", "7610.80"),
        ("888.49", "812.38", "76.11", "6798.42"),
        ("888.49", "820.51", "67.98", "5977.91"),
        ("888.49", "828.71", "59.78", "5149.20"),
        ("888.49", "837.00", "51.49", "4312.20"),
        ("888.49", "845.37", "43.12", "3466.83"),
        ("888.49", "853.82", "34.67", "2613.01"),
        ("888.49", "862.36", "26.13", "1750.65"),
        ("888.49", "870.98", "17.51", "879.67"),
        ("888.47", "879.67", "8.80", "0"),
    )
    states = [("Paid", "good")] * 4 + [("Due 5 Dec", "info")]
    return [
        {
            "n": n,
            "due": date(2026 + (n + 6) // 12, (n + 6) % 12 + 1, 5),
            "total": eur(total),
            "principal": eur(principal),
            "interest": eur(interest),
            "outstanding": eur(left),
            "status": dict(zip(("label", "tone"), states[n - 1], strict=True))
            if n <= len(states)
            else None,
            "now": n == 5,
        }
        for n, (total, principal, interest, left) in enumerate(figures, start=1)
    ]


_MONTHS = ("Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov")


def repayment_points() -> list[dict[str, Any]]:
    """Return principal and interest a month, for the stacked plot."""
    return [
        {
            "label": _MONTHS[(n + 7) % 12],
            "parts": [row["principal"].minor, row["interest"].minor],
            "texts": [f"{row['principal'].decimal():,}", f"{row['interest'].decimal():,}"],
            "total_text": f"EUR {row['total'].decimal():,}",
            "expected": n > 4,
        }
        for n, row in enumerate(schedule(), start=1)
    ]


def cash_points() -> list[dict[str, Any]]:
    """Return twelve months of what comes back to a lender."""
    amounts = (412, 398, 441, 455, 430, 467, 471, 458, 440, 402, 388, 371)
    return [
        {"label": month, "value": amount, "text": f"EUR {amount}.00", "expected": n > 4}
        for n, (month, amount) in enumerate(zip(_MONTHS, amounts, strict=True))
    ]


def funding_points() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a funding curve and its forecast band."""
    so_far: tuple[int, ...] = (
        0,
        2100,
        3400,
        4050,
        4300,
        4800,
        5150,
        5600,
        5750,
        6400,
        7900,
        8500,
        8700,
        9050,
        9800,
    )
    so_far += (10100, 10350, 11200, 11900, 12400)
    points = [
        {"label": f"{n + 1} Nov", "value": value, "text": f"EUR {value:,}"}
        for n, value in enumerate(so_far)
    ]
    forecast = [
        {
            "label": f"{n + 21} Nov",
            "low": 12400 + 480 * (n + 1),
            "high": 12400 + 1350 * (n + 1),
            "range_text": f"EUR {12400 + 480 * (n + 1):,} to {12400 + 1350 * (n + 1):,}",
            "text": "likely EUR 17,000 to 24,000" if n == 9 else "",
        }
        for n in range(10)
    ]
    return points, forecast


def ageing() -> list[dict[str, Any]]:
    """Return overdue money by age."""
    return [
        {"label": "1 to 30 days", "value": 214_300, "text": "EUR 2,143.00", "tone": "past"},
        {"label": "31 to 60 days", "value": 98_050, "text": "EUR 980.50", "tone": "warn"},
        {"label": "61 to 90 days", "value": 41_200, "text": "EUR 412.00", "tone": "ember"},
        {"label": "over 90 days", "value": 22_010, "text": "EUR 220.10", "tone": "bad"},
    ]


def reasons() -> list[dict[str, Any]]:
    """Return why a loan has its grade."""
    return [
        {
            "label": "Income after costs",
            "words": "EUR 1,140 a month is left after rent and the instalment",
            "value": 31,
            "max": 40,
            "text": "31 of 40",
        },
        {
            "label": "History here",
            "words": "one loan, repaid early",
            "value": 18,
            "max": 20,
            "text": "18 of 20",
        },
        {
            "label": "Age of the business",
            "words": "six years",
            "value": 12,
            "max": 20,
            "text": "12 of 20",
        },
        {
            "label": "Other debts",
            "words": "a car loan of EUR 6,200",
            "value": 9,
            "max": 20,
            "text": "9 of 20",
            "tone": "past",
        },
    ]


def payouts() -> list[dict[str, Any]]:
    """Return rows of a money table."""
    return [
        {
            "on": date(2026, 11, 2),
            "what": "Pledges released",
            "what_href": "#",
            "gross": eur("31880"),
            "fee": eur("1594"),
            "net": eur("30286"),
            "state": {"label": "Paid", "tone": "good"},
        },
        {
            "on": date(2026, 11, 9),
            "what": "Late pledges released",
            "what_href": "#",
            "gross": eur("740"),
            "fee": eur("37"),
            "net": eur("703"),
            "state": {"label": "On its way", "tone": "info"},
        },
        {
            "on": date(2027, 4, 30),
            "what": "Holdback, once backers accept delivery",
            "gross": eur("1600"),
            "fee": eur("0"),
            "net": eur("1600"),
            "state": {"label": "Held", "tone": "neutral"},
        },
    ]


def honest_parts() -> list[dict[str, Any]]:
    """Return where a campaign's money is."""
    return [
        {
            "label": "Paid to the sponsor",
            "minor": 3_028_600,
            "amount": eur("30286"),
            "tone": "past",
        },
        {
            "label": "Held back until delivery",
            "minor": 160_000,
            "amount": eur("1600"),
            "tone": "ember",
        },
        {
            "label": "Our fee",
            "minor": 159_400,
            "amount": eur("1594"),
            "tone": "info",
            "words": "5 %",
        },
        {"label": "Returned to backers", "minor": 45_000, "amount": eur("450"), "tone": "warn"},
    ]


def told() -> dict[str, Any]:
    """Return what a campaign tells beside its story: budget, timeline, questions, risks."""
    return {
        "plan": _allotted(),
        "timeline": {
            "title": "By March 2027: the premiere on the island",
            "points": _steps(),
            "first": "November 2026",
            "last": "March 2027",
        },
        "language": "en",
        "risks": "Ice may keep us in port. Then the crew is paid, and we film in February.",
        "faq": [
            {
                "question": "What if the sea freezes?",
                "answer": "Then we film that, and are glad.",
                "since": "Answered on 3 Nov 2026.",
            }
        ],
        "changes": None,
    }


def _allotted() -> dict[str, Any]:
    lines = [("Diesel and wages", 10_000), ("Film stock", 5_000), ("Food for forty", 3_000)]
    bars = [{"label": label, "value": units, "text": f"EUR {units:,}"} for label, units in lines]
    return {
        "title": "The largest part of the goal, 50 %, is for: Diesel and wages",
        "bars": bars,
        "lines": eur("18000"),
        "fee": eur("1000"),
        "fee_words": "Platform fee, 5 %",
        "left": eur("1000"),
        "lacks": None,
        "goal": eur("20000"),
    }


def _steps() -> list[dict[str, Any]]:
    found = [
        (0.0, "Funding ends", "30 Nov 2026", "now"),
        (0.4, "At sea", "January 2027", "next"),
        (1.0, "Premiere", "March 2027", "next"),
    ]
    points: list[dict[str, Any]] = [
        {"at": at, "number": number, "title": title, "when": when, "state": state}
        for number, (at, title, when, state) in enumerate(found, start=1)
    ]
    points[-1]["body"] = "Moved from January 2027 on 3 Nov 2026."
    return points


def project_head() -> dict[str, Any]:
    """Return what stands at the top of a campaign's pages."""
    return {
        "title": "The last ferry of winter",
        "tagline": "A film about eleven weeks without a boat.",
        "language": "en",
        "category": "Film",
        "tag": {"label": "Live", "tone": "ember"},
        "made_by": {"name": "Mara Lindqvist", "team": "Ola Berg, Tom Field"},
        "record": "2 of 2 campaigns funded",
        "record_at": "#",
        "terms_at": None,
        "raised": eur("12400"),
        "goal": eur("20000"),
        "words": "EUR 12,400 of 20,000, 62 %, 9 days left",
        "is_open": True,
        "preview": True,
        "trail": [
            {"label": "Projects", "href": "/projects"},
            {"label": "The last ferry of winter"},
        ],
    }


def project_standing() -> dict[str, Any]:
    """Return how a campaign stands, for the panel beside its pages."""
    return {
        "title": "The last ferry of winter",
        "state": "live",
        "is_later": False,
        "is_open": True,
        "preview": False,
        "raised": eur("12400"),
        "goal": eur("20000"),
        "late": eur("0"),
        "percent": "62 %",
        "backers": 214,
        "deadline": datetime(2026, 11, 30, 22, 0, tzinfo=UTC),
        "left": "9 days left",
        "rule": "All or nothing",
        "promise": "You pay now, and the money is held by Stripe: released to the sponsor if"
        " EUR 20,000.00 is reached by 30 Nov 2026, returned to you in full if not.",
        "notes": [],
        "pledge": "#",
        "address": "",
    }
