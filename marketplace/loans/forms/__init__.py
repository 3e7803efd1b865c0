"""What people type in lending, and the words for what they choose."""
