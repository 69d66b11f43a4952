"""The tables: every bad request of each dialect, with the answer that its contract gives."""

from __future__ import annotations

from tests.contracts.badinput.draft import FORM, JSON, QUERY, Draft
from tests.contracts.badinput.fault import DEAD, STRANGER, Fault
from tests.contracts.badinput.headers import basic_rows, header_rows, int32_rows
from tests.contracts.badinput.jsonbody import body_rows, member_rows
from tests.contracts.badinput.pairs import broken_rows, content_type_rows, parameter_rows
from tests.contracts.badinput.row import Row, done
from tests.contracts.badinput.tokens import (
    client_rows,
    grant_type_rows,
    lent_row,
    token_rows,
    value_row,
)
from tests.contracts.badinput.transport import transport_rows


def _missing(
    where: str, name: str, code: str = "invalid_request", text: str | None = None
) -> Fault:
    return Fault(code, where, name, "missing", text=text)


_IN_BODY = {name: _missing("body", name) for name in ("grant_type", "client_secret")}
_NARROWER = "invalid_scope"

OAUTH2 = [
    *parameter_rows("renewal", FORM, "grant_type", _missing("body", "grant_type")),
    *parameter_rows("renewal", FORM, "refresh_token", _missing("body", "refresh_token")),
    *parameter_rows("renewal", FORM, "client_id", STRANGER),
    *parameter_rows("renewal", FORM, "client_secret", STRANGER),
    *broken_rows("renewal", FORM),
    *content_type_rows("renewal", _missing("body", "grant_type")),
    *basic_rows("by Basic"),
    *grant_type_rows("renewal", "password"),
    *client_rows("renewal"),
    *client_rows("by Basic"),
    *token_rows("renewal"),
    *transport_rows("renewal"),
    # RFC 6749 §6: "MUST NOT include any scope not originally granted"; §3.3 for what a scope is made of.
    value_row("scope: more than was granted", "scope", "read admin", Fault(_NARROWER)),
    value_row("scope: other case", "scope", "READ", Fault(_NARROWER)),
    value_row("scope: commas", "scope", "read,write", Fault(_NARROWER)),
    value_row("scope: a quote", "scope", 'read "', Fault(_NARROWER)),
    value_row("scope: a backslash", "scope", "read \\", Fault(_NARROWER)),
    value_row("scope: not ASCII", "scope", "lesen schrëiben", Fault(_NARROWER)),
    value_row("scope: only blanks", "scope", "   ", Fault(_NARROWER)),
    value_row("scope: a tab", "scope", "read\twrite", Fault(where="body", name="scope")),
    value_row("scope: NUL", "scope", "read\0", Fault(where="body", name="scope")),
    value_row("scope: too long", "scope", "x" * 4097, Fault(where="body", name="scope")),
]

ESHOPBOX = [
    *body_rows("renewal"),
    *member_rows("renewal", "grant_type", _missing("body", "grant_type")),
    *member_rows("renewal", "client_id", _missing("body", "client_id")),
    *member_rows("renewal", "client_secret", _missing("body", "client_secret")),
    *member_rows("renewal", "refresh_token", _missing("body", "refresh_token")),
    *grant_type_rows("renewal", "password"),
    *client_rows("renewal"),
    *token_rows("renewal"),
    *transport_rows("renewal"),
]

_NO_TOKEN = _missing("body", "refreshToken", text="Missing refresh token.")
_NO_NUMBER = _missing("header", "partnerId")
_NO_GRANT = _missing("header", "grantType")


def _without_body(draft: Draft) -> None:
    draft.raw_body = b""
    draft.content_type = b""


PARTNER = [
    Row("no body at all", done(_without_body), _NO_TOKEN),
    *body_rows("renewal"),
    *member_rows("renewal", "refreshToken", _NO_TOKEN),
    *header_rows("renewal", "grantType", _NO_GRANT),
    *[row for row in header_rows("renewal", "partnerId", _NO_NUMBER) if "twice" in row.name],
    *[row for row in header_rows("renewal", "partnerId", _NO_NUMBER) if row.fault == _NO_NUMBER],
    *int32_rows("renewal", "partnerId"),
    value_row("partner: unknown", "client_number", -5, STRANGER),
    value_row("partner: zero", "client_number", 0, STRANGER),
    value_row("partner: the greatest", "client_number", 2**31 - 1, STRANGER),
    value_row("partner: the smallest", "client_number", -(2**31), STRANGER),
    lent_row(
        "partner: disabled", "client_number", lambda t: t.clients["disabled"].number, STRANGER
    ),
    *grant_type_rows("renewal"),
    *token_rows("renewal"),
    *transport_rows("renewal"),
    *body_rows("log-in"),
    *member_rows("log-in", "username", _missing("body", "username"), longest=320),
    *member_rows("log-in", "password", _missing("body", "password"), longest=1024),
]

_NO_KEY = _missing("header", "x-api-key")
_NO_QUERY_TOKEN = _missing("query", "refresh_token")


def _in_both(draft: Draft) -> None:
    draft.add(JSON, "refresh_token", draft.get("refresh_token"))


GENLOGS = [
    *parameter_rows("renewal", QUERY, "refresh_token", _NO_QUERY_TOKEN, unfit=DEAD),
    *broken_rows("renewal", QUERY),
    *header_rows("renewal", "x-api-key", _NO_KEY, unfit=STRANGER),
    value_row("API key: unknown", "api_key", "remint_ak_unknown", STRANGER),
    lent_row("API key: a character short", "api_key", lambda t: t.client.api_key[:-1], STRANGER),
    lent_row("API key: small letters", "api_key", lambda t: t.client.api_key.lower(), STRANGER),
    lent_row("API key: a client's id", "api_key", lambda t: t.client.id, STRANGER),
    lent_row("API key: a client's secret", "api_key", lambda t: t.client.secret, STRANGER),
    lent_row("API key: disabled", "api_key", lambda t: t.clients["disabled"].api_key, STRANGER),
    lent_row("API key: abroad", "api_key", lambda t: t.clients["abroad"].api_key, STRANGER),
    Row(
        "the token in query and body",
        done(_in_both),
        DEAD,
    ),
    *token_rows("renewal"),
    *transport_rows("renewal"),
    *body_rows("renewal in JSON"),
    *member_rows("renewal in JSON", "refresh_token", _NO_QUERY_TOKEN, unfit=DEAD),
    *parameter_rows("log-in", QUERY, "email", _missing("body", "email"), longest=320, unfit=DEAD),
    *parameter_rows(
        "log-in", QUERY, "password", _missing("body", "password"), longest=1024, unfit=DEAD
    ),
    *broken_rows("log-in", QUERY),
    *header_rows("log-in", "x-api-key", _NO_KEY, unfit=STRANGER),
    *body_rows("log-in in JSON"),
    *member_rows("log-in in JSON", "email", _missing("body", "email"), longest=320, unfit=DEAD),
    *member_rows(
        "log-in in JSON", "password", _missing("body", "password"), longest=1024, unfit=DEAD
    ),
]

TABLES: dict[str, list[Row]] = {
    "oauth2": OAUTH2,
    "eshopbox": ESHOPBOX,
    "partner": PARTNER,
    "genlogs": GENLOGS,
}
