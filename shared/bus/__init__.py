"""The log between the services: NATS JetStream, its streams, what is published and pulled, and CONFIG."""

from shared.bus.acks import Ack, backlog_full
from shared.bus.backlogs import Backlogs
from shared.bus.code_store import CodeStore
from shared.bus.config_store import ConfigStore
from shared.bus.config_view import ConfigView
from shared.bus.connection import Bus
from shared.bus.frames import Publication
from shared.bus.puller import Held, Puller
from shared.bus.streams import StreamLimits, declare_config, declare_streams
from shared.bus.usage import MonthlyUsage, usage_of

__all__ = [
    "Ack",
    "Backlogs",
    "Bus",
    "CodeStore",
    "ConfigStore",
    "ConfigView",
    "Held",
    "MonthlyUsage",
    "Publication",
    "Puller",
    "StreamLimits",
    "backlog_full",
    "declare_config",
    "declare_streams",
    "usage_of",
]
