"""Lending: from a borrower's request to the last instalment shared among the lenders.

The pure files (`schedule`, `waterfall`, `payoff`, `apr`, `xirr`, `roots`) know neither database
nor clock; the product and `flask calc` use the very same functions.
"""
