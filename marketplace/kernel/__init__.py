"""Pure values every floor may use: money, rates, days, clock, ids, errors, machines. Standard library only."""
