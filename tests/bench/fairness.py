"""Measures what endless loops of other tenants cost a well-behaved one. `python -m tests.bench.fairness` prints it.

Eight workspaces run an endless loop each, again and again, in one executor process; another sends events over gRPC from
a process of its own, one after the other.
"""
