"""Members, tokens and workspaces from the command line, in a real installation."""

from __future__ import annotations

import pytest

from tests.e2e.penstock import Penstock, eventually

pytestmark = pytest.mark.slow


def test_a_token_opens_what_its_member_may_until_it_is_revoked(running: Penstock) -> None:
    member = running.json("members", "add", "Ada@Example.org", "--role", "functions-read-only")
    made = running.run("tokens", "create", "laptop", "--member", "ada@example.org", "--expires", "30d")
    secret = next(word for word in made.stdout.split() if word.startswith("ptk_"))
    assert "not shown again" in made.stdout
    (token,) = running.json("tokens", "list", "--member", member["member_id"])
    assert token["grants"] == [{"role": "ROLE_FUNCTIONS_READ_ONLY"}]
    assert secret not in str(token)
    assert running.run("functions", "list", "--token", secret).returncode == 0
    refused = running.run("sources", "list", "--token", secret)
    assert (refused.returncode, "ROLE_SOURCE_ADMIN" in refused.stderr) == (1, True)
    running.json("tokens", "revoke", token["token_id"], "--yes")
    eventually(lambda: "no valid token" in running.run("functions", "list", "--token", secret).stderr)
    running.json("members", "remove", "ada@example.org", "--yes")


def test_an_operator_makes_a_workspace_beside(running: Penstock) -> None:
    made = running.json("workspaces", "create", "beside")
    assert running.json("workspace", "show", "--token", made["token"])["workspace_id"] == made["workspace_id"]
    assert "beside" in [each["name"] for each in running.json("workspaces", "list")]
    refused = running.run("workspaces", "list", "--token", made["token"])
    assert "ROLE_OPERATOR" in refused.stderr
