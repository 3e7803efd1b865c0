"""Who people are: signing up and in, sessions that can be ended, staff roles by invitation."""
