"""Where a person may be sent after signing in."""

from __future__ import annotations

import pytest

from marketplace.web.guards import local_path


@pytest.mark.parametrize("path", ["/", "/my/pledges", "/projects?q=tea&page=2"])
def test_a_path_of_this_site_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "target",
    [
        *("", None, "https://evil.example/", "//evil.example", "/\\evil.example", "my"),
        *("/a\r\nb: c", "/\t/evil.example", "/\t/[evil"),
    ],
)
def test_anything_else_leads_home(target: str | None) -> None:
    assert local_path(target) == "/"
