"""Clients of the management API: Segment's own, and one that does what another of theirs does."""
