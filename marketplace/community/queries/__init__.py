"""Reading what was said, and who follows what."""
