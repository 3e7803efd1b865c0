"""The demo world: about a year of simulated life, lived through the very commands people use."""
