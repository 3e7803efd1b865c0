"""What identity insists on, without a database: names, addresses, passwords, delays, roles."""
