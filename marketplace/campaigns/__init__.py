"""Crowdfunding campaigns: drafted, moderated, backed by pledges, decided at the deadline."""
