"""The gateway: takes events into the log, and calls of people to the services that answer them."""
