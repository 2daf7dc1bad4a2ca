"""All of Penstock on one machine: which processes, in which order, and what they need to know of each other."""
