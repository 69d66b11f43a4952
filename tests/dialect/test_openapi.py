"""The generated descriptions: whole, and true of what the endpoints say."""

from __future__ import annotations

from pathlib import Path

import jsonschema_rs
import pytest

from remint.dialect import builtin, load, openapi
from remint.dialect.check import sample_answer
from remint.dialect.vocabulary import REFUSAL_STATUSES
from remint.errors import Refusal
from tests.dialect.exchange import body_of, every_dialect

DIALECTS = {dialect.name: dialect for dialect in every_dialect()}


def document(*dialects):
    return openapi(dialects, server_url="https://issuer.test", title="Tokens", version="1.0")


ALL = document(*DIALECTS.values())
OPERATIONS = [
    (name, endpoint.method.lower(), endpoint.paths[0])
    for name, dialect in DIALECTS.items()
    for endpoint in dialect.endpoints
]


def references(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def validator(schema):
    """A validator that knows the document's components."""
    return jsonschema_rs.validator_for({**schema, "components": ALL["components"]})


def test_the_document_is_whole():
    """Every endpoint is there once, under an id of its own, and every reference leads somewhere."""
    assert ALL["openapi"] == "3.1.0"
    assert ALL["info"] == {"title": "Tokens", "version": "1.0"}
    assert ALL["servers"] == [{"url": "https://issuer.test"}]
    found = {(method, path) for path, item in ALL["paths"].items() for method in item}
    assert found == {(method, path) for _, method, path in OPERATIONS}
    ids = [each["operationId"] for item in ALL["paths"].values() for each in item.values()]
    assert len(set(ids)) == len(ids)
    for target in references(ALL):
        assert target.rpartition("/")[2] in ALL["components"]["schemas"]
    for schema in ALL["components"]["schemas"].values():
        jsonschema_rs.meta.validate(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
        )


@pytest.mark.parametrize("name, method, path", OPERATIONS)
def test_every_answer_is_described(name, method, path):
    """A success and each refusal have a status that is described, and the body that the schema says."""
    endpoint = next(each for each in DIALECTS[name].endpoints if each.paths[0] == path)
    responses = ALL["paths"][path][method]["responses"]
    answers = [endpoint.encode(sample_answer(call.answer)) for call in endpoint.calls]
    for code in REFUSAL_STATUSES:
        refusal = Refusal(code, "Words.", where="body", name="scope", kind="missing")
        answers += [endpoint.refuse(refusal, "id"), endpoint.refuse(Refusal(code, ""), "id")]
    statuses = DIALECTS[name].form.statuses
    for answer in answers:
        if statuses and answer.status not in (200, *statuses):
            assert str(answer.status) not in responses
            continue
        schema = responses[str(answer.status)]["content"]["application/json"]["schema"]
        validator(schema).validate(body_of(answer))


@pytest.mark.parametrize("name, method, path", OPERATIONS)
def test_every_example_is_an_answer(name, method, path):
    """What the description shows is what its own schema allows."""
    for response in ALL["paths"][path][method]["responses"].values():
        media = response["content"]["application/json"]
        for example in media.get("examples", {}).values():
            validator(media["schema"]).validate(example["value"])


def schema_of(path, name, kind="application/x-www-form-urlencoded"):
    operation = ALL["paths"][path]["post"]
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == name:
            return parameter["schema"]
    return operation["requestBody"]["content"][kind]["schema"]["properties"][name]


@pytest.mark.parametrize(
    "path, name, good, bad",
    [
        (
            "/oauth/token",
            "refresh_token",
            ["x", "é", "a" * 4096],
            ["", "\n", "a" * 4097, 5, "\x85"],
        ),
        ("/oauth/token", "grant_type", ["refresh_token"], ["password", ""]),
        ("/v1/auth/token", "partnerId", [-(2**31), 0, 2**31 - 1], [2**31, -(2**31) - 1, "x", 1.5]),
        ("/v1/auth/token", "grantType", ["refresh_token"], ["x", "password"]),
        ("/api/session/renew", "X-Harbour-App", ["a b"], ["", " a", "a ", "é", "a\tb"]),
    ],
)
def test_limits_are_those_of_the_decoder(path, name, good, bad):
    """Lengths, characters, ranges and words."""
    rules = validator(schema_of(path, name))
    assert all(rules.is_valid(each) for each in good)
    assert not any(rules.is_valid(each) for each in bad)


def test_the_client_may_use_basic():
    """oauth2: Basic or the body, so the scheme is there and not demanded."""
    assert ALL["components"]["securitySchemes"] == {"basic": {"type": "http", "scheme": "basic"}}
    assert ALL["paths"]["/oauth/token"]["post"]["security"] == [{"basic": []}, {}]


def test_a_call_that_is_not_described_is_left_out():
    """partner: one address, two grants, of which OpenAPI could not say which body goes with which header."""
    media = ALL["paths"]["/v1/auth/token"]["post"]["requestBody"]["content"]["application/json"]
    assert media["schema"]["required"] == ["refreshToken"]
    assert set(media["schema"]["properties"]) == {"refreshToken"}


def test_bodies_that_differ_by_grant_are_alternatives(tmp_path):
    """Two grants at one address, both described."""
    text = Path(str(builtin("partner").file)).read_text().replace("described = false", "")
    file = tmp_path / "partner.toml"
    file.write_text(text)
    document = openapi([load(file)], server_url="/", title="x", version="1")
    body = document["paths"]["/v1/auth/token"]["post"]["requestBody"]
    required = [each["required"] for each in body["content"]["application/json"]["schema"]["anyOf"]]
    assert required == [["refreshToken"], ["username", "password"]]


CLASHING = """
name = "{name}"
[call.refresh_token]
path = "/{name}"
operation_id = "renew"
request.refresh_token = {{ in = "json" }}
[answer]
fields.access_token = {{ name = "{name}" }}
objects."$".schema = "Answer"
"""


def test_one_name_for_two_things_is_told_apart(tmp_path):
    """Dialects that do not know of one another may call their components and operations alike."""
    dialects = []
    for name in ("first", "second"):
        file = tmp_path / f"{name}.toml"
        file.write_text(CLASHING.format(name=name))
        dialects.append(load(file))
    found = document(*dialects)
    assert {"Answer", "second.Answer"} <= set(found["components"]["schemas"])
    operation = found["paths"]["/second"]["post"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert operation["operationId"] == "second_renew"
    assert schema == {"$ref": "#/components/schemas/second.Answer"}
