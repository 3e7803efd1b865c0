"""Plausible content for the style guide: what pages look like before there is anything to show."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.kernel.money import Money
from marketplace.web.forms import DayField, Form, MomentField, MoneyField, longest


def eur(units: str) -> Money:
    """Return euros."""
    return Money.of(units, "EUR")


class SampleForm(Form):
    """One field of every kind."""

    amount = MoneyField("How much do you pledge?", currency="EUR")
    name = StringField("Your name", description="As it stands on your documents.")
    email = EmailField("E-mail address")
    new_password = PasswordField("Password", description="At least 12 characters.")
    about = TextAreaField("What will you make?", validators=[longest(600)])
    category = SelectField(
        "Category", choices=[("film", "Film"), ("books", "Books"), ("food", "Food")]
    )
    plan = RadioField(
        "When the goal is passed",
        choices=[("stop", "Stop taking pledges"), ("go_on", "Go on until the deadline")],
    )
    plan.hints = {"stop": "Nobody can pledge once the goal is reached."}  # type: ignore[attr-defined]
    wishes = SelectMultipleField(
        "Tell me about",
        choices=[("updates", "Updates"), ("deadline", "The deadline"), ("money", "Every payment")],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    deadline = DayField("Last day")
    opens = MomentField("Opens at")
    picture = FileField("Picture", description="JPEG, PNG or WebP, at most 8 MB.")
    phone = StringField("Telephone")
    agree = BooleanField("I have read what happens to my money")


def form_with_errors() -> SampleForm:
    """Return the form as it comes back after a refusal."""
    form = SampleForm(formdata=None, data={"amount": "12,5", "name": "Ana Reis", "email": "ana@"})
    form.amount.errors = ["“12,5” is not an amount. Enter digits, such as 12.50."]
    form.email.errors = ["Enter an e-mail address with something after the @."]
    form.plan.errors = ["Choose what happens when the goal is passed."]
    form.plan.hints = {"stop": "Nobody can pledge once the goal is reached."}  # type: ignore[attr-defined]
    return form


_CAMPAIGNS: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    (
        "film",
        "The Last Ferry to Heron Island",
        "Mara Lindqvist",
        "delivered 2 of 2, on time",
        "12400",
        "20000",
        "9 days left",
    ),
    (
        "publishing",
        "A Field Guide to Forgotten Typefaces, Volume Two",
        "Quoin Press",
        "delivered 4 of 4, on time",
        "31880",
        "24000",
        "2 days left",
    ),
    (
        "technology",
        "Open Bench Meter: a repairable multimeter",
        "Tinkerworks",
        "first project",
        "8050",
        "45000",
        "27 days left",
    ),
    (
        "music",
        "Songs for an Empty Swimming Hall",
        "Ensemble Halde",
        "delivered 1 of 1, late by 3 weeks",
        "5310",
        "9000",
        "14 days left",
    ),
    (
        "community",
        "A roof for the market hall garden",
        "Verein Hallengarten",
        "delivered 3 of 3, on time",
        "17200",
        "18500",
        "19 hours left",
    ),
    (
        "games",
        "Tidewright: a board game of canals and locks",
        "Lock & Weir",
        "first project",
        "22940",
        "15000",
        "5 days left",
    ),
    (
        "design",
        "One chair, eleven joints, no screws",
        "Atelier Noor",
        "delivered 1 of 1, on time",
        "2600",
        "12000",
        "31 days left",
    ),
    (
        "food",
        "Sourdough by mail, from a mill on the Lahn",
        "Mühle Ehrlich",
        "delivered 2 of 2, on time",
        "6900",
        "6500",
        "8 days left",
    ),
)


def campaigns() -> list[dict[str, Any]]:
    """Return campaign cards."""
    return [
        {
            "href": "/styleguide/campaign",
            "title": title,
            "category": category.capitalize(),
            "picture_url": f"/static/img/samples/{category}.jpg",
            "sponsor": sponsor,
            "sponsor_fact": fact,
            "raised": eur(raised),
            "goal": eur(goal),
            "time_left": left,
            "tag": {"label": "Goal reached", "tone": "good"} if int(raised) >= int(goal) else None,
            "promise": "A feature film about the winter the boats stopped,"
            " shot on the last working ferry.",
        }
        for category, title, sponsor, fact, raised, goal, left in _CAMPAIGNS
    ]


_LOANS: tuple[tuple[str, str, str, str, str, str, str, str, int], ...] = (
    (
        "equipment",
        "A second oven for a village bakery",
        "18000",
        "6.40 %",
        "36 months",
        "B",
        "moderate",
        "11 days left",
        71,
    ),
    (
        "vehicle",
        "Electric cargo bike for parcel rounds",
        "4200",
        "5.10 %",
        "18 months",
        "A",
        "low",
        "4 days left",
        96,
    ),
    (
        "renovation",
        "Window repair before the winter",
        "9500",
        "7.90 %",
        "48 months",
        "C",
        "raised",
        "19 days left",
        23,
    ),
    (
        "stock",
        "Spring stock for a bookshop",
        "12000",
        "6.90 %",
        "12 months",
        "B",
        "moderate",
        "2 days left",
        58,
    ),
    (
        "energy",
        "Solar panels for a workshop roof",
        "26000",
        "4.80 %",
        "60 months",
        "A",
        "low",
        "24 days left",
        40,
    ),
    (
        "education",
        "Master carpenter's course",
        "7400",
        "5.90 %",
        "30 months",
        "B",
        "moderate",
        "16 days left",
        12,
    ),
    (
        "farm",
        "Drip lines for four hectares of beans",
        "15500",
        "6.20 %",
        "24 months",
        "B",
        "moderate",
        "7 days left",
        83,
    ),
    (
        "debt",
        "Three cards into one loan",
        "6000",
        "9.40 %",
        "36 months",
        "D",
        "high",
        "13 days left",
        34,
    ),
)


def loans() -> list[dict[str, Any]]:
    """Return loan cards."""
    return [
        {
            "href": "/styleguide/loan",
            "id": f"018f{number:04x}a7c2b91e{number * 7919:08x}",
            "purpose": purpose,
            "kicker": purpose.capitalize(),
            "title": title,
            "amount": eur(amount),
            "rate": rate,
            "term": term,
            "grade": grade,
            "grade_words": words,
            "funded_minor": int(amount) * share,
            "time_left": left,
            "words": f"{share} % funded, {left}",
        }
        for number, (purpose, title, amount, rate, term, grade, words, left, share) in enumerate(
            _LOANS, start=3
        )
    ]


def rewards() -> list[dict[str, Any]]:
    """Return reward cards."""
    return [
        {
            "title": "A digital copy",
            "price": eur("15"),
            "body": "The film as a download on the day it opens.",
            "delivery": "March 2027",
            "shipping": "Nothing to ship",
            "href": "#pledge",
        },
        {
            "title": "The ferry log",
            "price": eur("45"),
            "body": "A bound facsimile of the ship's log with stills, and the film.",
            "stock_words": "17 of 50 left",
            "delivery": "April 2027",
            "shipping": "To Germany, EUR 4.90",
            "href": "#pledge",
        },
        {
            "title": "A day on deck",
            "price": eur("180"),
            "body": "One day with the crew while we shoot.",
            "stock_words": "0 of 8 left",
            "delivery": "June 2026",
            "shipping": "Nothing to ship",
            "sold_out": True,
        },
    ]


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
            "href": "#pay",
            "link_label": "Pay EUR 550.87 now",
            "state": "bad",
        },
        {"title": "Bill 8 of 36", "on": date(2026, 12, 1), "amount": eur("550.87"), "state": "next"},
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
    so_far = (0, 2100, 3400, 4050, 4300, 4800, 5150, 5600, 5750, 6400, 7900, 8500, 8700, 9050, 9800)
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
        {"label": "History here", "words": "one loan, repaid early", "value": 18, "max": 20, "text": "18 of 20"},
        {"label": "Age of the business", "words": "six years", "value": 12, "max": 20, "text": "12 of 20"},
        {"label": "Other debts", "words": "a car loan of EUR 6,200", "value": 9, "max": 20, "text": "9 of 20", "tone": "past"},
    ]


def payouts() -> list[dict[str, Any]]:
    """Return rows of a money table."""
    return [
        {"on": date(2026, 11, 2), "what": "Pledges released", "what_href": "#", "gross": eur("31880"), "fee": eur("1594"), "net": eur("30286"), "state": {"label": "Paid", "tone": "good"}},
        {"on": date(2026, 11, 9), "what": "Late pledges released", "what_href": "#", "gross": eur("740"), "fee": eur("37"), "net": eur("703"), "state": {"label": "On its way", "tone": "info"}},
        {"on": date(2027, 4, 30), "what": "Holdback, once backers accept delivery", "gross": eur("1600"), "fee": eur("0"), "net": eur("1600"), "state": {"label": "Held", "tone": "neutral"}},
    ]


def honest_parts() -> list[dict[str, Any]]:
    """Return where a campaign's money is."""
    return [
        {"label": "Paid to the sponsor", "minor": 3_028_600, "amount": eur("30286"), "tone": "past"},
        {"label": "Held back until delivery", "minor": 160_000, "amount": eur("1600"), "tone": "ember"},
        {"label": "Our fee", "minor": 159_400, "amount": eur("1594"), "tone": "info", "words": "5 %"},
        {"label": "Returned to backers", "minor": 45_000, "amount": eur("450"), "tone": "warn"},
    ]
