"""Contracts: their text, their parties, how each agreed, the sealed file and its proof.

Knows no loans: what a contract is about comes in as an id, its words as values.
"""
