"""What can be done in lending, one file a use case, one verb a command."""
