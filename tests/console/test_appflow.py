"""The contract's steps (contracts/eshopbox.md, "Setting up"), as a person does them in a browser."""

from __future__ import annotations

import contextlib
import shutil

import httpx2
import msgspec
import pytest
from playwright.sync_api import Page, expect

from remint.issuer.installation import Installation
from tests.console.appflow import copied, describe, enter, install, renewed, verified
from tests.console.login import log_in
from tests.console.visitor import Visitor
from tests.servers import serving

CLAIMS = {"sales_channel", "product_identifier"}


@pytest.fixture
def at_work(as_owner: Page) -> Page:
    """The owner's tab, in the workspace that was chosen."""
    return enter(as_owner)


def into_sales_channel(page: Page, field: str) -> str:
    """From step 3 on: turns the app into a sales channel that knows products by ``field``; gives its code."""
    page.get_by_role("link", name="I have copied them").click()
    page.get_by_role("navigation", name="Parts of this app").get_by_text("Sales channel").click()
    page.get_by_role("link", name="Turn app into sales channel").click()
    page.get_by_role("radio", name=field).check()
    page.get_by_role("button", name="Turn app into sales channel").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Sales channel")
    return page.get_by_role("textbox", name="Sales channel code").input_value()


def test_an_app_in_this_workspace_renews_with_the_copied_credentials(at_work, server, workshop):
    """Create, install here, copy, turn into a sales channel: the token's claims carry code and field."""
    describe(at_work, "Harbour Stock")
    install(at_work, "This workspace")
    credentials = copied(at_work)
    assert renewed(server.base_url, credentials).keys().isdisjoint(CLAIMS)
    code = into_sales_channel(at_work, "sku")
    assert code == "HARBOUR-STOCK"
    claims = renewed(server.base_url, credentials)
    assert (claims["sales_channel"], claims["product_identifier"]) == (code, "sku")
    assert claims["client_id"] == credentials.client_id
    assert claims["workspace"] == workshop.places["workspace"]


def test_an_app_in_a_new_development_workspace_renews_too(at_work, server):
    """The workspace is made in the same moment, and the token says that it is of that workspace."""
    describe(at_work, "Lighthouse")
    at_work.get_by_role("radio", name="A new development workspace").check()
    assert (
        at_work.get_by_label("Name of the new workspace").input_value() == "Lighthouse development"
    )
    install(at_work, "A new development workspace")
    credentials = copied(at_work)
    code = into_sales_channel(at_work, "gtin")
    claims = renewed(server.base_url, credentials)
    assert (claims["sales_channel"], claims["product_identifier"]) == (code, "gtin")
    at_work.get_by_role("navigation", name="Parts of this app").get_by_text("Installations").click()
    at_work.get_by_role("link", name="Lighthouse development", exact=True).click()
    expect(at_work.get_by_role("heading", level=1)).to_have_text("Lighthouse development")
    assert at_work.url.endswith(f"/console/workspaces/{claims['workspace']}")


def test_the_flow_goes_by_keyboard_alone(at_work):
    """Tab, Space and Enter are enough from the form to the credentials."""
    at_work.get_by_role("link", name="Apps", exact=True).first.press("Enter")
    at_work.get_by_role("link", name="Create a custom app").press("Enter")
    at_work.get_by_label("Name", exact=True).focus()
    at_work.keyboard.type("Quiet Keys")
    at_work.keyboard.press("Tab")
    at_work.keyboard.press("Tab")
    at_work.keyboard.press("Space")
    for _ in range(2):
        at_work.keyboard.press("Tab")
    expect(at_work.get_by_role("button", name="Create and go on")).to_be_focused()
    at_work.keyboard.press("Enter")
    expect(at_work.get_by_role("heading", level=1)).to_have_text("Install Quiet Keys")
    at_work.get_by_role("radio").first.focus()
    at_work.keyboard.press("Enter")
    expect(at_work.get_by_role("heading", level=1)).to_have_text("Copy the credentials")


def test_a_description_that_is_sent_again_makes_nothing_twice(server, workshop):
    """As a browser does after an answer that got lost: it is led to the app that is there."""
    visitor = Visitor(server.base_url)
    visitor.log_in(workshop.owner.email, workshop.owner.password)
    address = f"/console/workspaces/{workshop.places['workspace']}/apps/new"
    form = visitor.get(address)
    answers = [visitor.send(form, address, name="Sent Twice", dialect="eshopbox") for _ in range(2)]
    assert {each.status_code for each in answers} == {303}
    assert len({each.headers["location"] for each in answers}) == 1
    with contextlib.closing(Installation(workshop.settings)) as installation:
        assert [each.name for each in installation.catalogue.apps()].count("Sent Twice") == 1


def test_a_copy_page_that_is_loaded_again_installs_nothing_twice(at_work, workshop):
    """The credentials that were shown stay the ones that are good."""
    describe(at_work, "Once Only")
    install(at_work, "This workspace")
    at_work.reload()
    expect(at_work.locator("#meanwhile")).to_contain_text("nothing was installed now")
    with contextlib.closing(Installation(workshop.settings)) as installation:
        [app] = [each for each in installation.catalogue.apps() if each.name == "Once Only"]
        assert len(installation.app_installations.of_app(app)) == 1
        assert len(installation.catalogue.app(app.client_id).secrets) == 1


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(at_work, axe):
    """A form that will not do comes back with the words at the field, and with what was typed."""
    at_work.goto(at_work.url.rstrip("/") + "/apps/new")
    at_work.get_by_label("Name", exact=True).fill("Half Done")
    at_work.get_by_role("radio", name="OAuth 2.0").check()
    at_work.get_by_text("More: scope").click()
    at_work.get_by_label("Claims of its own").fill('{"plan": }')
    at_work.get_by_role("button", name="Create and go on").click()
    claims = at_work.get_by_label("Claims of its own")
    expect(claims).to_have_attribute("aria-invalid", "true")
    expect(claims).to_have_value('{"plan": }')
    expect(at_work.get_by_label("Name", exact=True)).to_have_value("Half Done")
    expect(at_work.locator("#errors")).to_be_focused()
    axe(at_work)


def test_the_later_of_two_browsers_is_told(at_work, profiles, workshop):
    """The later writer sees whose change it was and keeps what they typed; nothing is overwritten."""
    edit = f"/console/workspaces/{workshop.places['workspace']}/apps/{workshop.places['client_id']}/edit"
    other = profiles().page()
    log_in(other, workshop.developer)
    for each in (at_work, other):
        each.goto(edit)
    other.get_by_label("What it does").fill("Grace was faster.")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_text("Saved.")).to_be_visible()
    at_work.get_by_label("Scope").fill("orders:read")
    at_work.get_by_role("button", name="Save").click()
    told = at_work.locator("#meanwhile")
    expect(told).to_be_focused()
    expect(told).to_contain_text(workshop.developer.email)
    expect(told).to_contain_text("Grace was faster.")
    expect(at_work.get_by_label("Scope")).to_have_value("orders:read")
    with contextlib.closing(Installation(workshop.settings)) as installation:
        app = installation.catalogue.app(workshop.places["client_id"])
        assert (app.description, app.scope) == ("Grace was faster.", "")


def test_the_later_of_two_who_install_is_told(at_work, profiles, workshop):
    """Of two installing a new app one gets its credentials, the other is told, and nothing is drawn anew."""
    describe(at_work, "Tug of War")
    other = profiles().page()
    log_in(other, workshop.owner)
    other.goto(at_work.url)
    install(at_work, "This workspace")
    secret = copied(at_work).client_secret
    other.get_by_role("radio", name="A new development workspace").check()
    other.get_by_role("button", name="Install and show credentials").click()
    expect(other.locator("#meanwhile")).to_contain_text(workshop.owner.email)
    with contextlib.closing(Installation(workshop.settings)) as installation:
        [app] = [each for each in installation.catalogue.apps() if each.name == "Tug of War"]
        [held] = installation.catalogue.app(app.client_id).secrets
        assert secret.endswith(held.hint)
        names = {each.name for each in installation.workspaces.open()}
        assert "Tug of War development" not in names


def test_a_developer_makes_a_development_workspace_on_the_spot(at_work, server, workshop):
    """It belongs to the one that the app is in, and their role holds there."""
    describe(at_work, "Tenant")
    address = at_work.url.removeprefix(server.base_url)
    visitor = Visitor(server.base_url)
    visitor.log_in(workshop.developer.email, workshop.developer.password)
    form = visitor.get(address)
    assert "This workspace" in form.text
    assert visitor.send(form, address, place="new", name="On the spot").status_code == 200
    with contextlib.closing(Installation(workshop.settings)) as installation:
        [made] = [each for each in installation.workspaces.open() if each.name == "On the spot"]
    assert str(made.parent_id) == workshop.places["workspace"]
    assert visitor.get(f"/console/workspaces/{made.id}/apps/new").status_code == 200


@pytest.fixture
def elsewhere(furnished, tmp_path):
    """Settings of a server that may be killed."""
    shutil.copytree(furnished.settings.data_dir, tmp_path / "data")
    return msgspec.structs.replace(furnished.settings, data_dir=tmp_path / "data")


def test_a_server_that_is_killed_in_mid_flow_has_lost_nothing(profiles, elsewhere, workshop):
    """What was described is there after ``kill -9``, says what comes next, and what was copied renews."""
    with serving(elsewhere) as server:
        page = profiles(server.base_url).page()
        log_in(page, workshop.owner)
        describe(enter(page), "Nine Lives")
        address = page.url.removeprefix(server.base_url)
        server.kill()
    with serving(msgspec.structs.replace(elsewhere, port=server.port)) as server:
        page.goto(address.removesuffix("/install"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Nine Lives")
        page.get_by_role("link", name="Install it").click()
        install(page, "This workspace")
        credentials = copied(page)
        server.kill()
    with serving(msgspec.structs.replace(elsewhere, port=server.port)) as server:
        assert renewed(server.base_url, credentials)["client_id"] == credentials.client_id


def test_credentials_can_be_taken_along_as_a_file(at_work):
    """The file for a program's environment holds what the page shows, and the address to call."""
    describe(at_work, "Take Away")
    install(at_work, "This workspace")
    credentials = copied(at_work)
    with at_work.expect_download() as waiting:
        at_work.get_by_role("button", name="Download as .env").click()
    assert waiting.value.suggested_filename == "take-away.env"
    lines = dict(
        line.split("=", 1) for line in waiting.value.path().read_text().splitlines() if line
    )
    assert lines["TOKEN_URL"].endswith("/api/v1/generateToken")
    assert lines["CLIENT_SECRET"] == credentials.client_secret
    assert lines["REFRESH_TOKEN"] == credentials.refresh_token


def test_try_it_makes_the_call_and_shows_both_sides(at_work, server, axe):
    """The new refresh token that it shows renews over HTTP, and its pages have no violation."""
    describe(at_work, "Rehearsal", "OAuth 2.0")
    install(at_work, "This workspace")
    credentials = copied(at_work)
    axe(at_work)
    with at_work.expect_popup() as opening:
        at_work.get_by_role("button", name="Try them").click()
    trial = opening.value
    trial.get_by_role("button", name="Make the call").click()
    expect(trial.get_by_text("Here is an access token")).to_be_visible()
    sent = trial.locator("#request")
    expect(sent).to_contain_text("/oauth/token")
    expect(sent).not_to_contain_text(credentials.refresh_token)
    expect(trial.locator("#claims")).to_contain_text(credentials.client_id)
    newest = trial.locator("#new-token").input_value()
    assert newest != credentials.refresh_token
    axe(trial)
    # What is shown once is still there to be copied.
    assert copied(at_work) == credentials
    fields = {"grant_type": "refresh_token", "refresh_token": newest}
    basic = (credentials.client_id, credentials.client_secret)
    answer = httpx2.post(f"{server.base_url}/oauth/token", data=fields, auth=basic)
    assert verified(server.base_url, answer.json()["access_token"])["sub"].startswith("workspace:")


def test_try_it_shows_a_refusal_as_the_app_would_get_it(at_work, workshop):
    """A wrong secret gets the dialect's own refusal, with its status, and nothing is revoked by it."""
    address = f"/console/workspaces/{workshop.places['workspace']}/apps/{workshop.places['client_id']}/try"
    at_work.goto(address)
    at_work.get_by_label("Client secret").fill("remint_cs_wrong")
    at_work.get_by_label("Refresh token").fill("remint_rt_wrong")
    at_work.get_by_role("button", name="Make the call").click()
    expect(at_work.get_by_role("heading", name="It was refused")).to_be_visible()
    expect(at_work.locator("#outcome")).to_contain_text("invalid_client")
    expect(at_work.locator("#answer")).to_contain_text("401")
