"""Dialect files with one thing wrong in a field of a request, and what the error says."""

from __future__ import annotations

from tests.dialect.broken import CLIENT, REFRESH, broken

# As in broken.py
FIELDS = {
    "unknown meaning": (
        broken(REFRESH, 'refresh_tokn = { in = "json" }'),
        *(8, "call.refresh_token.request.refresh_tokn", "did you mean 'refresh_token'?", "extras"),
    ),
    "field is a string": (
        broken(REFRESH, 'refresh_token = "json"'),
        *(8, "call.refresh_token.request.refresh_token", "is not a table", "a request field"),
    ),
    "no carrier": (
        broken(REFRESH, "refresh_token = {}"),
        *(
            8,
            "call.refresh_token.request.refresh_token",
            "the key 'in' is missing",
            "in = a carrier",
        ),
    ),
    "unknown carrier": (
        broken(REFRESH, 'refresh_token = { in = "body" }'),
        *(
            8,
            "call.refresh_token.request.refresh_token.in",
            "'body' is not known",
            "one of path, query",
        ),
    ),
    "carrier of the future": (
        broken(REFRESH, 'refresh_token = { in = ["json", "trailer"] }'),
        *(8, "call.refresh_token.request.refresh_token.in[1]", "'trailer' is not known", "form"),
    ),
    "carrier twice": (
        broken(REFRESH, 'refresh_token = { in = ["json", "json"] }'),
        *(
            8,
            "call.refresh_token.request.refresh_token.in",
            "names the same thing twice",
            "at most on",
        ),
    ),
    "key of the future": (
        broken(REFRESH, REFRESH + '\nextras.sign = { in = "query", template = "x" }'),
        *(
            9,
            "call.refresh_token.request.extras.sign.template",
            "is no key of a request f",
            "one of in",
        ),
    ),
    "number where text is meant": (
        broken(REFRESH, 'refresh_token = { in = "json", type = "int32" }'),
        *(
            8,
            "call.refresh_token.request.refresh_token.type",
            "cannot travel as 'int32'",
            "'string'",
        ),
    ),
    "constant of another type": (
        broken(REFRESH, REFRESH + '\nextras.mode = { in = "json", type = "boolean", value = 5 }'),
        *(
            9,
            "call.refresh_token.request.extras.mode.value",
            "5 is not of the type 'boolean'",
            "a const",
        ),
    ),
    "constant out of range": (
        broken(
            REFRESH,
            REFRESH + '\nextras.mode = { in = "json", type = "int32", value = 3_000_000_000 }',
        ),
        *(
            9,
            "call.refresh_token.request.extras.mode.value",
            "out of the range of 'int32'",
            "a const",
        ),
    ),
    "constant and generated": (
        broken(REFRESH, REFRESH + '\nextras.n = { in = "json", value = "x", generate = "uuid" }'),
        *(
            9,
            "call.refresh_token.request.extras.n.generate",
            "is not generated",
            "either value or gene",
        ),
    ),
    "lengths crossed": (
        broken(REFRESH, 'refresh_token = { in = "json", min_length = 9, max_length = 8 }'),
        *(
            8,
            "call.refresh_token.request.refresh_token.min_length",
            "greater than max_length",
            "at most",
        ),
    ),
    "nested header": (
        broken(CLIENT, 'client_id = { in = "header", name = ["a", "b"] }'),
        *(9, "call.refresh_token.request.client_id.name", "only JSON nests", 'in = "json"'),
    ),
    "impossible member": (
        broken('name = "ttl"', "name = 'a\\b'"),
        *(
            14,
            "answer.fields.expires_in.name",
            "has what no member's name may have",
            "no quotation",
        ),
    ),
    "extra that cannot be": (
        broken("access_token = {}", "access_token = {}\nextras.a-b = {}"),
        *(14, "answer.fields.extras.a-b", "'a-b' cannot name an extra", "letters, digits"),
    ),
    "impossible header": (
        broken(CLIENT, 'client_id = { in = "header", name = "X Client" }'),
        *(
            9,
            "call.refresh_token.request.client_id.name",
            "cannot name a header",
            "an HTTP field name",
        ),
    ),
    "repeats with one carrier": (
        broken(CLIENT, 'client_id = { in = "json", repeats = true }'),
        *(
            9,
            "call.refresh_token.request.client_id.repeats",
            "only one carrier",
            "two carriers or more",
        ),
    ),
    "escaped outside of Basic": (
        broken(CLIENT, 'client_id = { in = "json", escaped = true }'),
        *(9, "call.refresh_token.request.client_id.escaped", "only what is in Basic", "basic-user"),
    ),
    "two fields at one place": (
        broken(CLIENT, 'client_id = { in = "json", name = "refresh_token" }'),
        *(
            9,
            "call.refresh_token.request.client_id",
            "travels where refresh_token travels",
            "its own",
        ),
    ),
    "one field inside another": (
        broken(CLIENT, 'client_id = { in = "json", name = ["refresh_token", "id"] }'),
        *(
            9,
            "call.refresh_token.request.client_id",
            "travels where refresh_token travels",
            "its own",
        ),
    ),
    "two headers that differ in case": (
        broken(CLIENT, CLIENT + '\napi_key = { in = "header", name = "x-client" }'),
        *(10, "call.refresh_token.request.api_key", "travels where client_id travels", "its own"),
    ),
    "refusal code unknown": (
        broken(CLIENT, 'client_id = { in = "json", refuse = "invalid_clint" }'),
        *(
            9,
            "call.refresh_token.request.client_id.refuse",
            "did you mean 'invalid_client'?",
            "one of",
        ),
    ),
    "shared request is no table": (
        broken("[policy]", "request = 5\n[policy]"),
        *(3, "request", "5 is not a table", "a table"),
    ),
}
