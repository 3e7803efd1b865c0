"""How fast the house is, as ratios to yardsticks of the same run. See docs/bench.md."""
