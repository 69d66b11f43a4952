"""The generated description of genlogs beside the vendor's own (contracts/genlogs-openapi.json).

They agree but for the rows that contracts/genlogs.md lists; each difference below names its row.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remint.dialect import builtin, openapi

VENDOR = json.loads((Path(__file__).parent / "data" / "genlogs-openapi.json").read_text())
OURS = openapi([builtin("genlogs")], server_url="/", title="GenLogs", version="1")

ABSENT = "absent"


def operation(document, path):
    """An operation with what it refers to in place of the references, and parameters by name."""
    found = document["paths"][path]["post"]
    parameters = {each["name"]: each for each in found["parameters"]}
    return inlined({**found, "parameters": parameters}, document)


def inlined(value, document):
    if isinstance(value, dict):
        if "$ref" in value:
            name = value["$ref"].rpartition("/")[2]
            inner = inlined(document["components"]["schemas"][name], document)
            beside = {key: each for key, each in value.items() if key != "$ref"}
            return {**beside, "component": name, "schema": inner}
        return {key: inlined(each, document) for key, each in value.items()}
    return [inlined(each, document) for each in value] if isinstance(value, list) else value


def differences(theirs, ours, at=""):
    """Each place where two structures differ, with what stands there."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {
            place: found
            for key in [*theirs, *(key for key in ours if key not in theirs)]
            for place, found in differences(
                theirs.get(key, ABSENT), ours.get(key, ABSENT), f"{at}/{key}"
            ).items()
        }
    return {} if theirs == ours else {at: (theirs, ours)}


SUCCESS = "/responses/200/content/application/json/schema/schema/properties"
DETAIL = {
    "application/json": {
        "schema": {
            "component": "GenlogsError",
            "schema": {
                "type": "object",
                "properties": {"detail": {"type": "string"}},
                "required": ["detail"],
            },
        }
    }
}


def part(document, component):
    return inlined(document["components"]["schemas"][component], document)


EXPECTED = {
    # "`access_token_data` is `type: object` with `items` | an object; no `items`"; so is refresh_token_data
    **{
        place: found
        for name, component in (
            ("access_token_data", "AccessTokenSchema"),
            ("refresh_token_data", "RefreshTokenSchema"),
        )
        for place, found in {
            f"{SUCCESS}/{name}/items": (
                {"component": component, "schema": part(VENDOR, component)},
                ABSENT,
            ),
            f"{SUCCESS}/{name}/component": (ABSENT, component),
            f"{SUCCESS}/{name}/schema": (ABSENT, part(VENDOR, component)),
        }.items()
    },
    # "`accept` is a required parameter | optional"
    "/parameters/accept/required": (True, False),
    # "401 and 500 in the prose, only 200 and 422 in the description | all four";
    # "the 401 text speaks of email and password | … here it speaks of the refresh token"
    "/responses/401": (
        ABSENT,
        {
            "description": "Invalid API key. Invalid or expired refresh token.",
            "content": DETAIL,
        },
    ),
    "/responses/500": (ABSENT, {"description": "Internal Server Error", "content": DETAIL}),
    # "a refresh token in a query string … | the contract stands": the JSON body, which is read too, is not
    # in the description, for OpenAPI has no way to say "here or there".
}


def test_the_renewal_differs_from_the_vendors_by_the_listed_rows_alone():
    """Parameters, responses, every component that they reach, names and titles included."""
    theirs = operation(VENDOR, "/token/refresh")
    ours = operation(OURS, "/auth/token/refresh")
    assert differences(theirs, ours) == EXPECTED


@pytest.mark.parametrize("component", VENDOR["components"]["schemas"])
def test_every_component_of_the_vendor_is_there(component):
    """By its own name, and the same but for ``items``."""
    theirs, ours = part(VENDOR, component), part(OURS, component)
    for place in differences(theirs, ours):
        assert component == "AuthenticationResponse"
        assert "_token_data/" in place


def test_the_first_grants_401_speaks_of_email_and_password():
    """contracts/genlogs.md: "that is the first grant's"."""
    responses = OURS["paths"]["/auth/token"]["post"]["responses"]
    assert responses["401"]["description"] == "Invalid API key. Invalid email or password."
