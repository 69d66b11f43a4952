"""Grant types that a dialect describes and that are not made here."""

from __future__ import annotations

import json

import pytest

from remint.clock import system_entropy
from remint.grant import policy_from
from remint.issuer import Issuer, Settings
from remint.store.records import NewApp
from remint.token.credentials import fingerprint, mint_client_secret
from tests.issuer.conftest import ask

WIDE = """
name = "wide"
[request]
grant_type = { in = "query" }
client_id = { in = "query" }
client_secret = { in = "query", required = false }
[call.refresh_token]
path = "/wide"
request.refresh_token = { in = "query" }
[call.client_credentials]
path = "/wide"
[call.authorization_code]
path = "/wide"
request.code = { in = "query" }
[call.password]
path = "/elsewhere"
serve = false
request.client_secret = { in = "query" }
[answer.fields]
access_token = {}
"""


@pytest.fixture
def issuer(tmp_path):
    (tmp_path / "wide.toml").write_text(WIDE)
    return Issuer(
        Settings(data_dir=tmp_path / "data", dialect_folders=(tmp_path,), access_log="off")
    )


@pytest.mark.parametrize("grant", ["client_credentials", "authorization_code&code=c"])
async def test_a_grant_type_that_is_not_made_is_refused(issuer, grant):
    """RFC 6749 §5.2 unauthorized_client, once the client has shown who it is; and no fault of ours."""
    secret = mint_client_secret(system_entropy).reveal()
    async with issuer.lifespan():
        issuer.service.installation.catalogue.create_app(
            NewApp(
                workspace_id=issuer.service.installation.workspaces.ensure("t").id,
                client_id="app",
                name="App",
                dialect="wide",
                authentication="secret",
                policy=policy_from({}),
            ),
            secret_sha256=fingerprint(secret),
        )
        query = f"client_id=app&client_secret={secret}&grant_type={grant}"
        status, body = await ask(issuer, "/wide", method="POST", query=query)
        assert (status, json.loads(body)["error"]) == (400, "unauthorized_client")
        assert (await ask(issuer, "/elsewhere", method="POST"))[0] == 404
