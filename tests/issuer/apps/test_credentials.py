"""Secrets and API keys: two secrets at once, told apart by their ends."""

from __future__ import annotations

import pytest

from remint.errors import ConfigurationError, Conflict, NotFound, StaleVersion
from remint.issuer.apps.apps import AppDraft, create_app
from remint.issuer.apps.credentials import add_api_key, end_secret, revoke_api_key, rotate_secret
from remint.issuer.tenants.companies import create_company
from remint.secret import Secret
from remint.token.credentials import fingerprint
from tests.issuer.apps.conftest import BY_BEN, again, digest, made
from tests.issuer.people.conftest import told


def live(installation, app):
    """The ends of the secrets that are good now, newest first."""
    now_s = installation.clock.now_ms() // 1000
    secrets = again(installation, app).secrets
    return [each.hint for each in secrets if not each.expires_at or each.expires_at > now_s]


def test_two_secrets_are_good_and_a_third_pushes_the_oldest_out(installation, app):
    """At once, though it had time left; its hash is gone too."""
    second, third = (rotate_secret(installation, app, actor=BY_BEN) for _ in range(2))
    assert live(installation, app) == [third.reveal()[-4:], second.reveal()[-4:]]
    held = {each.sha256 for each in again(installation, app).secrets}
    assert held == {fingerprint(each.reveal()) for each in (second, third)}
    assert again(installation, app).version == 3


def test_a_secret_is_ended_now(installation, app):
    """The other goes on, and is kept when the next one comes: not the ended one."""
    old = again(installation, app).secrets[0]
    rotate_secret(installation, app)
    new = again(installation, app).secrets[0]
    with pytest.raises(StaleVersion):
        end_secret(installation, app, new.id, expected=1)
    end_secret(installation, app, new.id, expected=2, actor=BY_BEN)
    assert live(installation, app) == [old.hint]
    with pytest.raises(NotFound, match="no live secret"):
        end_secret(installation, app, new.id)
    third = rotate_secret(installation, app)
    assert live(installation, app) == [third.reveal()[-4:], old.hint]
    assert told(installation).count("secret_ended") == 1


def test_credentials_of_another_app_are_out_of_reach(installation, workspace, app):
    """By their numbers neither."""
    other = made(installation, workspace, "Other")
    secret = again(installation, other).secrets[0]
    with pytest.raises(NotFound):
        end_secret(installation, app, secret.id)
    assert live(installation, other) == [secret.hint]


def test_the_first_credential_can_come_later(installation, workspace):
    """When it is shown, so that none lies about that nobody has seen."""
    draft = AppDraft(name="A", dialect="eshopbox", workspace=workspace, credentials_later=True)
    done = create_app(installation, draft)
    assert (done.client_secret, done.app.secrets) == (None, ())
    rotate_secret(installation, done.app)
    assert len(again(installation, done.app).secrets) == 1


def test_a_credential_from_elsewhere_has_no_hint(installation, workspace):
    """Its end may be all that is hard to guess of it."""
    draft = AppDraft(
        name="A", dialect="oauth2", workspace=workspace, existing=Secret("the-secret-of-before")
    )
    assert create_app(installation, draft).app.secrets[0].hint == ""


def test_api_keys_are_told_apart_and_checked(installation, workspace):
    """Each change is of the version that was seen."""
    company = create_company(installation, workspace, 1, "Acme")
    app = made(installation, workspace, "Carrier", dialect="genlogs", company=company.id)
    seen = app.version
    key = add_api_key(installation, app, expected=seen, actor=BY_BEN)
    first, second = installation.credentials.api_keys(app)
    assert second.hint == key.reveal()[-4:]
    for stale in (
        lambda: add_api_key(installation, app, expected=seen),
        lambda: revoke_api_key(installation, app, first.id, expected=seen),
    ):
        with pytest.raises(StaleVersion):
            stale()
    revoke_api_key(installation, app, first.id, expected=seen + 1)
    assert installation.catalogue.find(api_key_sha256=fingerprint(key.reveal())) is not None
    with pytest.raises(Conflict, match="belongs to an app already"):
        add_api_key(installation, app, key)


def test_an_app_is_not_left_without_the_key_that_was_taken(installation, workspace):
    """All of it is refused, where the key that it was to have is another's."""
    first = made(installation, workspace, "A", dialect="genlogs")
    key = add_api_key(installation, first)
    before = digest(installation)
    draft = AppDraft(name="B", dialect="genlogs", workspace=workspace, existing=key)
    with pytest.raises(Conflict, match="belongs to an app already"):
        create_app(installation, draft)
    assert digest(installation) == before
    with pytest.raises(ConfigurationError, match="can be guessed"):
        add_api_key(installation, first, Secret("short"))
