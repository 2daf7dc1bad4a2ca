"""The names of all span attributes: OpenTelemetry's semantic conventions first, what they lack as `penstock.*`."""

from __future__ import annotations

from typing import Final

# --- semantic conventions ---------------------------------------------------------------------------------------------
ERROR_TYPE: Final = "error.type"

HTTP_REQUEST_METHOD: Final = "http.request.method"
HTTP_REQUEST_METHOD_ORIGINAL: Final = "http.request.method_original"
HTTP_REQUEST_BODY_SIZE: Final = "http.request.body.size"
HTTP_RESPONSE_BODY_SIZE: Final = "http.response.body.size"
HTTP_RESPONSE_STATUS_CODE: Final = "http.response.status_code"
HTTP_ROUTE: Final = "http.route"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
URL_FULL: Final = "url.full"
URL_PATH: Final = "url.path"
USER_AGENT: Final = "user_agent.original"

RPC_SYSTEM: Final = "rpc.system.name"
RPC_METHOD: Final = "rpc.method"
RPC_STATUS: Final = "rpc.response.status_code"

MESSAGING_SYSTEM: Final = "messaging.system"
MESSAGING_OPERATION: Final = "messaging.operation.name"
MESSAGING_OPERATION_TYPE: Final = "messaging.operation.type"
MESSAGING_DESTINATION: Final = "messaging.destination.name"
MESSAGING_CONSUMER: Final = "messaging.consumer.group.name"
MESSAGING_MESSAGE_ID: Final = "messaging.message.id"
MESSAGING_BODY_SIZE: Final = "messaging.message.body.size"
MESSAGING_BATCH_COUNT: Final = "messaging.batch.message_count"

FAAS_NAME: Final = "faas.name"
FAAS_VERSION: Final = "faas.version"
FAAS_INSTANCE: Final = "faas.instance"
FAAS_COLDSTART: Final = "faas.coldstart"
FAAS_TRIGGER: Final = "faas.trigger"
FAAS_INVOCATION_ID: Final = "faas.invocation_id"
FAAS_MAX_MEMORY: Final = "faas.max_memory"

# --- Penstock's own ---------------------------------------------------------------------------------------------------
WORKSPACE: Final = "penstock.workspace.id"
SOURCE: Final = "penstock.source.id"
DESTINATION: Final = "penstock.destination.id"
INSTANCE: Final = "penstock.instance.id"

EVENT_ID: Final = "penstock.event.id"
"""The `evt_` id under which the gateway accepted the request: every span of the event's way carries it."""
EVENT_TYPE: Final = "penstock.event.type"
MESSAGE_ID: Final = "penstock.event.message_id"
EVENT_MESSAGES: Final = "penstock.event.messages"
"""How many messages a source function made of one request."""

DELIVERY_ID: Final = "penstock.delivery.id"
DELIVERY_TRY: Final = "penstock.delivery.try"
"""1 for the first try."""
DELIVERY_RESULT: Final = "penstock.delivery.result"
DELIVERY_REASON: Final = "penstock.delivery.reason"
DELIVERY_NEXT_TRY_S: Final = "penstock.delivery.next_try_s"
REPLAY: Final = "penstock.delivery.replay"
"""Number of the replay, unique in the workspace."""
REPLAY_ID: Final = "penstock.replay.id"

FUNCTION: Final = "penstock.function.id"
FUNCTION_VERSION: Final = "penstock.function.version"
FUNCTION_HANDLER: Final = "penstock.function.handler"
ERROR_KIND: Final = "penstock.error.kind"
"""The contract's error kind (`BAD_REQUEST`, `OUT_OF_FUEL`, ...)."""

SANDBOX_FUEL: Final = "penstock.sandbox.fuel"
SANDBOX_MEMORY: Final = "penstock.sandbox.memory_bytes"
"""Peak, in bytes."""
SANDBOX_USES: Final = "penstock.sandbox.uses"
SANDBOX_WAIT_MS: Final = "penstock.sandbox.wait_ms"
"""Time waited for a core, in milliseconds."""
REQUESTS: Final = "penstock.requests"
"""How many outgoing requests the run made."""
EGRESS_CODE: Final = "penstock.egress.code"
EGRESS_REDIRECTS: Final = "penstock.egress.redirects"
