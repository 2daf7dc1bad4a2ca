"""Recording all that a run gets from outside, and running it again from the record, bit for bit."""
