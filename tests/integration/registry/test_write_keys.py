"""Write keys of sources over the real server."""

from __future__ import annotations

import pytest

from penstock.registry.v1 import source_pb2 as src
from shared.errors import AlreadyExists, NotFound, ResourceExhausted
from shared.rpc.identity import digest
from tests.databases import once
from tests.integration.registry.installation import Installation, Person


async def _create(person: Person, source: str, **fields: str) -> src.CreateWriteKeyResponse:
    request = src.CreateWriteKeyRequest(source_id=source, **fields)
    return await person.call(person.sources.CreateWriteKey, request)


async def _delete(person: Person, source: str, token: str) -> src.Source:
    request = src.DeleteWriteKeyRequest(source_id=source, token=token)
    return (await person.call(person.sources.DeleteWriteKey, request)).source


def _open(config: dict[str, object], source: src.Source) -> set[str]:
    return {
        key for key, value in config.items() if getattr(value, "source_id", "") == source.source_id and "token" in key
    }


async def test_a_source_has_many_keys_each_gone_by_itself(installation: Installation, owner: Person) -> None:
    first = await owner.create_source("Spring")
    second = await _create(owner, "Spring")
    assert [key.hint for key in second.source.write_keys] == [first.token[:8], second.token[:8]]
    assert second.source.etag != first.source.etag
    listed = await owner.call(owner.sources.ListSources, src.ListSourcesRequest())
    assert list(listed.sources) == [second.source]
    keys = {f"token.{digest(each.token)}" for each in (first, second)}
    assert _open(await installation.publish(), first.source) == keys

    left = await _delete(owner, "Spring", first.token)
    assert [key.hint for key in left.write_keys] == [second.token[:8]]
    assert _open(await installation.publish(), first.source) == {f"token.{digest(second.token)}"}
    left = await _delete(owner, "Spring", left.write_keys[0].token_id)
    assert not left.write_keys
    assert not _open(await installation.publish(), first.source)


async def test_a_key_of_another_source_stays(owner: Person) -> None:
    await owner.create_source("Spring")
    other = await owner.create_source("Well")
    for reference in (other.token, other.source.write_keys[0].token_id, "", "nu\0l"):
        with pytest.raises(NotFound) as caught:
            await _delete(owner, "Spring", reference)
        assert other.token not in caught.value.message


@once
async def test_a_source_has_ten_at_most(owner: Person) -> None:
    await owner.create_source("Spring")
    for _ in range(9):
        await _create(owner, "Spring")
    with pytest.raises(ResourceExhausted) as caught:
        await _create(owner, "Spring")
    assert caught.value.reason == "WRITE_KEY_LIMIT"


@once
async def test_a_repeated_request_makes_no_second_key(owner: Person) -> None:
    await owner.create_source("Spring")
    first = await _create(owner, "Spring", request_id="r1")
    with pytest.raises(AlreadyExists) as caught:
        await _create(owner, "Spring", request_id="r1")
    assert caught.value.metadata == {"token_id": first.source.write_keys[1].token_id}
