"""What at least two services need: settings, rpc, bus, database, egress, telemetry, ids, errors."""
