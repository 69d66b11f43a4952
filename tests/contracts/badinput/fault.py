"""The documented answers to bad requests, in each dialect's own shape."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.contracts.wire import Answer

_STATUSES = {
    "invalid_request": 400,
    "invalid_client": 401,
    "invalid_grant": 400,
    "unsupported_grant_type": 400,
    "unauthorized_client": 400,
    "invalid_scope": 400,
    "method_not_allowed": 405,
    "payload_too_large": 413,
}
_GENLOGS_STATUSES = {"invalid_request": 422, "invalid_grant": 401}
# RFC 6749 §5.2: what an error_description may be made of.
_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]+")
_GENLOGS_KINDS = {
    "missing": "missing",
    "type": "type_error",
    "duplicate": "value_error.duplicate",
    "length": "string_too_long",
    "syntax": "value_error.syntax",
    "value": "value_error",
    "media": "value_error.content_type",
}


@dataclass(frozen=True)
class Fault:
    """What is wrong: RFC 6749's code, and for ``invalid_request`` the carrier, the name and the kind."""

    code: str = "invalid_request"
    where: str = ""
    name: str = ""
    kind: str = ""
    status: int | None = None
    text: str | None = None  #: the description, where the contract spells it out


DEAD = Fault("invalid_grant")
STRANGER = Fault("invalid_client")
OTHER_GRANT = Fault("unsupported_grant_type")
TOO_LARGE = Fault("payload_too_large")
METHOD = Fault("method_not_allowed")
UNREADABLE = Fault(where="body", kind="syntax")
NOT_AN_OBJECT = Fault(where="body", kind="type")
MEDIA = Fault(where="header", kind="media")


def status_of(dialect: str, fault: Fault) -> int:
    """The status that ``fault`` is answered with."""
    if fault.status:
        return fault.status
    if dialect == "genlogs" and fault.code in _GENLOGS_STATUSES:
        return _GENLOGS_STATUSES[fault.code]
    return _STATUSES[fault.code]


def check_rfc6749(answer: Answer, fault: Fault) -> None:
    """The shape of RFC 6749 §5.2, which three of the four dialects answer in."""
    assert answer.status == status_of("", fault), answer
    assert answer.json.keys() == {"error", "error_description"}, answer
    assert answer.json["error"] == fault.code, answer
    description = answer.json["error_description"]
    assert _DESCRIPTION.fullmatch(description), answer
    if fault.text is not None:
        assert description == fault.text
    elif fault.code == "invalid_request":
        assert fault.name in description, answer


def check_genlogs(answer: Answer, fault: Fault) -> None:
    """The shapes of genlogs.md: 422 with a list of details, anything else with one."""
    assert answer.status == status_of("genlogs", fault), answer
    assert answer.json.keys() == {"detail"}, answer
    if fault.code != "invalid_request":
        assert isinstance(answer.json["detail"], str), answer
        return
    [detail] = answer.json["detail"]
    assert detail.keys() == {"loc", "msg", "type"}, answer
    assert detail["loc"] == [part for part in (fault.where, fault.name) if part], answer
    assert detail["msg"] and isinstance(detail["msg"], str), answer
    if fault.kind:
        assert detail["type"] == _GENLOGS_KINDS[fault.kind], answer


CHECKS = {
    "oauth2": check_rfc6749,
    "eshopbox": check_rfc6749,
    "partner": check_rfc6749,
    "genlogs": check_genlogs,
}
