"""Delivery: from the log through functions to the destinations, and what became of every event."""
