"""Reads of lending: frozen rows by plain SQL, one file a reader."""
