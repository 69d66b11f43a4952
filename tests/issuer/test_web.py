"""The pages around the token endpoints."""

from __future__ import annotations

import html
import re
import shlex

import msgspec
import pytest

from remint import __version__
from remint.dialect import load, load_all
from remint.issuer import Issuer
from remint.issuer.endpoints.discovery import metadata
from remint.issuer.manual.dialecttold import pretty, span
from remint.issuer.manual.manual import Manual
from remint.issuer.settings import Settings
from tests.house.tree import ROOT
from tests.issuer.conftest import Line, ask, get, post
from tests.servers import serving

PAGES = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/.well-known/jwks.json"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with a fifth dialect beside those that come along."""
    folders = (ROOT / "examples/dialects",)
    data = tmp_path_factory.mktemp("web") / "data"
    with serving(Settings(data_dir=data, dialect_folders=folders)) as running:
        yield running


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there(server, path):
    """Each is answered 200, and HEAD has the same headers without a body."""
    answer = get(server.port, path)
    assert answer.status == 200
    assert answer.body
    line = Line(server.port)
    line.send(f"HEAD {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
    line.socket.settimeout(5)
    said = b"".join(iter(lambda: line.socket.recv(65536), b""))
    line.close()
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body == b""
    if path != "/metrics":
        assert f"content-length: {len(answer.body)}".encode() in head


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_only_read(server, path, method):
    """Another method is 405, says so in JSON and names what is allowed."""
    answer = get(server.port, path, "Content-Length: 0", method=method)
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert answer.json()["error"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/nothing", "/docs/", "/openapi/nobody.json", "/..", "//docs"])
def test_what_is_not_there_is_404(server, path):
    """In JSON, with a pointer to the manual; no path is guessed at."""
    answer = get(server.port, path)
    assert answer.status == 404
    assert answer.json() == {
        "error": "not_found",
        "error_description": "There is nothing here; see /docs.",
    }


def test_the_root_leads_to_the_manual(server):
    """Who comes without a path is shown the way."""
    answer = get(server.port, "/")
    assert (answer.status, answer.headers["location"]) == (307, "/docs")


def test_nothing_says_what_serves(server):
    """Neither the server's name nor its version is in an answer's head."""
    for path in ("/healthz", "/nothing", "/oauth/token"):
        assert not {"server", "x-powered-by"} & get(server.port, path).headers.keys()


def test_without_its_database_it_is_not_ready(serve):
    """A database that is gone, or put aside, makes it unready; put back, ready again."""
    server = serve()
    database = server.settings.data_dir / "remint.db"
    aside = database.with_name("aside")
    database.rename(aside)
    answer = get(server.port, "/readyz")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert get(server.port, "/healthz").status == 200
    aside.rename(database)
    assert get(server.port, "/readyz").status == 200


def test_keys_are_published_for_a_while(server):
    """The JWKS may be kept for an hour, and has no private part."""
    answer = get(server.port, "/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert all("d" not in key and "k" not in key for key in answer.json()["keys"])


def test_the_description_is_of_all_dialects_or_of_one(server):
    """``/openapi.json`` has every endpoint, ``/openapi/NAME.json`` those of one dialect."""
    whole = get(server.port, "/openapi.json").json()
    dialects = load_all([ROOT / "examples/dialects"])
    paths = {endpoint.paths[0] for each in dialects.values() for endpoint in each.endpoints}
    assert set(whole["paths"]) == paths
    assert whole["info"]["version"] == __version__
    for name, dialect in dialects.items():
        part = get(server.port, f"/openapi/{name}.json").json()
        assert set(part["paths"]) == {endpoint.paths[0] for endpoint in dialect.endpoints}
        assert part["info"]["title"] == dialect.title


def test_the_public_address_is_as_called_or_as_set(server, serve):
    """Descriptions name the address that the caller used, unless one was set."""
    assert get(server.port, "/openapi.json").json()["servers"] == [{"url": "http://test"}]
    known = serve(issuer_url="https://auth.example.com/v2/")
    assert get(known.port, "/openapi.json").json()["servers"] == [
        {"url": "https://auth.example.com/v2"}
    ]
    assert "https://auth.example.com/v2/oauth/token" in get(known.port, "/docs").body.decode()


def test_metadata_describes_the_standard_endpoint(server):
    """RFC 8414: what the standard dialect takes, read from its file."""
    document = get(server.port, "/.well-known/oauth-authorization-server").json()
    assert document["token_endpoint"] == "http://test/oauth/token"
    assert document["issuer"] == server.base_url
    assert document["grant_types_supported"] == ["refresh_token"]
    assert document["token_endpoint_auth_methods_supported"] == [
        "client_secret_basic",
        "client_secret_post",
        "none",
    ]


def test_metadata_is_only_of_a_standard_endpoint(tmp_path):
    """A home-made format is not passed off as RFC 6749."""
    dialects = load_all([ROOT / "examples/dialects"])
    standard = {
        name: metadata([each], issuer="http://a", base_url="http://a") is not None
        for name, each in dialects.items()
    }
    assert [name for name, is_standard in standard.items() if is_standard] == ["oauth2"]
    get_only = (dialects["oauth2"].file.read_text()).replace('"POST"', '"GET"')
    (tmp_path / "got.toml").write_text(
        get_only.replace('in = "form"', 'in = "query"').replace('"form"', '"query"')
    )
    assert metadata([load(tmp_path / "got.toml")], issuer="http://a", base_url="http://a") is None


def test_the_manual_needs_nothing_from_elsewhere(server):
    """Its policy forbids scripts and other origins, and it refers to none."""
    answer = get(server.port, "/docs")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "unsafe" not in policy
    page = answer.body.decode()
    assert not re.search(r"<script|style=| on\w+=|(?:href|src)=\"(?:https?:)?//", page)
    links = set(re.findall(r'(?:href|src)="([^"]+)"', page))
    for link in links - {link for link in links if link.startswith("#")}:
        assert get(server.port, link).status == 200
    for anchor in (link[1:] for link in links if link.startswith("#")):
        assert f'id="{anchor}"' in page
    style = get(server.port, "/docs/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert not re.search(rb"url\(|@import", style.body)


def test_the_manual_shows_every_dialect(server):
    """Each endpoint with its fields as they travel, an example and the refusals."""
    page = html.unescape(get(server.port, "/docs").body.decode())
    for dialect in load_all([ROOT / "examples/dialects"]).values():
        assert f'<section id="{dialect.name}"' in page
        for endpoint in dialect.endpoints:
            assert f"<code>{endpoint.paths[0]}</code>" in page
            for call in endpoint.calls:
                for field in call.request:
                    assert ".".join(field.name) in page or "Authorization" in page
        for code in dialect.form.refusals:
            assert f"<code>{code}</code>" in page


def test_the_manuals_requests_are_understood(server):
    """Each example is a request that its own endpoint reads: only its credentials are refused."""
    page = html.unescape(get(server.port, "/docs").body.decode())
    examples = re.findall(r'aria-label="Example request"><code>(.*?)</code>', page, re.DOTALL)
    assert len(examples) == 7
    for example in examples:
        words = shlex.split(example)
        url = next(word for word in words if word.startswith("http://test/"))
        headers = [words[at + 1] for at, word in enumerate(words) if word == "-H"]
        body = words[words.index("--data-raw") + 1].encode() if "--data-raw" in words else b""
        head = [each for each in headers if not each.lower().startswith("content-type")]
        content = [each for each in headers if each.lower().startswith("content-type")]
        request = post(url.removeprefix("http://test"), body, *head)
        if content:
            request = re.sub(rb"Content-Type: [^\r]+", content[0].encode(), request, count=1)
        line = Line(server.port)
        answer = line.ask(request)
        line.close()
        assert answer.status in (400, 401, 403), (example, answer)
        assert "invalid_request" not in answer.body.decode(), (example, answer)


def test_an_address_from_outside_is_escaped(server):
    """What a caller claims to have called is shown as text."""
    line = Line(server.port)
    page = line.ask(b'GET /docs HTTP/1.1\r\nHost: "><script>\r\n\r\n')
    line.close()
    assert b"<script" not in page.body


async def test_a_fault_of_a_page_is_500_and_says_nothing(tmp_path, monkeypatch):
    """The caller learns that it was our fault, the log learns what it was."""
    issuer = Issuer(Settings(data_dir=tmp_path / "data", access_log="off"))
    monkeypatch.setattr(issuer.installation.keys, "jwks", lambda: 1 / 0)

    sent: list = []
    async with issuer.lifespan():
        # Raised again, for the server to log.
        with pytest.raises(ZeroDivisionError):
            await ask(issuer, "/.well-known/jwks.json", sent=sent)
    assert sent[0]["status"] == 500
    assert msgspec.json.decode(sent[1]["body"]) == {
        "error": "server_error",
        "error_description": "",
    }


@pytest.mark.parametrize(
    "seconds, text",
    [
        (1, "1 second"),
        (45, "45 seconds"),
        (60, "1 minute"),
        (86_400, "1 day"),
        (90_000, "25 hours"),
    ],
)
def test_spans_are_told_in_the_largest_unit_that_fits(seconds, text):
    """86 400 seconds are a day."""
    assert span(seconds) == text


def test_a_body_that_is_no_json_is_shown_as_it_is():
    """A dialect may put something before its JSON."""
    assert pretty(b")]}',{}") == ")]}',{}"
    assert msgspec.json.decode(pretty(b'{"a":1}')) == {"a": 1}


def test_a_dialect_whose_examples_do_not_fit_has_none(tmp_path):
    """The page is shown all the same, without that request."""
    text = (ROOT / "examples/dialects/harbourline.toml").read_text()
    text += '\n[call.refresh_token.request.extras.berth]\nin = "json"\ntype = "boolean"\n'
    (tmp_path / "other.toml").write_text(text)
    page = Manual([load(tmp_path / "other.toml")], "1").page(base_url="http://a", mounted_at="/b")
    assert 'href="/b/docs/style.css"' in page
