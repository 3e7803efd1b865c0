"""Crowdfunding campaigns: drafted by a sponsor, moderated, backed by pledges, decided at the deadline."""
