"""Faults on purpose: whatever dies, hangs or fills up, each accepted event is delivered or a dead letter."""
