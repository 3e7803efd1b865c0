"""Letters: listens to what happens everywhere and tells the person concerned. Nobody imports it."""
