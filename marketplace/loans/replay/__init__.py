"""Servicing as a pure function: (terms, dated events, day) gives where a loan stands.

`replay(terms, events, as_of)` gives the `Position`; `until(events, day)` the events of a past.
"""
