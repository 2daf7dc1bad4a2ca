"""A client of Penstock in Python: functions are listed, made, changed and removed, and an event is handed in."""

from __future__ import annotations

import json
import os
import uuid

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from penstock.config.v1.config_pb2 import FUNCTION_KIND_DESTINATION
from penstock.ingest.v1.ingest_service_pb2 import IngestRequest
from penstock.ingest.v1.ingest_service_pb2_grpc import IngestServiceStub
from penstock.registry.v1 import function_pb2 as fn
from penstock.registry.v1.function_pb2_grpc import FunctionServiceStub

CODE = "async function onTrack(event) { console.log(event.event); }"
DEADLINE_S = 10


def show(line: str) -> None:
    print(line, flush=True)  # noqa: T201 a program for people


def manage(functions: FunctionServiceStub, metadata: tuple[tuple[str, str]]) -> None:
    """Go through the life of a function."""
    found = functions.ListFunctions(fn.ListFunctionsRequest(page_size=50), metadata=metadata, timeout=DEADLINE_S)
    show(f"functions: {len(found.functions)}")

    # With a request_id, a call whose answer got lost can be repeated: it is done once.
    wanted = fn.Function(display_name=f"From Python {uuid.uuid4()}", kind=FUNCTION_KIND_DESTINATION, code=CODE)
    create = fn.CreateFunctionRequest(function=wanted, request_id=str(uuid.uuid4()))
    made = functions.CreateFunction(create, metadata=metadata, timeout=DEADLINE_S).function
    show(f"created: {made.function_id}")
    again = functions.CreateFunction(create, metadata=metadata, timeout=DEADLINE_S).function
    show(f"repeated: {again.function_id}")

    # With the etag, a change is refused where somebody else was quicker.
    read = functions.GetFunction(
        fn.GetFunctionRequest(function_id=made.function_id), metadata=metadata, timeout=DEADLINE_S
    ).function
    for description in ("Says what happened", "Says what happened, too late"):
        change = fn.Function(function_id=read.function_id, description=description, etag=read.etag)
        request = fn.UpdateFunctionRequest(function=change, update_mask=FieldMask(paths=["description"]))
        try:
            changed = functions.UpdateFunction(request, metadata=metadata, timeout=DEADLINE_S).function
            show(f"updated: {changed.description}")
        except grpc.RpcError as error:
            show(f"refused: {error.code().name}")

    functions.DeleteFunction(
        fn.DeleteFunctionRequest(function_id=made.function_id), metadata=metadata, timeout=DEADLINE_S
    )
    show(f"deleted: {made.function_id}")


def main() -> None:
    with grpc.insecure_channel(os.environ["PENSTOCK_ADDRESS"]) as channel:
        manage(FunctionServiceStub(channel), (("authorization", f"Bearer {os.environ['PENSTOCK_TOKEN']}"),))
        event = {"type": "track", "userId": "u1", "event": "Greeted from Python"}
        result = IngestServiceStub(channel).Ingest(
            IngestRequest(messages=[json.dumps(event).encode()]),
            metadata=(("authorization", f"Bearer {os.environ['PENSTOCK_WRITE_KEY']}"),),
            timeout=DEADLINE_S,
        )
        show(f"accepted: {result.results[0].event_id}")


if __name__ == "__main__":
    main()
