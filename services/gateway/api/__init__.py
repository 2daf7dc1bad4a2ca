"""The management API: the paths, bodies and envelopes of Segment's Public API, answered by the services' rpcs."""
