"""What tests of private files work in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from marketplace.infra import settings


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Iterator[Path]:
    """A DATA_DIR of this test alone."""
    del app
    before = settings.current_settings()
    settings.install(replace(before, data_dir=tmp_path, file_keys=()))
    yield tmp_path
    settings.install(before)
