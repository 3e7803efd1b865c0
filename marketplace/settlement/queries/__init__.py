"""Reads of settlement, as frozen rows."""
