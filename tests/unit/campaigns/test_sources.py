"""Where a visit is counted: by the sponsor's tag, else by the kind of site, never by more."""

from __future__ import annotations

import pytest

from marketplace.campaigns.rules.sources import TAG_MAX, source, tag_of

OWN = "kindling.example"


@pytest.mark.parametrize(
    ("via", "referrer", "counted"),
    [
        ("", "", "direct"),
        ("", OWN, "site"),
        ("", "www.google.co.uk", "search"),
        ("", "old.reddit.com", "social"),
        ("", "outlook.live.com", "mail"),
        ("", "a-blog.example", "other"),
        ("", "google.example.evil", "search"),
        ("Radio 4", "www.google.com", "via:radio-4"),
        ("<b>", "", "via:b"),
        ("///", "www.google.com", "search"),
    ],
)
def test_a_tag_says_more_than_the_site_somebody_came_from(
    via: str, referrer: str, counted: str
) -> None:
    assert source(via, referrer, OWN) == counted


def test_a_tag_is_short_whatever_was_typed() -> None:
    assert tag_of("É" * 5_000) == ""
    assert tag_of("long " * 5_000) == "long-" * (TAG_MAX // 5)
