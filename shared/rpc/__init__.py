"""gRPC between the services: one way to serve, one way to connect, the same rules on both sides."""
