"""SecretsService: bounds what comes in, and leaves the rest to the store."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from penstock.secrets.v1 import secrets_service_pb2, secrets_service_pb2_grpc
from services.secrets.store.secrets import MAX_NAMES, SecretStore
from shared.errors import FieldViolation, InvalidArgument
from shared.rpc.access import caller

MAX_VALUE_BYTES = 64 * 1024
_ID = re.compile("[a-z]+_[0-9a-z]{1,58}")
_NAME = re.compile("[A-Za-z0-9_]{1,64}")


class SecretsServicer(secrets_service_pb2_grpc.SecretsServiceServicer):
    """Keeps the values of sensitive settings. Who may call what is in the contract."""

    def __init__(self, store: SecretStore) -> None:
        self._store = store

    async def PutSecrets(
        self, request: secrets_service_pb2.PutSecretsRequest, context: Any
    ) -> secrets_service_pb2.PutSecretsResponse:
        """Set, replace and clear values."""
        _refuse([*_wrong_ids(request), *_wrong_values(request)])
        names = await self._store.put(
            workspace_id=request.workspace_id,
            instance_id=request.instance_id,
            values=request.values,
            cleared=request.cleared,
        )
        return secrets_service_pb2.PutSecretsResponse(names=names)

    async def DeleteSecrets(
        self, request: secrets_service_pb2.DeleteSecretsRequest, context: Any
    ) -> secrets_service_pb2.DeleteSecretsResponse:
        """Remove all values of an instance."""
        _refuse(_wrong_ids(request))
        await self._store.delete(workspace_id=request.workspace_id, instance_id=request.instance_id)
        return secrets_service_pb2.DeleteSecretsResponse()

    async def GetSecrets(
        self, request: secrets_service_pb2.GetSecretsRequest, context: Any
    ) -> secrets_service_pb2.GetSecretsResponse:
        """Give the plaintext of an instance's values."""
        _refuse(_wrong_ids(request))
        values = await self._store.get(
            workspace_id=request.workspace_id, instance_id=request.instance_id, service=caller().service
        )
        return secrets_service_pb2.GetSecretsResponse(values=values)


def _wrong_ids(request: Any) -> Iterable[FieldViolation]:
    for field in ("workspace_id", "instance_id"):
        if not _ID.fullmatch(getattr(request, field)):
            yield FieldViolation(field, "is not an id")


def _wrong_values(request: secrets_service_pb2.PutSecretsRequest) -> Iterable[FieldViolation]:
    if len(request.values) > MAX_NAMES or len(request.cleared) > MAX_NAMES:
        yield FieldViolation("values", f"more than {MAX_NAMES} names")
    if not all(_NAME.fullmatch(name) for name in (*request.values, *request.cleared)):
        yield FieldViolation("values", "names are letters, digits and _, at most 64")
    if set(request.values) & set(request.cleared):
        yield FieldViolation("cleared", "a name is set and cleared at once")
    if any(len(value) > MAX_VALUE_BYTES for value in request.values.values()):
        yield FieldViolation("values", f"a value is longer than {MAX_VALUE_BYTES} bytes")


def _refuse(violations: Iterable[FieldViolation]) -> None:
    found = list(violations)
    if found:
        told = "; ".join(f"{violation.field}: {violation.description}" for violation in found)
        raise InvalidArgument(f"The request is not valid: {told}", violations=found)
