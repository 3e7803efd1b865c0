"""What is written so that campaigns are found."""
