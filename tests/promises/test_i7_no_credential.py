"""I7: nothing that lies about or shows itself can be used as a credential."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from remint.clock import system_entropy
from remint.grant import policy_from
from remint.issuer.grants.issuing import issue, new_grant, terms_for
from remint.issuer.installation import Installation
from remint.issuer.people.passwords import hash_password
from remint.issuer.settings import Settings
from remint.secret import Secret
from remint.store.records import App, NewApp
from remint.token.credentials import fingerprint, mint_api_key, mint_client_secret
from remint.token.refresh import token_sha256
from tests.postgrescluster import Cluster
from tests.promises.engines import ON_BOTH
from tests.promises.line import Answer, Line, get, post
from tests.promises.vault import Vault
from tests.servers import RunningServer, serving

PARTNER = 7001
_JSON = "Content-Type: application/json"


class Scenario:
    """Apps of every dialect, everything they may do, and much that they may not."""

    def __init__(self, vault: Vault, settings: Settings) -> None:
        self.vault = vault
        self.settings = settings
        self.shown: list[bytes] = []
        self._port = 0
        self._token: dict[str, str] = {}
        self._secret: dict[str, str] = {}

    def prepare(self) -> None:
        """Makes apps, users and grants."""
        installation = Installation(self.settings, environ={})
        with closing(installation):
            oauth2 = self._app(installation, "oauth2", "oauth2", scope="openid read")
            self._app(installation, "rs256", "oauth2", access_algorithm="RS256")
            self._app(installation, "eshopbox", "eshopbox", rotation="keep")
            self._app(installation, "partner", "partner", number=PARTNER)
            genlogs = self._app(installation, "genlogs", "genlogs", authentication="api_key")
            self.api_key = self.vault.keep("API key", mint_api_key(system_entropy).reveal())
            installation.credentials.add_api_key(genlogs, fingerprint(self.api_key))
            self.password = self.vault.keep("password", system_entropy(12).hex() + " and ünicode")
            installation.people.create(
                oauth2.workspace_id,
                "ann@example.com",
                subject="ann",
                password_hash=hash_password(Secret(self.password)),
                claims={},
            )
            self.legacy = self.vault.keep("legacy token", system_entropy(24).hex())
            alias = installation.keys.alias_ids(token_sha256(self.legacy))[0]
            terms = terms_for(oauth2)
            grant = new_grant(installation, oauth2, "old", terms, grant_id=alias)
            installation.ledger.bring_in([grant], [terms])

    def _app(
        self,
        installation: Installation,
        name: str,
        dialect: str,
        *,
        authentication: Any = "secret",
        number: int | None = None,
        scope: str = "read",
        **policy: Any,
    ) -> App:
        secret = self.vault.keep("client secret", mint_client_secret(system_entropy).reveal())
        self._secret[name] = secret
        new = NewApp(
            workspace_id=installation.workspaces.ensure("test").id,
            client_id=name,
            name=name,
            dialect=dialect,
            authentication="none" if number else authentication,
            policy=policy_from(policy),
            number=number,
            scope=scope,
            claims={"company_id": 7713} if dialect == "genlogs" else {},
        )
        app = installation.catalogue.create_app(
            new, fingerprint(secret) if new.authentication == "secret" else None
        )
        token = issue(installation, app, f"user of {name}").refresh_token.reveal()
        self._token[name] = self.vault.keep("refresh token", token)
        return app

    def play(self, server: RunningServer) -> None:
        """Everything that a busy day brings."""
        self._port = server.port
        for _ in range(4):
            self._renew("oauth2", self._oauth2(self._token["oauth2"]))
            self._renew("partner", self._partner(self._token["partner"]))
            self._renew("genlogs", self._genlogs(self._token["genlogs"]))
            self._renew("eshopbox", self._eshopbox(self._token["eshopbox"]))
        self._renew("legacy", self._oauth2(self.legacy))
        person = {"username": "ann@example.com", "password": self.password}
        self._renew("person", self._partner("", "password", person))
        query = f"email=ann%40example.com&password={quote(self.password)}"
        self._renew(
            "genlogs person", post(f"/auth/token?{query}", b"", f"x-api-key: {self.api_key}")
        )
        self._break_keys(server)
        self._misbehave()
        self._replay()
        for page in ("/metrics", "/openapi.json", "/docs", "/healthz", "/.well-known/jwks.json"):
            self.shown.append(self._ask(get(page)).body)

    def _ask(self, request: bytes) -> Answer:
        with closing(Line(self._port)) as line:
            return line.ask(request)

    def _renew(self, name: str, request: bytes) -> None:
        answer = self._ask(request)
        assert answer.status == 200, f"{name}: {answer.body.decode()}"
        for kind, token in _tokens(answer.json):
            self.vault.keep(kind, token)
            if kind == "refresh token":
                self._token[name] = token

    def _refused(self, request: bytes) -> Answer:
        answer = self._ask(request)
        assert answer.status >= 400
        self.shown.append(answer.head + answer.body)
        return answer

    def _oauth2(self, token: str, app: str = "oauth2", secret: str = "") -> bytes:
        pair = base64.b64encode(f"{app}:{secret or self._secret[app]}".encode()).decode()
        body = f"grant_type=refresh_token&refresh_token={token}".encode()
        return post("/oauth/token", body, f"Authorization: Basic {pair}")

    def _eshopbox(self, token: str) -> bytes:
        body = {
            "grant_type": "refresh_token",
            "client_id": "eshopbox",
            "client_secret": self._secret["eshopbox"],
            "refresh_token": token,
        }
        return post("/api/v1/generateToken", json.dumps(body).encode(), _JSON)

    def _partner(
        self, token: str, grant_type: str = "refresh_token", body: dict[str, str] | None = None
    ) -> bytes:
        sent = json.dumps(body or {"refreshToken": token}).encode()
        headers = (_JSON, f"partnerId: {PARTNER}", f"grantType: {grant_type}")
        return post("/v1/auth/token", sent, *headers)

    def _genlogs(self, token: str) -> bytes:
        return post(f"/auth/token/refresh?refresh_token={token}", b"", f"x-api-key: {self.api_key}")

    def _break_keys(self, server: RunningServer) -> None:
        """A fault of ours in the middle of a renewal: the first RS256 key cannot be made."""
        ring = server.settings.data_dir / "keyring.json"
        kept = ring.read_bytes()
        ring.write_bytes(kept[: len(kept) // 2])
        fault = self._refused(self._oauth2(self._token["rs256"], "rs256"))
        assert fault.status == 500
        ring.write_bytes(kept)

    def _misbehave(self) -> None:
        """Credentials where they do not belong, in requests that are broken in every way."""
        token, secret = self._token["oauth2"], self._secret["oauth2"]
        self._refused(self._oauth2(token, "oauth2", self._secret["eshopbox"]))
        self._refused(self._oauth2(token, "rs256"))
        self._refused(get(f"/oauth/token/{token}?client_secret={secret}"))
        self._refused(get(f"/oauth/token?refresh_token={token}"))
        self._refused(post("/oauth/token", f"{{{token!r}: {secret!r}".encode(), _JSON))
        self._refused(post("/oauth/token", f"refresh_token={token}%&client_id={secret}".encode()))
        self._refused(post("/v1/auth/token", f'{{"refreshToken": "{token}'.encode(), _JSON))
        self._refused(
            post("/v1/auth/token", b"{}", _JSON, f"partnerId: {secret}", f"grantType: {token}")
        )
        self._refused(post("/auth/token/refresh", b"", f"x-api-key: {token}"))
        self._refused(
            post(f"/auth/token?email={token}&password={secret}", b"", f"x-api-key: {secret}")
        )
        self._refused(post("/auth/token/refresh?refresh_token=" + token * 2000, b""))
        wrong = {"username": token, "password": self.password}
        self._refused(self._partner("", "password", wrong))
        for broken in (
            f"{token} {secret} HTTP/1.1\r\n\r\n",
            f"POST /oauth/token HTTP/1.1\r\n{token}\r\n{secret}\0: x\r\n\r\n",
            f"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{token}",
        ):
            with closing(Line(self._port, timeout=0.3)) as line, suppress(OSError):
                line.send(broken.encode())
                self.shown.append(line.peek(65_536))

    def _replay(self) -> None:
        """The first refresh token, and then the newest: the grant is revoked."""
        for name, request in (("oauth2", self._oauth2), ("genlogs", self._genlogs)):
            self._refused(request(self._stolen(name)))
            self._refused(request(self._token[name]))

    def _stolen(self, name: str) -> str:
        token = self._token[name]
        for _ in range(2):
            make = self._oauth2 if name == "oauth2" else self._genlogs
            self._renew(name, make(self._token[name]))
        return token


def _tokens(answer: Any) -> Iterator[tuple[str, str]]:
    """Every token of an answer, whatever its names are."""
    if isinstance(answer, dict):
        for value in answer.values():
            yield from _tokens(value)
    elif isinstance(answer, str) and answer.startswith("remint_rt_"):
        yield "refresh token", answer
    elif isinstance(answer, str) and answer.startswith("eyJ"):
        yield "access token", answer


@pytest.fixture
def server(engine: str, request: pytest.FixtureRequest) -> Iterator[Cluster | None]:
    """The database server, with an empty database of that name, if there is one."""
    if engine == "sqlite":
        yield None
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    cluster.create("secrets")
    yield cluster
    cluster.drop("secrets")


@ON_BOTH
@pytest.mark.parametrize("workers", [1, 2])
def test_I7_no_secret_lies_about(tmp_path: Path, workers: int, server: Cluster | None):
    """No file, log, page, refusal or process shows a secret, as it is or encoded, while running or after.

    On PostgreSQL neither does any file of the server's: tables, log of changes, log of errors.
    """
    vault = Vault()
    database = server.url("secrets") if server else ""
    settings = Settings(data_dir=tmp_path / "data", workers=workers, database=database)
    scenario = Scenario(vault, settings)
    scenario.prepare()
    with serving(settings, covered=False) as running:
        scenario.play(running)
        assert len(vault) > 40
        processes = [path for pid in _family(running.process.pid) for path in _shown_by(pid)]
        assert len(processes) == 2 * (workers if workers == 1 else workers + 1)
        assert vault.found_under(tmp_path, *processes) == {}
        assert vault.found_in(b"\n".join(scenario.shown)) == set()
    assert vault.found_under(tmp_path) == {}
    if server is not None:
        assert vault.found_in(server.raw()) == set()
    log = running.stderr.read_text()
    assert '"event":"fault"' in log, "the log was not put to the test"
    assert '"event":"request"' in running.stdout.read_text()
    root_key = (settings.data_dir / "root.key").read_bytes().strip()
    others = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "root.key"]
    assert not [path for path in others if root_key in path.read_bytes()]
    assert server is None or root_key not in server.raw()


def test_I7_vault_finds_what_leaks(tmp_path: Path):
    """The search finds a secret in every shape that it claims to know."""
    vault = Vault()
    secret = vault.keep("client secret", mint_client_secret(system_entropy).reveal())
    (tmp_path / "a").mkdir()
    for content in (
        secret.encode(),
        b"x" + base64.b64encode(b"user:" + secret.encode()),
        secret.encode().hex().upper().encode(),
        secret[10:53].encode(),
    ):
        (tmp_path / "a" / "log").write_bytes(b"before " + content + b" after")
        assert list(vault.found_under(tmp_path)) == [str(tmp_path / "a" / "log")]


def _family(pid: int) -> list[int]:
    """A process and its children."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _family(int(child))
    return found


def _shown_by(pid: int) -> list[Path]:
    """What any user may read of a process, and what its owner may."""
    return [Path(f"/proc/{pid}/{name}") for name in ("cmdline", "environ")]
