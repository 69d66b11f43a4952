"""A request as the admin API reads it."""

from __future__ import annotations

from urllib.parse import quote

from remint.issuer.endpoints.endpoint import Scope
from remint.issuer.web import MOUNTED_AT
from remint.secret import Secret


class AdminRequest:
    """The parts of an ASGI scope that count, with the key out of sight."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.mounted_at = str(scope.get(MOUNTED_AT, "")).rstrip("/")
        client = scope.get("client")
        self.origin: str = client[0] if client else ""
        self.headers: dict[str, str] = {}
        self.bearer: Secret | None = None
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            if name == "authorization":
                self.bearer = _bearer(value)
            else:
                # One of a kind counts; of several, all: no tag or key that is made of two will do.
                self.headers[name] = (
                    f"{self.headers[name]}, {value}" if name in self.headers else value
                )

    @property
    def url(self) -> str:
        """The path as the caller wrote it, mount and all, without the query."""
        raw = self.scope.get("raw_path")
        if raw:
            written: str = raw.partition(b"?")[0].decode("latin-1")
            return written
        return self.mounted_at + quote(self.path)

    def digested(self, body: bytes) -> bytes:
        """All by which a request differs from another."""
        told = (self.method, self.path, self.headers.get("if-match"), self.scope["query_string"])
        return repr((*told, body)).encode()


def _bearer(value: str) -> Secret | None:
    scheme, _, credential = value.partition(" ")
    credential = credential.strip()
    return Secret(credential) if scheme.lower() == "bearer" and credential else None
