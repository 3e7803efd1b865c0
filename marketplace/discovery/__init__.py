"""How campaigns are found beside the list: trends, and what machines and other sites read."""
