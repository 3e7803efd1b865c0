"""What pages read of campaigns, as frozen rows."""
