"""Money and the outside world: what we ask the escrow provider, what it tells us, the proof.

An intention is written and committed before anybody is called; the answer is recorded and the
ledger posted afterwards; what nobody answered is read back, never guessed.
"""
