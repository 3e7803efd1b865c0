"""A Stripe that stands in for the real one: a test tool, no part of the product.

`python -m tests.standin` runs it as a process of its own, with hosted pages, signed webhooks and
a state that outlives a restart; tests carry it in their own process.
"""
