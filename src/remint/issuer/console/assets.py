"""The console's files: stylesheet, scripts and icon, each under a name that carries its hash.

A name that changes with what it names can be kept for ever; the page that names it is never kept.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

#: Below the console's own path.
FOLDER: Final = "/assets"
_KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_DIGITS: Final = 12


class Asset(msgspec.Struct, frozen=True):
    """One file: as it is, and packed. ``etag`` is quoted already."""

    name: str
    media_type: str
    body: bytes
    packed: bytes
    etag: str


class Assets(msgspec.Struct, frozen=True):
    """All files: ``paths`` from plain names to hashed paths, ``by_path`` from those to the files."""

    paths: MappingProxyType[str, str]
    by_path: MappingProxyType[str, Asset]


@cache
def assets() -> Assets:
    """Every file, read and packed at the first call and kept."""
    paths, by_path = {}, {}
    for file in sorted((files("remint.issuer.console") / "assets").iterdir(), key=lambda f: f.name):
        stem, dot, end = file.name.rpartition(".")
        kind = _KINDS.get(dot + end)
        if kind is None:
            continue
        body = file.read_bytes()
        digest = hashlib.sha256(body).hexdigest()[:_DIGITS]
        hashed = f"{FOLDER}/{stem}.{digest}.{end}"
        paths[file.name] = hashed
        by_path[hashed] = Asset(hashed, kind, body, gzip.compress(body, 9, mtime=0), f'"{digest}"')
    return Assets(MappingProxyType(paths), MappingProxyType(by_path))


def accepts_gzip(accepted: str) -> bool:
    """Whether an ``Accept-Encoding`` takes gzip (RFC 9110 §12.5.3); a ``q`` of 0 is a no."""
    for part in accepted.lower().split(","):
        coding, _, parameters = part.partition(";")
        if coding.strip() in {"gzip", "*"}:
            weight = parameters.replace(" ", "").removeprefix("q=")
            return not weight or weight.strip("0.") != ""
    return False


def serve(request: Request, name: str) -> Response | None:
    """The file called ``name`` below :data:`FOLDER`, or ``None`` where there is none."""
    asset = assets().by_path.get(f"{FOLDER}/{name}")
    if asset is None:
        return None
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": asset.etag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if asset.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = asset.body
    if accepts_gzip(request.headers.get("accept-encoding", "")):
        body, headers["Content-Encoding"] = asset.packed, "gzip"
    return Response(body, headers=headers, media_type=asset.media_type)
