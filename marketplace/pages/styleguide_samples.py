"""Plausible content for the style guide: what pages look like before there is anything to show."""

from __future__ import annotations

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
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.pages.styleguide_figures import eur
from marketplace.web.forms import DayField, Form, MomentField, MoneyField, longest


def _choices(*pairs: tuple[str, str]) -> list[Any]:
    return [SelectChoice(value, label) for value, label in pairs]


class SampleForm(Form):
    """One field of every kind."""

    amount = MoneyField("How much do you pledge?", currency="EUR")
    name = StringField("Your name", description="As it stands on your documents.")
    email = EmailField("E-mail address")
    new_password = PasswordField("Password", description="At least 12 characters.")
    about = TextAreaField("What will you make?", validators=[longest(600)])
    category = SelectField(
        "Category", choices=_choices(("film", "Film"), ("books", "Books"), ("food", "Food"))
    )
    plan = RadioField(
        "When the goal is passed",
        choices=_choices(("stop", "Stop taking pledges"), ("go_on", "Go on until the deadline")),
    )
    wishes = SelectMultipleField(
        "Tell me about",
        choices=_choices(
            ("updates", "Updates"), ("deadline", "The deadline"), ("money", "Every payment")
        ),
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
