"""What is known of a person who wants to borrow: two sources, archived answers, one open score.

It stands on escrow's floor and knows nothing of loans: the subject of a report is an id, facts
come in as plain values, and an event says when a report is there.
"""
