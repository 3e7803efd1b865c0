"""Commands of identity, by use case.

Two clocks: what people do is dated by business time (`now`), like everything else. Sessions and
wrong passwords are about real risk, so they go by real time (`at`, from `clock.wall`): moving
the business clock on by a month neither signs anybody out nor forgives a guess.
"""
