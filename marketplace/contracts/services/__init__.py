"""What changes contracts: one command, one verb, one transaction."""
