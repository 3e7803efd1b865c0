"""The ledger: one row for each movement of money, written only by SQL functions, never changed.

Debits equal credits because every row is both. Accounts people can overdraw keep a running
balance guarded by a CHECK; accounts everybody posts to at once are only added to and summed.
"""
