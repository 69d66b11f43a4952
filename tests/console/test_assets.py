"""The console's files: named by what is in them, kept for ever, packed, and small."""

from __future__ import annotations

import gzip
import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from remint.issuer.console.assets import accepts_gzip, assets, serve
from tests.house.tree import ROOT, tracked

FOLDER = ROOT / "src/remint/issuer/console/assets"


@pytest.fixture
def client() -> TestClient:
    def answer(request: Request) -> Response:
        return serve(request, request.path_params["name"]) or Response(status_code=404)

    return TestClient(Starlette(routes=[Route("/assets/{name}", answer)]))


@pytest.mark.parametrize("name", sorted(assets().paths))
def test_a_file_is_served_as_it_is(client, name):
    """Under its hashed name, packed or not, it is what lies in the source, and may be kept for ever."""
    own = (FOLDER / name).read_bytes()
    for coding in ("gzip", "identity"):
        answer = client.get(assets().paths[name], headers={"Accept-Encoding": coding})
        assert answer.content == own
        assert answer.headers.get("content-encoding", "identity") == coding
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_name_carries_its_hash():
    """The address changes with the file, so that an old one can never be shown for a new one."""
    for name, path in assets().paths.items():
        digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
        assert digest.startswith(path.split(".")[-2])


def test_what_is_held_already_is_not_sent_again(client):
    """A browser that asks with the tag that it holds gets 304 and no body."""
    path = assets().paths["console.css"]
    tag = client.get(path).headers["etag"]
    again = client.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert again.status_code == 304
    assert not again.content


@pytest.mark.parametrize(
    "name", ["console.css", "console.000000000000.css", "htmx.LICENSE.txt", "..%2f__init__.py"]
)
def test_nothing_else_is_served(client, name):
    """A name without its hash, with another's, or of another file leads nowhere."""
    assert client.get(f"/assets/{name}").status_code == 404


@pytest.mark.parametrize(
    "accepted, does",
    [
        ("gzip, deflate, br", True),
        ("*", True),
        ("GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br", False),
        ("", False),
        ("xgzip", False),
    ],
)
def test_who_takes_gzip(accepted, does):
    """``Accept-Encoding`` is read as RFC 9110 §12.5.3 says."""
    assert accepts_gzip(accepted) is does


def test_the_first_load_leaves_room_for_a_page():
    """All files together, packed, are under 35 kB: with a page of 15 kB that is far from 60."""
    assert sum(len(each.packed) for each in assets().by_path.values()) < 35_000


def test_packing_tells_no_time():
    """Two installations pack alike: the tag of one is good at the other."""
    for each in assets().by_path.values():
        assert each.packed == gzip.compress(each.body, 9, mtime=0)


def test_nothing_comes_from_elsewhere():
    """No stylesheet, script or template loads from another origin, and none makes code of text."""
    for file in tracked("src/remint/issuer/console/*.html", "src/remint/issuer/console/assets/*"):
        if file.path.endswith((".min.js", ".txt")):
            continue
        text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", file.text, flags=re.DOTALL)
        assert not re.search(
            r"(?:src|href|action)=\"(?:https?:)?//|@import|url\(['\"]?\w*:?//", text
        ), file.path
        assert not re.search(r"\beval\(|new Function|innerHTML|\son\w+=\"|\sstyle=\"", text), (
            file.path
        )


def test_the_vendored_script_has_its_licence():
    """htmx is what its own package holds, and its licence lies beside it."""
    text = (FOLDER / "htmx.min.js").read_text()
    assert 'version:"2.0.11"' in text
    assert "Zero-Clause BSD" in (FOLDER / "htmx.LICENSE.txt").read_text()


def test_files_ship_with_the_package():
    """The build takes all of the package, and nothing excludes what is no Python."""
    build = tomllib.loads(Path(ROOT / "pyproject.toml").read_text())
    assert build["build-system"]["build-backend"] == "uv_build"
    assert "uv" not in build.get("tool", {})
