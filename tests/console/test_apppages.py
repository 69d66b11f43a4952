"""An app's pages: credentials, installations, sales channel, policy, switching off and taking back."""

from __future__ import annotations

import html
import itertools
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from remint.issuer.apps.apps import AppDraft, create_app
from remint.issuer.console.pages.appcopy import environment_value
from remint.issuer.installation import Installation
from remint.store.records import App
from tests.console.people import opened
from tests.console.visitor import Visitor, logged_in, words
from tests.servers import RunningServer

_NAMES = itertools.count(1)
MakeApp = Callable[..., App]


@pytest.fixture(scope="module")
def installation(server: RunningServer) -> Iterator[Installation]:
    """The server's installation, as a command has it."""
    with opened(server) as its:
        yield its


@pytest.fixture
def make_app(installation: Installation) -> MakeApp:
    """Makes an app in the workshop's workspace."""

    def make(dialect: str = "eshopbox", **draft: Any) -> App:
        fields: dict[str, Any] = {
            "name": f"App {next(_NAMES)}",
            "workspace": "Acme Retail",
            **draft,
        }
        return create_app(installation, AppDraft(dialect=dialect, **fields)).app

    return make


@pytest.fixture
def owner(server, workshop) -> Visitor:
    """Somebody who may do everything here."""
    return logged_in(server, workshop.owner)


def at(app: App, rest: str = "") -> str:
    return f"/console/workspaces/{app.workspace_id}/apps/{app.client_id}{rest}"


def shown(page: httpx2.Response, name: str) -> str:
    """A credential that the page shows."""
    found = re.search(rf'id="c-{name}" value="([^"]+)"', page.text)
    assert found, page.text
    return html.unescape(found[1])


def renewal(server: RunningServer, app: App, secret: str, token: str) -> httpx2.Response:
    fields = {
        "grant_type": "refresh_token",
        "client_id": app.client_id,
        "client_secret": secret,
        "refresh_token": token,
    }
    return httpx2.post(f"{server.base_url}/api/v1/generateToken", json=fields)


def installed(owner: Visitor, app: App, place: str = "") -> httpx2.Response:
    """Installs an app in its own workspace, or as ``place`` says."""
    form = owner.get(at(app, "/install"))
    where = place or str(app.workspace_id)
    return owner.send(form, at(app, "/install"), place=where, name=f"Trials of {app.name}")


def test_a_new_secret_is_shown_once_and_the_old_one_lasts_as_chosen(owner, make_app, installation):
    """It is on the page that answers, and on none after it; the one before it ends in a day."""
    app = make_app()
    answer = owner.send(owner.get(at(app)), at(app, "/secrets"), overlap="86400")
    secret = shown(answer, "client_secret")
    page = owner.get(at(app))
    assert secret not in page.text
    assert f"…{secret[-4:]}" in page.text
    assert "good until" in page.text
    newest, before = installation.catalogue.app(app.client_id).secrets
    assert not newest.expires_at
    assert before.expires_at


def test_a_secret_is_ended_after_a_question(owner, make_app, installation):
    """The page that asks names what follows; the answer ends the secret."""
    app = make_app()
    address = at(app, f"/secrets/{app.secrets[0].id}/end")
    answer = owner.send(owner.get(address), address)
    assert answer.headers["location"] == at(app)
    assert "has none that is good" not in words(owner.follow(answer))
    now_s = installation.clock.now_ms() // 1000
    assert 0 < installation.catalogue.app(app.client_id).secrets[0].expires_at <= now_s
    assert "no client secret yet" in words(owner.get(at(app)))


def test_a_form_from_before_somebody_elses_change_makes_no_secret(owner, make_app, installation):
    """The version in the form is an old one by then: 412, and the secrets are as they were."""
    app = make_app()
    form = owner.get(at(app))
    owner.send(form, at(app, "/secrets"), overlap="0")
    answer = owner.send(form, at(app, "/secrets"), overlap="0")
    assert answer.status_code == 412
    assert len(installation.catalogue.app(app.client_id).secrets) == 2


def test_an_overlap_that_is_no_choice_is_refused(owner, make_app, installation):
    """A form that somebody made up changes nothing."""
    app = make_app()
    answer = owner.send(owner.get(at(app)), at(app, "/secrets"), overlap="99")
    assert answer.status_code == 400
    assert len(installation.catalogue.app(app.client_id).secrets) == 1


def test_api_keys_are_made_and_revoked(owner, make_app, installation):
    """An app that shows an API key has a list of them instead of secrets."""
    app = make_app("genlogs")
    key = shown(owner.send(owner.get(at(app)), at(app, "/api-keys")), "api_key")
    first, second = installation.credentials.api_keys(app)
    assert key.endswith(second.hint)
    address = at(app, f"/api-keys/{first.id}/revoke")
    assert "was revoked" in words(owner.follow(owner.send(owner.get(address), address)))
    assert [each.revoked_at > 0 for each in installation.credentials.api_keys(app)] == [True, False]


def test_an_app_that_has_a_secret_keeps_it_when_it_is_installed_elsewhere(
    owner, make_app, installation
):
    """Only an app to which nothing was ever shown has its secret drawn with the installation."""
    app = make_app()
    answer = installed(owner, app)
    assert "c-client_secret" not in answer.text
    assert shown(answer, "refresh_token").startswith("remint_rt_")
    again = installed(owner, app, "new")
    assert f"Trials of {app.name}" in words(again)
    assert [each.name for _, each in installation.app_installations.of_app(app)] == [
        "Acme Retail",
        f"Trials of {app.name}",
    ]
    assert len(installation.catalogue.app(app.client_id).secrets) == 1


def test_a_new_refresh_token_is_good_beside_the_first_until_the_app_is_uninstalled(
    owner, make_app, server, installation
):
    """Both renew; uninstalling ends both at their next renewal."""
    app = make_app(credentials_later=True)
    first = installed(owner, app)
    secret, tokens = shown(first, "client_secret"), [shown(first, "refresh_token")]
    [(place, _)] = installation.app_installations.of_app(app)
    address = at(app, f"/installations/{place.id}")
    more = owner.send(owner.get(at(app, "/installations")), f"{address}/refresh-token")
    tokens.append(shown(more, "refresh_token"))
    assert [renewal(server, app, secret, each).status_code for each in tokens] == [200, 200]
    asked = owner.get(f"{address}/uninstall")
    owner.send(asked, f"{address}/uninstall")
    assert [renewal(server, app, secret, each).status_code for each in tokens] == [400, 400]
    assert "Not installed anywhere yet" in words(owner.get(at(app, "/installations")))


def test_what_an_installation_lacks_is_said_and_nothing_is_drawn(owner, make_app, installation):
    """A dialect whose answers carry a claim that nobody has given cannot be installed yet."""
    app = make_app("genlogs", credentials_later=True)
    answer = installed(owner, app)
    assert answer.status_code == 422
    assert "a claim" in words(answer)
    assert installation.credentials.api_keys(app) == []
    assert installation.app_installations.of_app(app) == []


def test_a_place_that_is_no_choice_is_refused(owner, make_app, installation):
    """Somebody else's workspace is none of the places, whatever a form says."""
    app = make_app()
    [other] = [each for each in installation.workspaces.open() if each.name == "Bergmann Foods"]
    answer = installed(owner, app, str(other.id))
    assert answer.status_code == 422
    assert "Choose one of these" in words(answer)


@pytest.mark.parametrize(
    "fields, wrong",
    [
        ({"product_identifier": "colour"}, "Products are not known by that field"),
        ({"product_identifier": "sku", "code": "no good"}, "no code for a sales channel"),
    ],
)
def test_a_sales_channel_that_cannot_be_is_not_made(owner, make_app, fields, wrong):
    """The words stand at the field, and the app is no sales channel."""
    app = make_app()
    address = at(app, "/sales-channel/field")
    answer = owner.send(owner.get(address), address, **fields)
    assert answer.status_code == 422
    assert wrong in words(answer)
    assert "Turn app into sales channel" in words(owner.get(at(app, "/sales-channel")))


def test_a_sales_channel_is_changed_and_ended(owner, make_app, installation):
    """Its code can be chosen; ended, the app carries nothing of it."""
    app = make_app()
    address = at(app, "/sales-channel/field")
    code = f"SHOP-{app.id}"
    owner.send(owner.get(address), address, product_identifier="ean", code=code)
    assert code in owner.get(at(app, "/sales-channel")).text
    end = at(app, "/sales-channel/end")
    owner.send(owner.get(end), end)
    assert installation.catalogue.app(app.client_id).token_claims == {}


def test_a_policy_is_begun_with_a_preset_and_saved(owner, make_app, installation):
    """The form fills in the preset's rules; saved, they are told in words with the standard's name."""
    app = make_app("oauth2")
    address = at(app, "/policy/edit")
    form = owner.get(f"{address}?preset=fapi2-confidential")
    assert 'value="keep" checked' in form.text
    answer = owner.send(form, address, **_typed(form))
    assert answer.headers["location"] == at(app, "/policy")
    assert "FAPI 2.0" in words(owner.follow(answer))
    assert installation.catalogue.app(app.client_id).policy.rotation == "keep"


@pytest.mark.parametrize(
    "field, value",
    [
        ("retry_window_seconds", "9999"),
        ("retry_window_seconds", ""),
        ("access_lifetime_seconds", "an hour"),
        ("idle_lifetime_seconds", "0"),
        ("budget_renewals", "5"),
    ],
)
def test_a_rule_that_cannot_be_is_told_at_its_field(owner, make_app, installation, field, value):
    """Nothing is saved, and what was typed stands there still."""
    app = make_app("oauth2")
    address = at(app, "/policy/edit")
    form = owner.get(address)
    answer = owner.send(form, address, **{**_typed(form), field: value})
    assert answer.status_code == 422
    assert re.search(r'id="f-[a-z_]+-error"', answer.text)
    assert installation.catalogue.app(app.client_id).policy == app.policy


def _typed(form: httpx2.Response) -> dict[str, str]:
    """What the policy's form holds as it comes."""
    typed = dict(re.findall(r'name="(\w+)" type="number" value="(\d*)"', form.text))
    [rotation] = re.findall(r'name="rotation" value="(\w+)" checked', form.text)
    return {**typed, "rotation": rotation, "access_algorithm": "ES256"}


def test_an_app_is_disabled_and_enabled(owner, make_app, server):
    """Disabled, it is refused like one that does not exist; enabled, its grants go on."""
    app = make_app(credentials_later=True)
    page = installed(owner, app)
    secret, token = shown(page, "client_secret"), shown(page, "refresh_token")
    asked = owner.get(at(app, "/disable"))
    assert "disabled" in words(owner.follow(owner.send(asked, at(app, "/disable"))))
    await_status(lambda: renewal(server, app, secret, token), 401)
    owner.send(owner.get(at(app)), at(app, "/enable"))
    await_status(lambda: renewal(server, app, secret, token), 200)


def await_status(ask: Callable[[], httpx2.Response], status: int) -> None:
    """A change of an app reaches the token endpoints within a second; a loaded machine may take longer."""
    for _ in range(100):
        if ask().status_code == status:
            return
        time.sleep(0.1)
    assert ask().status_code == status


def test_everything_is_revoked_only_by_the_name(owner, make_app, server):
    """A slip of the pen does nothing; the name does, from the next renewal on."""
    app = make_app(credentials_later=True)
    page = installed(owner, app)
    secret, token = shown(page, "client_secret"), shown(page, "refresh_token")
    address = at(app, "/revoke")
    asked = owner.get(address)
    again = owner.send(asked, address, phrase=app.name.lower())
    assert (again.status_code, "is not the app's name" in words(again)) == (422, True)
    assert renewal(server, app, secret, token).status_code == 200
    owner.send(asked, address, phrase=app.name)
    assert renewal(server, app, secret, token).status_code == 400


def test_a_call_that_lacks_something_is_not_made(owner, make_app):
    """*Try it* says at the field what is needed."""
    app = make_app()
    form = owner.get(at(app, "/try"))
    answer = owner.send(form, at(app, "/try"), refresh_token="remint_rt_x")
    assert answer.status_code == 422
    assert "needed for the call" in words(answer)


def test_the_list_is_narrowed_by_words_dialect_and_state(owner, workshop):
    """Each filter leaves the apps that fit; without any that do, it says how to go on."""
    address = f"/console/workspaces/{workshop.places['workspace']}/apps"
    assert "Storefront" in owner.get(f"{address}?q=front").text
    assert "Acme Orders" not in owner.get(f"{address}?q=front").text
    assert "Acme Orders" not in owner.get(f"{address}?dialect=oauth2").text
    disabled = words(owner.get(f"{address}?state=disabled"))
    assert "Price importer" in disabled
    assert "Storefront" not in disabled
    assert "Acme Orders" in owner.get(f"{address}?state=channel").text
    assert "No app fits" in words(owner.get(f"{address}?q=nothing%20like%20it"))


def test_who_may_only_look_is_offered_nothing_to_change(server, workshop):
    """A viewer sees an app whole, but for its buttons."""
    viewer = logged_in(server, workshop.viewer)
    address = f"/console/workspaces/{workshop.places['workspace']}/apps"
    assert "Create a custom app" not in viewer.get(address).text
    page = words(viewer.get(f"{address}/{workshop.places['client_id']}"))
    assert "Acme Orders" in page
    for label in ("Make a new secret", "End it", "Disable it", "Revoke all its grants", "Edit"):
        assert label not in page


@pytest.mark.parametrize(
    "value, written",
    [
        ("remint_cs_9fQ2-x", "remint_cs_9fQ2-x"),
        ("two words", '"two words"'),
        ('a"b$c`d\\', '"a\\"b\\$c\\`d\\\\"'),
        ("a\nb", '"a\\nb"'),
        ("", '""'),
    ],
)
def test_a_value_in_the_file_is_quoted_where_a_shell_would_read_more_into_it(value, written):
    """What is taken along as a file says what the page said, and nothing else."""
    assert environment_value(value) == written
