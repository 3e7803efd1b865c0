"""Pure values for every floor: money, rates, days, clock, ids, errors, machines. Stdlib only."""
