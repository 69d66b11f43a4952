"""A provider with a token endpoint and an API, over TLS, that does as it is told and keeps count.

Each refresh token works once. Under `strict` an older one revokes the session, as RFC 9700 §4.14.2 has it;
under `single` it is refused and no more; under `grace` the last but newest brings the same successor again.
"""

import base64
import contextlib
import datetime as dt
import hashlib
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

CLIENT_ID = "bench"
CLIENT_SECRET = "bench-secret-5f1c0a72e9d84b36"

Reply = tuple[int, str, bytes]
_JSON = "application/json"


@dataclass
class Provider:
    """One session, and what has become of it.

    `shape` turns the seconds that an access token lives into what the answer says of it. `junk` is answered
    instead of anything else while it is set, and `hang_up` drops that many answers of renewals that happened.
    """

    rotation: str = "strict"
    lifetime_seconds: float = 3600
    delay_seconds: float = 0
    earliest_seconds: float = 0
    shape: Callable[[float], dict[str, Any]] = lambda seconds: {"expires_in": int(seconds)}
    junk: Reply | None = None
    hang_up: int = 0
    newest: int = 0
    is_revoked: bool = False
    calls: int = 0
    renewals: int = 0
    base_url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    _expiries: dict[str, float] = field(default_factory=dict)

    def reset(self, **provider: Any) -> None:
        """Begins a new session, with other ways if any are given."""
        self.newest = self.calls = self.renewals = self.hang_up = 0
        self.is_revoked, self.junk = False, None
        self._expiries.clear()
        for name, value in provider.items():
            setattr(self, name, value)

    def grant(self, left_seconds: float) -> dict[str, Any]:
        """The first tokens of the session, with an access token that ends so soon."""
        return self._tokens(0, left_seconds)

    def revoke(self) -> None:
        """The user takes the session back."""
        self.is_revoked = True

    def secrets(self) -> list[str]:
        """Everything that must not be seen in a log."""
        numbers = range(self.newest + 1)
        refresh = [refresh_token(number) for number in numbers]
        return [CLIENT_SECRET, *refresh, *map(_access_token, numbers)]

    def api(self, authorization: str) -> int:
        """The status of a call to the API."""
        with self.lock:
            until = self._expiries.get(authorization.removeprefix("Bearer "), 0)
            return 200 if time.time() < until and not self.is_revoked else 401

    def token(self, form: dict[str, str]) -> Reply | None:
        """The answer of the token endpoint; `None`: none."""
        with self.lock:
            self.calls += 1
        time.sleep(self.delay_seconds)
        with self.lock:
            if self.junk is not None:
                return self.junk
            reply = self._renew(form.get("refresh_token", ""), form.get("scope", ""))
            if reply[0] == 200 and self.hang_up:
                self.hang_up -= 1
                return None
            return reply

    def _renew(self, token: str, scope: str) -> Reply:
        if self.is_revoked or token not in map(refresh_token, range(self.newest + 1)):
            return _refusal("invalid_grant", "The session has ended.")
        left = self._expiries.get(_access_token(self.newest), 0) - time.time()
        if self.earliest_seconds and left > self.lifetime_seconds - self.earliest_seconds:
            return _refusal("invalid_request", "The access token has not expired yet.")
        if token == refresh_token(self.newest):
            self.newest += 1
            self.renewals += 1
        elif not (self.rotation == "grace" and token == refresh_token(self.newest - 1)):
            self.is_revoked = self.rotation == "strict"
            return _refusal("invalid_grant", "The refresh token was used before.")
        tokens = self._tokens(self.newest, self.lifetime_seconds)
        if "openid" in scope.split():
            tokens["id_token"] = self._id_token()
        return 200, _JSON, json.dumps(tokens).encode()

    def _tokens(self, number: int, seconds: float) -> dict[str, Any]:
        token = _access_token(number)
        self._expiries[token] = time.time() + seconds
        return {
            "access_token": token,
            "token_type": "Bearer",
            "refresh_token": refresh_token(number),
            "scope": "orders",
            **self.shape(seconds),
        }

    def _id_token(self) -> str:
        """For MSAL, which asks for one, finds the account by it, and does not look at the signature."""
        claims = {"iss": f"{self.base_url}/id", "aud": CLIENT_ID, "sub": "u1"}
        parts = ({"alg": "none"}, {**claims, "exp": int(time.time()) + 3600})
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts]
        return ".".join(part.decode().rstrip("=") for part in encoded) + "."

    def metadata(self) -> bytes:
        """OpenID Connect Discovery, for who asks."""
        issuer = f"{self.base_url}/id"
        return json.dumps(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
            }
        ).encode()


def refresh_token(number: int) -> str:
    """The refresh token of a generation."""
    return f"rt-{number}-{hashlib.sha256(b'refresh %d' % number).hexdigest()}"


def _access_token(number: int) -> str:
    return f"at-{number}-{hashlib.sha256(b'access %d' % number).hexdigest()}"


def _refusal(code: str, description: str) -> Reply:
    body = {"error": code, "error_description": description}
    return 400, _JSON, json.dumps(body).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        reply = self.provider.token(form) if self.path == "/id/token" else (404, _JSON, b"{}")
        if reply is None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(*reply)

    def do_GET(self) -> None:
        if self.path.startswith("/id/.well-known/openid-configuration"):
            self._send(200, _JSON, self.provider.metadata())
            return
        status = self.provider.api(self.headers.get("Authorization") or "")
        self._send(status, _JSON, b'{"orders": []}')

    def _send(self, status: int, kind: str, body: bytes) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_arguments: object) -> None:
        """A client that is gone is part of the game."""


@contextlib.contextmanager
def serving(provider: Provider, certificate: Path) -> Iterator[Provider]:
    """Lets a provider answer, until the block's end."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": provider}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    # The handshake happens in the thread of the request, so that nobody waits for another's.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    provider.base_url = f"https://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def make_certificate(file: Path) -> None:
    """Writes a key and a certificate for this machine, which also is what clients trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
