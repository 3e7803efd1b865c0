"""Saying something, hiding it, following."""
