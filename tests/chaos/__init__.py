"""The bars the product is held to when things go wrong: `python -m tests.chaos`."""
