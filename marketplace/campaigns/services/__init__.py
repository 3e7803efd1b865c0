"""What can be done with campaigns and pledges: one command, one verb, one transaction."""
