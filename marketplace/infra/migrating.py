"""Bringing a database up to date, by Alembic, as the role that owns the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from marketplace.infra.database import sqlalchemy_url

FOLDER: Final = Path(__file__).resolve().parents[2] / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Run all missing migrations on the database at `url`."""
    command.upgrade(_config(url), revision)


def head() -> str:
    """Return the newest revision the code knows."""
    found = ScriptDirectory.from_config(_config("")).get_current_head()
    return found or ""


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    if url:
        config.attributes["url"] = sqlalchemy_url(url)
    return config
