"""Safe repeats and lost updates: whatever takes a `request_id` or an etag keeps what the contract says of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from sqlalchemy import text

from penstock.config.v1 import config_pb2
from penstock.registry.v1 import destination_pb2 as dst
from penstock.registry.v1 import filter_pb2 as fil
from penstock.registry.v1 import function_pb2 as fn
from penstock.registry.v1 import insert_function_instance_pb2 as ins
from penstock.registry.v1 import source_pb2 as src
from shared.errors import Aborted, AlreadyExists, InvalidArgument
from tests.databases import once
from tests.integration.registry.installation import DROP, Installation, Person

SERVICES = ("Destination", "Filter", "Function", "InsertFunctionInstance", "Source")
METHODS: list[MethodDescriptor] = [
    method
    for service in SERVICES
    for method in Default().FindServiceByName(f"penstock.registry.v1.{service}Service").methods
]
KEY = fn.SettingDefinition(name="key", type=fn.SETTING_TYPE_STRING, sensitive=True)


def _mask(*paths: str) -> FieldMask:
    return FieldMask(paths=paths)


# A request of each method that changes something, for names and ids `has`; `word` makes it another request.
REQUESTS: dict[str, Callable[[dict[str, str], str], Message]] = {
    "CreateFunction": lambda _, word: fn.CreateFunctionRequest(
        function=fn.Function(display_name="New", kind=config_pb2.FUNCTION_KIND_DESTINATION, code=f"// {word}")
    ),
    "UpdateFunction": lambda _, word: fn.UpdateFunctionRequest(
        function=fn.Function(function_id="Gate", code=f"// {word}"), update_mask=_mask("code")
    ),
    "RestoreFunctionVersion": lambda _, word: fn.RestoreFunctionVersionRequest(
        function_id="Gate", version_id="1", message=word
    ),
    "DeployFunction": lambda has, word: fn.DeployFunctionRequest(
        function_id="Gate", instance_ids=[has["destination"]] * len(word)
    ),
    "CreateSource": lambda _, word: src.CreateSourceRequest(source=src.Source(name=word)),
    "UpdateSource": lambda _, word: src.UpdateSourceRequest(
        source=src.Source(source_id="Spring", backlog_limit=len(word)), update_mask=_mask("backlog_limit")
    ),
    "CreateWriteKey": lambda has, word: src.CreateWriteKeyRequest(source_id="Spring" if word == "a" else has["source"]),
    "CreateDestination": lambda _, word: dst.CreateDestinationRequest(
        destination=dst.Destination(name=word, function_id="Gate", settings=b'{"key": "hush"}')
    ),
    "UpdateDestination": lambda _, word: dst.UpdateDestinationRequest(
        destination=dst.Destination(destination_id="Turbine", concurrency=len(word)), update_mask=_mask("concurrency")
    ),
    "CreateInsertFunctionInstance": lambda _, word: ins.CreateInsertFunctionInstanceRequest(
        insert_function_instance=ins.InsertFunctionInstance(function_id="Strainer", integration_id="Spring", name=word)
    ),
    "UpdateInsertFunctionInstance": lambda has, word: ins.UpdateInsertFunctionInstanceRequest(
        insert_function_instance=ins.InsertFunctionInstance(instance_id=has["insert"], name=word),
        update_mask=_mask("name"),
    ),
    "CreateFilter": lambda _, word: fil.CreateFilterRequest(
        filter=fil.Filter(destination_id="Turbine", title=word, condition="all", actions=[DROP])
    ),
    "UpdateFilter": lambda has, word: fil.UpdateFilterRequest(
        filter=fil.Filter(destination_id="Turbine", filter_id=has["filter"], title=word), update_mask=_mask("title")
    ),
}
REMOVALS: dict[str, Callable[[dict[str, str]], Message]] = {
    "DeleteFilter": lambda has: fil.DeleteFilterRequest(destination_id="Turbine", filter_id=has["filter"]),
    "DeleteInsertFunctionInstance": lambda has: ins.DeleteInsertFunctionInstanceRequest(instance_id=has["insert"]),
    "DeleteDestination": lambda _: dst.DeleteDestinationRequest(destination_id="Turbine"),
    "DeleteSource": lambda _: src.DeleteSourceRequest(source_id="Spring"),
    "DeleteFunction": lambda _: fn.DeleteFunctionRequest(function_id="Sieve"),
}
# What they made is shown once, so that nothing can be answered again.
SHOWN_ONCE = {"CreateSource", "CreateWriteKey"}
# A key is made and deleted, and never changed.
UNGUARDED = {"DeleteWriteKey"}


async def _furnish(person: Person) -> dict[str, str]:
    await person.create_function("Gate", settings=[KEY])
    await person.create_function("Sieve", kind=config_pb2.FUNCTION_KIND_INSERT_DESTINATION)
    await person.create_function("Strainer", kind=config_pb2.FUNCTION_KIND_INSERT_SOURCE)
    return {
        "source": (await person.create_source("Spring")).source.source_id,
        "destination": (await person.create_destination(function_id="Gate")).destination_id,
        "insert": (await person.insert("Sieve", "Turbine")).instance_id,
        "filter": (await person.add_filter("Turbine")).filter_id,
    }


async def _send(person: Person, name: str, request: Message) -> Any:
    [method] = [each for each in METHODS if each.name == name]
    path = f"/{method.containing_service.full_name}/{name}"
    answer = GetMessageClass(method.output_type)
    stub = person.channel.unary_unary(path, lambda message: message.SerializeToString(), answer.FromString)
    return await person.call(stub, request)


def _with(request: Message, **fields: str) -> Message:
    """Set fields of a request, or of what it is about."""
    for name, value in fields.items():
        about = [each for _, each in request.ListFields() if isinstance(each, Message) and hasattr(each, name)]
        setattr(request if hasattr(request, name) else about[0], name, value)
    return request


def _takes(method: MethodDescriptor, field: str) -> bool:
    def has(message: Any) -> bool:
        return field in message.fields_by_name

    inner = [each.message_type for each in method.input_type.fields if each.type == FieldDescriptor.TYPE_MESSAGE]
    return has(method.input_type) or any(has(each) for each in inner)


def test_every_change_can_be_repeated_and_guarded() -> None:
    assert {each.name for each in METHODS if _takes(each, "request_id")} == REQUESTS.keys()
    changing = {each.name for each in METHODS if each.name.startswith(("Update", "Delete", "Deploy", "Restore"))}
    assert {each.name for each in METHODS if each.name in changing and _takes(each, "etag")} == changing - UNGUARDED


async def test_a_repeated_request_changes_nothing_more(installation: Installation, owner: Person) -> None:
    has = await _furnish(owner)
    for name, request in REQUESTS.items():
        first = await _send(owner, name, _with(request(has, "a"), request_id="r1"))
        await installation.publish()
        steps = len(installation.config.steps)
        if name in SHOWN_ONCE:
            with pytest.raises(AlreadyExists):
                await _send(owner, name, _with(request(has, "a"), request_id="r1"))
        else:
            assert await _send(owner, name, _with(request(has, "a"), request_id="r1")) == first, name
        with pytest.raises(InvalidArgument) as caught:
            await _send(owner, name, _with(request(has, "bb"), request_id="r1"))
        assert caught.value.reason == "REQUEST_ID_REUSED", name
        await installation.publish()
        assert len(installation.config.steps) == steps, name


async def test_the_same_id_a_day_later_is_a_new_request(installation: Installation, owner: Person) -> None:
    has = await _furnish(owner)
    request = _with(REQUESTS["RestoreFunctionVersion"](has, "a"), request_id="r1")
    await _send(owner, "RestoreFunctionVersion", request)
    earlier = datetime.now(UTC) - timedelta(days=1, seconds=1)
    async with installation.database.write() as session:
        await session.execute(text("UPDATE requests SET created_at = :at"), {"at": _stored(earlier, installation)})
    assert (await _send(owner, "RestoreFunctionVersion", request)).version.number == 3


@once
async def test_values_of_settings_are_not_compared(owner: Person) -> None:
    has = await _furnish(owner)
    request: Any = _with(REQUESTS["CreateDestination"](has, "a"), request_id="r1")
    first = await _send(owner, "CreateDestination", request)
    request.destination.settings = b'{"key": "another"}'
    assert await _send(owner, "CreateDestination", request) == first
    request.destination.settings = b"{}"
    with pytest.raises(InvalidArgument):
        await _send(owner, "CreateDestination", request)


async def test_what_changed_since_it_was_read_stays(installation: Installation, owner: Person) -> None:
    has = await _furnish(owner)
    guarded = {name: each(has, "a") for name, each in REQUESTS.items() if not name.startswith("Create")}
    guarded |= {name: each(has) for name, each in REMOVALS.items()}
    await installation.publish()
    steps = len(installation.config.steps)
    for name, request in guarded.items():
        with pytest.raises(Aborted) as caught:
            await _send(owner, name, _with(request, etag="stale"))
        assert caught.value.reason == "ETAG_MISMATCH"
        await installation.publish()
        assert len(installation.config.steps) == steps, name
        # With the one that the error tells, it goes through.
        await _send(owner, name, _with(request, etag=caught.value.metadata["etag"]))
        await installation.publish()
        steps = len(installation.config.steps)


def _stored(moment: datetime, installation: Installation) -> Any:
    is_sqlite = installation.database.url.get_backend_name() == "sqlite"
    return moment.replace(tzinfo=None).isoformat(" ") if is_sqlite else moment
