"""The demo's pictures: the same seed, the same drawing; another seed, another one."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from marketplace.campaigns.rules import CATEGORIES
from marketplace.demo.pictures import MOTIFS, draw


def test_every_category_has_motifs_of_its_own() -> None:
    assert set(MOTIFS) == set(CATEGORIES)
    drawn = [motif for motifs in MOTIFS.values() for motif in motifs]
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("category", ["film", "games"])
def test_a_picture_is_drawn_the_same_every_time_and_fills_a_card(category: str) -> None:
    first, again, other = draw(category, 4), draw(category, 4), draw(category, 7)

    assert first == again
    assert first != other
    assert Image.open(io.BytesIO(first)).size == (1200, 800)
