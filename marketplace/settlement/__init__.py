"""What falls due: campaigns and fundings decided, bills made, repayments taken in and shared out.

`flask settlement run` and the timetable call the same functions. Each works on whatever is due
at `now`, in sets, one transaction for each campaign or loan; it can be run twice, killed and
run again. Each returns `Line`s that say who gets what, which is all a dry run shows.
"""
