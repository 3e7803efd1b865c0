"""The calculators: the product's own pure functions behind JSON, for anyone who doubts a figure."""
