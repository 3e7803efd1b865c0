"""Original pictures for the demo world, printed in a few spot colours like an old press would."""
