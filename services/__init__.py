"""The services: each one process that imports `shared` and the generated contracts, never another service."""
