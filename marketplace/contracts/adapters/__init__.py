"""Providers of signatures: the one built in, and any other behind HTTP."""
