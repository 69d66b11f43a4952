"""The way to a new app as a person goes it, and the call that the app makes afterwards."""

from __future__ import annotations

from typing import Any

import httpx2
import jwt
import msgspec
from playwright.sync_api import Page, expect


class Credentials(msgspec.Struct, frozen=True):
    """What the last step shows, as read from the page."""

    client_id: str
    client_secret: str
    refresh_token: str


def enter(page: Page) -> Page:
    """From the choice of workspaces to the overview of the workshop's own."""
    page.get_by_role("main").get_by_role("link", name="Acme Retail", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Acme Retail")
    return page


def describe(page: Page, name: str, dialect: str = "Eshopbox") -> None:
    """Step 1, from the list of apps. Ends at step 2."""
    page.get_by_role("link", name="Apps", exact=True).first.click()
    page.get_by_role("link", name="Create a custom app").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("radio", name=dialect).check()
    page.get_by_role("button", name="Create and go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Install {name}")
    expect(page.locator("[aria-current=step]")).to_contain_text("Install")


def install(page: Page, where: str) -> None:
    """Step 2. Ends at step 3."""
    page.get_by_role("radio", name=where).check()
    page.get_by_role("button", name="Install and show credentials").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Copy the credentials")


def copied(page: Page) -> Credentials:
    """Step 3: what each copy button puts on the clipboard."""
    values = {}
    for label in ("Client id", "Client secret", "Refresh token"):
        page.get_by_role("button", name=f"Copy {label}").click()
        expect(page.locator("#live")).to_have_text(f"Copied {label}")
        values[label.lower().replace(" ", "_")] = page.evaluate("navigator.clipboard.readText()")
    return Credentials(**values)


def renewed(base_url: str, credentials: Credentials) -> dict[str, Any]:
    """Renews over HTTP as the contract says, and gives what the access token carries, once verified."""
    fields = {"grant_type": "refresh_token", **msgspec.structs.asdict(credentials)}
    answer = httpx2.post(f"{base_url}/api/v1/generateToken", json=fields)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return verified(base_url, body["access_token"])


def verified(base_url: str, access_token: str) -> dict[str, Any]:
    """The claims of a token that the published keys vouch for."""
    header = jwt.get_unverified_header(access_token)
    published = httpx2.get(f"{base_url}/.well-known/jwks.json").json()
    key = jwt.PyJWKSet.from_dict(published)[header["kid"]]
    claims: dict[str, Any] = jwt.decode(access_token, key, algorithms=["ES256"], audience=base_url)
    return claims
