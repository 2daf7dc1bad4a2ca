"""The traces of one machine: a small OTLP receiver, its SQLite store, and a trace drawn as a waterfall."""
