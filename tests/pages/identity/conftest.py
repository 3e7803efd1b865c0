"""Each test begins with nobody having asked for anything: limits by address count anew."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.web.limits import limiter


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> None:
    limiter.reset()
