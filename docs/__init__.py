"""Pages for readers, and what writes those that are made from the code."""
