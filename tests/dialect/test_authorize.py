"""``[authorize]``: where a browser goes for the first tokens, and how it comes back."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remint.dialect import builtin, check, load
from remint.dialect.authorize import Redirect
from remint.errors import ConfigurationError

FILE = """\
name = "vendor"
[call.authorization_code]
path = "/token"
request.code = { in = "form" }
[answer.fields]
access_token = {}
"""
BASE_URL = "https://login.example.com/"


@pytest.fixture
def authorize_of(tmp_path):
    def make(text):
        file = tmp_path / "vendor.toml"
        file.write_text(FILE + text)
        assert check(file) == []
        return load(file).authorize

    return make


def standard():
    authorize = builtin("oauth2").authorize
    assert authorize is not None
    return authorize


def parts(url):
    place, _, query = url.partition("?")
    return place, dict(parse_qsl(query, strict_parsing=True))


def test_a_dialect_need_not_have_one(authorize_of):
    """Without the table there is nowhere to go."""
    assert authorize_of("") is None
    assert builtin("eshopbox").authorize is None


def test_the_standard_request_is_the_default():
    """RFC 6749 §4.1.1 and RFC 7636 §4.3, spaces as ``%20``: what every server reads."""
    authorize = standard()
    assert authorize.url(
        base_url=BASE_URL,
        client_id="a b",
        redirect_uri="http://127.0.0.1:8765/callback",
        scope="read write",
        state="s&t",
        code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        extras={"prompt": "consent", "client_secret": "never"},
    ) == (
        "https://login.example.com/oauth/authorize?response_type=code&client_id=a%20b"
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A8765%2Fcallback&scope=read%20write&state=s%26t"
        "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        "&prompt=consent"
    )
    assert authorize.pkce == "S256"
    assert authorize.answer == Redirect("code", "state", "error", "error_description")
    assert [each.meaning for each in authorize.inputs if each.required] == ["client_id"]


def test_everything_can_be_otherwise(authorize_of):
    """Another host, other names, other constants, commas, no PKCE, more parameters."""
    authorize = authorize_of(
        '[authorize]\nurl = "https://open.example.com/connect/?lang=en"\npkce = "none"\n'
        'scope_separator = ","\nanswer = { code = "auth_code", error = "err" }\n'
        "[authorize.request]\n"
        'client_id = { name = "client_key" }\nresponse_type = { send = false }\n'
        'scope = { name = "permissions", required = true }\n'
        'extras.shop = { title = "Shop" }\nextras.offline = { name = "access", value = "offline" }\n'
    )
    place, query = parts(
        authorize.url(client_id="k", scope="a  b", state="s", extras={"shop": 322}, base_url="x")
    )
    assert place == "https://open.example.com/connect/"
    assert query == {
        "lang": "en",
        "client_key": "k",
        "permissions": "a,b",
        "state": "s",
        "shop": "322",
        "access": "offline",
    }
    assert authorize.answer == Redirect("auth_code", "state", "err", "error_description")
    assert [(each.meaning, each.title) for each in authorize.inputs] == [
        ("client_id", "Client id"),
        ("extras.shop", "Shop"),
    ]


def test_an_address_may_differ_by_tenant(authorize_of):
    """An extra fills a placeholder, and leads nowhere else."""
    authorize = authorize_of('[authorize]\nurl = "https://{shop}.example.com/login"\n')
    place, query = parts(authorize.url(**GOOD, extras={"shop": "north"}))
    assert place == "https://north.example.com/login"
    assert "shop" not in query
    assert [each.meaning for each in authorize.inputs] == ["client_id", "extras.shop"]
    both = authorize_of('[authorize]\nurl = "https://{a}.example.com/"\nrequest.extras.a = {}\n')
    assert parts(both.url(**GOOD, extras={"a": "x"}))[1]["a"] == "x"
    assert [each.meaning for each in both.inputs] == ["client_id", "extras.a"]
    for shop in ({}, {"shop": "evil.org/"}, {"shop": "a@b"}):
        with pytest.raises(ConfigurationError, match=r"^extras\.shop: "):
            authorize.url(**GOOD, extras=shop)


GOOD = {"base_url": BASE_URL, "client_id": "c", "state": "s", "code_challenge": "x" * 43}


@pytest.mark.parametrize("lacking", ["client_id", "state", "code_challenge"])
@pytest.mark.parametrize("nothing", ["", None])
def test_there_is_no_going_without_what_protects(lacking, nothing):
    """No client, no state, no challenge: no address (RFC 9700 §2.1.1)."""
    authorize = standard()
    assert authorize.url(**GOOD)
    with pytest.raises(ConfigurationError, match=f"^{lacking}: "):
        authorize.url(**GOOD | {lacking: nothing})


def test_a_needed_extra_is_missed(authorize_of):
    """By its name."""
    authorize = authorize_of('[authorize]\npath = "/a"\nrequest.extras.shop = {}\n')
    with pytest.raises(ConfigurationError, match=r"^extras\.shop: "):
        authorize.url(**GOOD)


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(client_id=words, redirect_uri=words, state=words, challenge=words, login_hint=words)
def test_what_is_sent_arrives(client_id, redirect_uri, state, challenge, login_hint):
    """Whatever it is made of, and the address stays where it was."""
    url = standard().url(
        base_url=BASE_URL,
        client_id=client_id,
        redirect_uri=redirect_uri,
        state=state,
        code_challenge=challenge,
        extras={"login_hint": login_hint},
    )
    assert url.isascii() and url.isprintable()
    assert urlsplit(url).netloc == "login.example.com" and not urlsplit(url).fragment
    assert parts(url)[1] == {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "login_hint": login_hint,
    }


@pytest.mark.parametrize(
    "text, line, key, message, expected",
    [
        ("", 7, "authorize", "the key 'path' is missing", "a path that starts with /"),
        ('path = "a"', 8, "authorize.path", "'a' is no path", "a path that starts with /"),
        ('path = "/a?b=c"', 8, "authorize.path", "is no path", "a path that starts with /"),
        ('path = "/a"\nurl = "https://x"', 9, "authorize.url", "a path already", "either path or"),
        ('url = "/a"', 8, "authorize.url", "nowhere that a browser", "an absolute URL"),
        ('url = "javascript:alert(1)"', 8, "authorize.url", "nowhere that a browser", "absolute"),
        ('url = "https://x/#a"', 8, "authorize.url", "nowhere that a browser", "without a fragm"),
        ('url = "https://a@x/"', 8, "authorize.url", "nowhere that a browser", "an absolute URL"),
        ('url = "https://x/{a b}"', 8, "authorize.url", "nowhere that a browser", "an absolute"),
        ('url = "https://[x/"', 8, "authorize.url", "nowhere that a browser", "an absolute URL"),
        ('path = "/a"\npkce = "plain"', 9, "authorize.pkce", "'plain' is not known", "S256, none"),
        ('path = "/a"\nscope_separator = 5', 9, "authorize.scope_separator", "5 is not", "string"),
        (
            'path = "/a"\nrequest.code = {}',
            *(9, "authorize.request.code", "meaning of an authorization request", "response_type"),
        ),
        (
            'path = "/a"\nrequest.state = { nam = "s" }',
            *(9, "authorize.request.state.nam", "did you mean 'name'?", "one of name, value"),
        ),
        (
            'path = "/a"\nrequest.state = { send = false, name = "s" }',
            *(9, "authorize.request.state.name", "where nothing is sent", "send = false alone"),
        ),
        (
            'path = "/a"\nrequest.state = { name = "scope" }',
            *(9, "authorize.request.state", "travels where scope travels", "a name of its own"),
        ),
        (
            'path = "/a"\nrequest.extras.scope = {}',
            *(9, "authorize.request.extras.scope", "travels where scope travels", "a name of"),
        ),
        (
            'path = "/a"\npkce = "none"\nrequest.code_challenge = { name = "c" }',
            *(10, "authorize.request.code_challenge", "belongs to PKCE", "S256"),
        ),
        (
            'path = "/a"\nanswer.kode = "c"',
            *(9, "authorize.answer.kode", "did you mean 'code'?", "one of code, state"),
        ),
        (
            'path = "/a"\nanswer.code = ""',
            *(9, "authorize.answer.code", "'' is not a string that says", "a string"),
        ),
        (
            'url = "https://x/?state=1"',
            *(7, "authorize", "state does not arrive as it was sent", "parameters that arrive"),
        ),
    ],
)
def test_contradictions_are_refused(tmp_path, text, line, key, message, expected):
    """With file, line and key, and what would do."""
    file = tmp_path / "vendor.toml"
    file.write_text(f"{FILE}[authorize]\n{text}")
    (error,) = check(file)
    assert (error.file, error.line, error.key) == (file, line, key)
    assert message in error.message
    assert expected in (error.expected or "")
