"""Content types: which body a request says it has."""

from __future__ import annotations

from typing import Final

from remint.dialect.fault import bad_message

#: The spellings that nearly every request uses, known at a glance.
COMMON: Final[dict[bytes, str]] = {
    b"application/json": "json",
    b"application/json; charset=utf-8": "json",
    b"application/json;charset=utf-8": "json",
    b"application/json; charset=UTF-8": "json",
    b"application/json;charset=UTF-8": "json",
    b"application/x-www-form-urlencoded": "form",
    b"application/x-www-form-urlencoded; charset=utf-8": "form",
    b"application/x-www-form-urlencoded;charset=UTF-8": "form",
}
_NAMES: Final = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data",
}


def body_kind(content_type: bytes | None, accepted: tuple[str, ...]) -> str:
    """``json``, ``form`` or ``multipart``, whichever of the ``accepted`` the content type says.

    Without a content type the body is taken for the first of the accepted: a recipient may look for itself
    (RFC 9110 §8.3). Raises ``Refusal`` for any other content type, and for a charset that is not UTF-8.
    """
    if content_type is None:
        return accepted[0]
    kind = COMMON.get(content_type) or _kind(content_type)
    if kind not in accepted:
        names = " or ".join(_NAMES[each] for each in accepted)
        raise bad_message("header", "media", f"The body must be {names}, in UTF-8.")
    return kind


def _kind(content_type: bytes) -> str:
    essence, _, parameters = content_type.decode("latin-1").lower().partition(";")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            return ""
    essence = essence.strip()
    for kind in ("form", "multipart"):
        if essence == _NAMES[kind]:
            return kind
    if essence == _NAMES["json"] or (
        essence.startswith("application/") and essence.endswith("+json")
    ):
        return "json"
    return ""
