"""Pictures of what is wrong: for who judges it and who sent them, and nobody else."""

from __future__ import annotations

import io

from PIL import Image

from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.holdback import Success
from tests.builders.identity import a_moderator
from tests.pages.campaigns.conftest import Enter


def sources(markup: str) -> list[str]:
    return [part.split('"')[0] for part in markup.split('src="') if ".jpg" in part.split('"')[0]]


def test_pictures_go_with_an_objection_and_are_shown_to_who_may_see_them(
    enter: Enter, found: Success
) -> None:
    holdback.ship(found)
    backer, other = enter(found.backer), enter(found.backers[1])
    path = f"/pledges/{public_id('pl', found.first)}/inspect"
    page = backer.get(path)
    wrong = backer.send(
        page,
        "/inspect",
        status=422,
        code="damaged",
        words="In pieces.",
        picture_2=(io.BytesIO(b"MZ not a picture"), "a.jpg"),
    )
    assert "This file is not a JPEG, PNG or WebP picture." in wrong.errors[0]
    assert "In pieces." in wrong.text
    assert holdback.fulfilment_of(found.first) == "shipped"

    backer.send(
        page,
        "/inspect",
        code="damaged",
        words="In pieces.",
        picture=(io.BytesIO(build.picture_bytes()), "one.png"),
        picture_3=(io.BytesIO(build.picture_bytes(300, 200)), "two.png"),
    )

    mine = sources(backer.get(path).markup)
    assert len(mine) == 2
    answer = backer.get(mine[1]).response
    assert Image.open(io.BytesIO(answer.data)).size == (300, 200)
    assert answer.headers["Cache-Control"] == "no-store"
    other.get(mine[0], status=404)
    enter(found.sponsor).get(mine[0], status=404)

    moderator = enter(a_moderator())
    case = moderator.get(moderator.get("/staff/objections").links["A lamp for every window"])
    theirs = sources(case.markup)
    assert moderator.get(theirs[0]).response.mimetype == "image/jpeg"
    backer.get(theirs[0], status=403)
    moderator.get(theirs[0].replace("/1.jpg", "/3.jpg"), status=404)
