"""Harbour Escrow, a small third-party provider of its own, to try, show and test the product.

It has its own process, its own schema and its own words. The product talks to it as to any
provider: an HTTP API with a bearer key, hosted pages, signed webhooks. It lives on the
product's business clock, so that a held payment can mature in a moment.
"""
