"""What files are taken, judged by their content alone: facts in, refusals out."""
