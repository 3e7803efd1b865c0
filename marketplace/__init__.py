"""Kindling: a crowdfunding and peer-to-peer lending marketplace."""
