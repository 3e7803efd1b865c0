"""The pages to read say what the code does, and the style guide shows every piece."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from marketplace.pages import styleguide
from tests.builders.identity import a_person, signed_in
from tests.page_client import PageClient, words

ROOT = Path(__file__).resolve().parents[3]
READING = {
    "/how-it-works": "How it works",
    "/fees": "Fees",
    "/risks": "Risks",
    "/who-holds-the-money": "Who holds the money",
    "/help": "Help",
    "/terms": "Terms",
    "/privacy": "Privacy",
    "/accessibility": "Accessibility",
    "/proof": "The proof",
}


@pytest.mark.parametrize(("path", "heading"), READING.items())
def test_a_page_to_read_is_the_same_for_visitor_and_person(
    visitor: PageClient, app: Flask, path: str, heading: str
) -> None:
    stranger = visitor.get(path)
    person = signed_in(PageClient(app), a_person()).get(path)

    assert stranger.h1 == person.h1 == heading
    assert stranger.title == f"{heading} · Kindling"
    assert "%(" not in stranger.text


def test_the_fees_are_those_that_are_charged(visitor: PageClient) -> None:
    page = visitor.get("/fees")

    assert "5.00 % of what was raised" in page.text
    assert "2.00 % to 3.00 % of the loan, once" in page.text
    assert "EUR 500.00" in page.text  # of EUR 10,000.00 raised
    assert "EUR 9,500.00" in page.text
    assert "EUR 9,800.00" in page.text  # of a loan of the same size


def test_the_risks_name_the_losses_that_are_reckoned_with(visitor: PageClient) -> None:
    page = visitor.get("/risks")
    grades = [words(cell) for cell in page.tree.iter("th") if cell.get("data-label") == "Grade"]

    assert len(grades) >= 5
    assert grades == sorted(grades)
    assert re.search(r"Assumed loss a year", page.text)


def test_who_holds_the_money_is_said_in_the_providers_own_words(visitor: PageClient) -> None:
    page = visitor.get("/who-holds-the-money")

    assert "Harbour Escrow (simulator)" in page.text
    assert "Kindling never holds your money" in page.text


def test_a_machine_that_asks_is_told_that_the_site_works(visitor: PageClient) -> None:
    answer = visitor.get("/healthz").response

    assert answer.get_data(as_text=True) == "ok\n"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("part", styleguide.PARTS)
def test_the_style_guide_shows_each_part(visitor: PageClient, part: str) -> None:
    page = visitor.get(f"/styleguide/{part}")

    assert page.h1


def test_the_style_guide_has_no_other_part(visitor: PageClient) -> None:
    visitor.get("/styleguide/secrets", status=404)


def test_every_macro_stands_in_the_style_guide() -> None:
    components = "\n".join(path.read_text() for path in ROOT.glob("templates/components/*.html"))
    shown = "\n".join(path.read_text() for path in ROOT.glob("templates/styleguide/*.html"))
    # What another macro is made of is seen with it.
    called = set(
        re.findall(r"(?:\.|[{,(] ?|if )([a-z]\w*)\(", re.sub(r"{% macro .*?%}", "", components))
    )
    macros = set(re.findall(r"{% macro ([a-z]\w*)\(", components))

    assert len(macros) > 50
    assert {name for name in macros - called if f".{name}(" not in shown} == set()


def test_every_icon_and_shape_is_drawn_and_shown(visitor: PageClient) -> None:
    source = (ROOT / "templates/components/icons.html").read_text()
    icons, shapes = source.split("{% macro shape")
    drawn = set(re.findall(r'name == "([a-z]+)"', icons))

    assert set(styleguide.ICONS) == drawn
    assert set(styleguide.SHAPES) == {*re.findall(r'name == "([a-z]+)"', shapes), "dash"}
    page = visitor.get("/styleguide/acts")
    pictures = [
        element
        for element in page.tree.iter()
        if str(element.tag).endswith("svg") and element.get("class", "").startswith("icon")
    ]
    assert all(len(list(picture.iter())) > 1 for picture in pictures)
    assert len(pictures) >= len(styleguide.ICONS)


def test_an_icon_that_a_template_asks_for_exists() -> None:
    asked = {
        name
        for path in ROOT.glob("templates/**/*.html")
        for name in re.findall(r'icons\.icon\("([a-z]+)"', path.read_text())
    }

    assert asked - set(styleguide.ICONS) == set()


def test_the_stylesheet_is_kept_for_a_year_and_an_old_one_is_gone(visitor: PageClient) -> None:
    home = visitor.get("/")
    sheet = next(
        link.get("href", "") for link in home.tree.iter("link") if link.get("rel") == "stylesheet"
    )
    answer = visitor.get(sheet).response

    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "@layer tokens" in answer.get_data(as_text=True)
    visitor.get("/styles/0123456789abcdef.css", status=404)


def test_the_language_switch_offers_only_what_there_is(visitor: PageClient) -> None:
    home = visitor.get("/")

    assert not any("locale" in form.action for form in home.forms)
    assert any("theme" in form.action for form in home.forms)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chosen_colours_stay(visitor: PageClient, theme: str) -> None:
    home = visitor.get("/")
    visitor.send(home, "theme", press=("theme", theme))

    assert next(iter(visitor.get("/fees").tree.iter("html"))).get("data-theme") == theme
