"""The demonstration: a webhook, two functions, a delivery, its trace, a retry."""
