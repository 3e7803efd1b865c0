"""Commands and steps of risk: ask, fetch, read."""
