"""What an app needs follows from its dialect's file: one that nobody has seen before, too."""

from __future__ import annotations

import contextlib

import pytest

from remint.errors import ConfigurationError, Conflict, DialectError, NotFound
from remint.issuer.apps.apps import AppDraft, create_app
from remint.issuer.apps.authentication import authentication_of
from remint.issuer.apps.credentials import rotate_secret
from remint.issuer.apps.policies import dialect_policy
from remint.issuer.grants.claims import check_complete, check_types, example_claims, needed_claims
from remint.issuer.installation import Installation
from remint.issuer.settings import Settings
from remint.secret import Secret
from remint.token.credentials import fingerprint

FILE = """
name = "acme"
{top}
[policy]
{policy}
[call.refresh_token]
path = "/acme/token"
[call.refresh_token.request]
refresh_token = {{ in = "json" }}
{request}
[answer.fields]
access_token = {{}}
{answer}
"""
CLIENT = 'client_id = { in = "json" }\n'
SECRET = 'client_secret = { in = "json" }\n'
NUMBER = 'client_number = { in = "header", name = "Shop" }\n'
KEY = 'api_key = { in = "header", name = "Key" }\n'


@pytest.fixture
def opened(tmp_path):
    """``opened(request=…, …)``: an installation that has such a dialect, named ``acme``."""
    with contextlib.ExitStack() as stack:

        def make(*, request=CLIENT + SECRET, answer="", policy="", top=""):
            folder = tmp_path / "dialects"
            folder.mkdir(exist_ok=True)
            text = FILE.format(request=request, answer=answer, policy=policy, top=top)
            (folder / "acme.toml").write_text(text)
            settings = Settings(data_dir=tmp_path / "data", dialect_folders=(folder,))
            installation = Installation(settings, environ={})
            stack.callback(installation.close)
            return installation

        yield make


@pytest.mark.parametrize(
    "request_fields, public, expected",
    [
        (CLIENT + SECRET, False, "secret"),
        (CLIENT, False, "none"),
        (CLIENT + SECRET.replace("}", ", required = false }"), True, "none"),
        (NUMBER, False, "none"),
        (NUMBER + SECRET, False, "secret"),
        (KEY, False, "api_key"),
        (KEY + CLIENT + SECRET, False, "api_key"),
    ],
)
def test_authentication_is_read_from_the_file(opened, request_fields, public, expected):
    """A key, else a secret, else nothing."""
    installation = opened(request=request_fields)
    assert authentication_of(installation.dialects["acme"], public=public) == expected


def test_a_dialect_that_names_no_client_cannot_have_apps(opened):
    """Its endpoint would not know who is calling."""
    installation = opened(request="")
    with pytest.raises(Conflict, match="do not say who is calling"):
        create_app(installation, AppDraft(name="A", dialect="acme"))


def test_a_dialect_for_calling_only_has_no_apps(opened):
    """``serve = false``."""
    installation = opened(top="serve = false")
    with pytest.raises(Conflict, match="cannot be served"):
        create_app(installation, AppDraft(name="A", dialect="acme"))
    with pytest.raises(NotFound, match="there are acme"):
        create_app(installation, AppDraft(name="A", dialect="none"))


def test_an_app_without_a_secret_takes_none_over(opened):
    """It would not be checked."""
    installation = opened(request=CLIENT)
    draft = AppDraft(name="A", dialect="acme", existing=Secret("a-secret-from-before"))
    with pytest.raises(Conflict, match="shows no secret"):
        create_app(installation, draft)
    assert installation.catalogue.apps() == []


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA", "HS256"])
def test_the_signing_key_is_there_before_the_first_token(opened, algorithm):
    """For HS256 that of the app's audience."""
    installation = opened(policy=f'access_algorithm = "{algorithm}"')
    made = create_app(installation, AppDraft(name="A", dialect="acme", audience="https://api"))
    audience = "https://api" if algorithm == "HS256" else None
    ring = installation.ring_file.load()
    assert ring.signing_key(algorithm, installation.clock.now_ms(), audience) is not None
    assert made.app.policy.access_algorithm == algorithm


def test_a_secret_and_its_successor(opened):
    """The first ends when the overlap is over, the new one never; a third ends the first at once."""
    installation = opened()
    made = create_app(installation, AppDraft(name="A", dialect="acme"))
    before_s = installation.clock.now_ms() // 1000
    second = rotate_secret(installation, made.app, overlap_seconds=60)
    held = installation.catalogue.app(made.app.client_id).secrets
    assert next(each.sha256 for each in held) == fingerprint(second.reveal())
    assert held[0].expires_at == 0
    assert before_s + 60 <= held[1].expires_at <= before_s + 62
    rotate_secret(installation, made.app)
    held = installation.catalogue.app(made.app.client_id).secrets
    assert made.client_secret is not None
    assert fingerprint(made.client_secret.reveal()) not in {each.sha256 for each in held}


@pytest.mark.parametrize(
    "policy, key",
    [
        ("retry_window_seconds = 4000", "policy.retry_window_seconds"),
        ("access_lifetime_seconds = 2592001", "policy.access_lifetime_seconds"),
    ],
)
def test_a_policy_that_will_not_do_is_shown_in_its_file(opened, policy, key):
    """File, line and key."""
    installation = opened(policy=policy)
    with pytest.raises(DialectError) as caught:
        dialect_policy(installation.dialects["acme"])
    assert (caught.value.key, caught.value.line) == (key, 5)
    assert str(caught.value.file).endswith("acme.toml")


ANSWER = """
extras.user_id = {}
extras.level = { format = "integer" }
extras.share = { format = "number" }
extras.ok = { format = "boolean" }
extras.city = { example = "Basel" }
extras.more = { format = "any", required = false }
"""


def test_claims_that_every_answer_needs(opened):
    """All that is required but the subject's own; each with an example of its type."""
    dialect = opened(answer=ANSWER).dialects["acme"]
    assert needed_claims(dialect) == {
        "level": "integer", "share": "number", "ok": "boolean", "city": "string"
    }  # fmt: skip
    examples = example_claims(dialect)
    assert examples["city"] == "Basel"
    check_complete(dialect, examples, whose="nobody")
    for name in examples:
        rest = {key: value for key, value in examples.items() if key != name}
        with pytest.raises(ConfigurationError, match=rf"carries {name}, and nobody has it"):
            check_complete(dialect, rest, whose="nobody")


@pytest.mark.parametrize(
    "claims",
    [{"level": "7"}, {"level": True}, {"level": 1.5}, {"share": "x"}, {"ok": 1}, {"city": 1},
     {"more": None}, {"user_id": 7}],
)  # fmt: skip
def test_a_claim_of_the_wrong_type_is_refused(opened, claims):
    """The answer could not carry it."""
    dialect = opened(answer=ANSWER).dialects["acme"]
    with pytest.raises(ConfigurationError, match="the dialect 'acme' sends"):
        check_types(dialect, claims)
    check_types(dialect, {"share": 1, "other": [1]})


def test_a_claim_of_the_protocol_is_refused(opened):
    """It would be ignored, so it is better not promised."""
    draft = AppDraft(name="A", dialect="acme", claims={"sub": "somebody"})
    with pytest.raises(ConfigurationError, match=r"claims\.sub: this claim is the protocol's own"):
        create_app(opened(), draft)
