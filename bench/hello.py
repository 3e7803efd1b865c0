"""The yardstick: a bare Flask page, as bare as Flask can be."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    """Say it."""
    return "Hello, World!"
