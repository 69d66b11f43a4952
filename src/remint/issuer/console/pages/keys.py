"""Signing keys: which sign, which are published ahead, until when the retired ones verify."""

from __future__ import annotations

from typing import Any, Final

from remint.issuer.console.forms import Errors, Problems
from remint.issuer.console.page import Goto, Page, Shown
from remint.issuer.console.pages.question import is_meant
from remint.issuer.console.visit import Visit
from remint.issuer.upkeep.keyuse import rotate_keys, share_secret, tell_keys

_LEAKED: Final = "it has leaked"
_REFRESH: Final = "refresh tokens"


def signing_keys(visit: Visit) -> Shown:
    """Every key, by what it is for; never the key itself."""
    told = tell_keys(visit.installation)
    signing = [each for each in told if each["use"] == "access tokens"]
    context = {
        "groups": [
            ("Access tokens", "access", signing),
            ("Refresh tokens", "refresh", [each for each in told if each["use"] == _REFRESH]),
            (
                "Imported tokens",
                "imported",
                [each for each in told if each["use"] == "imported tokens"],
            ),
        ],
        "period_days": visit.installation.settings.signing_key_days,
        "jwks_href": f"{visit.root}/.well-known/jwks.json",
        "jwks_url": f"{visit.public_url}/.well-known/jwks.json",
    }
    return Shown("pages/keys.html", context)


def ask_rotation(visit: Visit) -> Shown:
    """Asks which keys are to have successors: all, but for those that somebody else holds."""
    offered = [value for value, _, _ in _choices(visit)]
    return _rotation(visit, [each for each in offered if not each.startswith("audience:")], {})


def rotate(visit: Visit) -> Shown | Goto:
    """Makes successors, each of which signs once every verifier has had a day to see it."""
    offered = {value for value, _, _ in _choices(visit)}
    chosen = [each for each in visit.form.list("what") if each in offered]
    problems = Problems("what")
    if not chosen:
        problems.add("what", "Tick what is to have a successor.")
        return _rotation(visit, chosen, problems.errors)
    _rotate(visit, chosen, emergency=False)
    return Goto(visit.url("signing-keys"), "New keys were made. They take over by themselves.")


def ask_emergency(visit: Visit) -> Shown:
    """Asks which signing key has leaked."""
    return _emergency(visit, "", {})


def rotate_at_once(visit: Visit) -> Shown | Goto:
    """Replaces a signing key that has leaked, now: what it signed ends."""
    offered = {value for value, _, _ in _signing_choices(visit)}
    chosen, problems = visit.form["what"], Problems("what", "phrase")
    if chosen not in offered:
        problems.add("what", "Say which key has leaked.")
    if not is_meant(visit, _LEAKED):
        problems.add("phrase", f"Type: {_LEAKED}")
    if problems:
        return _emergency(visit, chosen, problems.errors)
    _rotate(visit, [chosen], emergency=True)
    return Goto(
        visit.url("signing-keys"), "The key was replaced. What it signed is no longer good."
    )


def ask_share(visit: Visit) -> Shown:
    """Asks whose key is to be shown."""
    return _sharing(visit, visit.query.get("audience", ""), {})


def share(visit: Visit) -> Shown:
    """Shows the key of an audience, for the one resource server that verifies with it."""
    audience = visit.form["audience"]
    if audience not in _audiences(visit):
        return _sharing(visit, audience, {"audience": "Choose one of them."})
    secret = share_secret(visit.installation, audience, actor=visit.actor)
    context = {"audience": audience, "secret": secret.reveal()}
    return Shown("pages/keyshared.html", context, shows_secret=True)


def _sharing(visit: Visit, chosen: str, errors: Errors) -> Shown:
    choices = [(each, each, "") for each in _audiences(visit)]
    context = {"choices": choices, "chosen": chosen, "errors": errors}
    return Shown("pages/keyshare.html", context, 422 if errors else 200)


def _audiences(visit: Visit) -> list[str]:
    told = tell_keys(visit.installation)
    return list(dict.fromkeys(each["audience"] for each in told if each["audience"]))


def _rotate(visit: Visit, chosen: list[str], *, emergency: bool) -> None:
    split = [each.partition(":") for each in chosen]
    algorithms = [name for kind, _, name in split if kind == "algorithm"]
    if algorithms or "refresh" in chosen:
        rotate_keys(
            visit.installation,
            algorithms=algorithms,
            refresh="refresh" in chosen,
            emergency=emergency,
            actor=visit.actor,
        )
    for kind, _, audience in split:
        if kind == "audience":
            rotate_keys(
                visit.installation, audience=audience, emergency=emergency, actor=visit.actor
            )


def _choices(visit: Visit) -> list[tuple[str, str, str]]:
    refresh = ("refresh", "Refresh tokens", "Those made before stay good.")
    return [*_signing_choices(visit), refresh]


def _signing_choices(visit: Visit) -> list[tuple[str, str, str]]:
    keys = [each for each in tell_keys(visit.installation) if each["use"] == "access tokens"]
    found: dict[str, tuple[str, str, str]] = {}
    for each in keys:
        audience, algorithm = each["audience"], each["algorithm"]
        if audience is None:
            value, text = f"algorithm:{algorithm}", "Verifiers take it from the JWKS by themselves."
        else:
            value, text = f"audience:{audience}", "Its verifier must be given the new key by hand."
        title = f"Access tokens, {algorithm}{f' for {audience}' if audience else ''}"
        found[value] = (value, title, text)
    return list(found.values())


def _rotation(visit: Visit, chosen: list[str], errors: Errors) -> Shown:
    by_hand = (
        [value for value in chosen if not value.startswith("audience:")] if not errors else chosen
    )
    context: dict[str, Any] = {"choices": _choices(visit), "chosen": by_hand, "errors": errors}
    return Shown("pages/keysrotate.html", context, 422 if errors else 200)


def _emergency(visit: Visit, chosen: str, errors: Errors) -> Shown:
    context = {
        "choices": _signing_choices(visit),
        "chosen": chosen,
        "phrase": _LEAKED,
        "errors": errors,
    }
    return Shown("pages/keysemergency.html", context, 422 if errors else 200)


_PATH: Final = "/console/keys"
PAGES: Final = (
    Page(
        method="GET",
        path=_PATH,
        name="signing-keys",
        handler=signing_keys,
        permission="keys:read",
    ),
    Page(
        method="GET",
        path=f"{_PATH}/rotate",
        name="keys-rotate",
        handler=ask_rotation,
        permission="keys:write",
    ),
    Page(
        method="POST",
        path=f"{_PATH}/rotate",
        name="keys-rotate",
        handler=rotate,
        permission="keys:write",
        operation="rotate_keys",
    ),
    Page(
        method="GET",
        path=f"{_PATH}/emergency",
        name="keys-emergency",
        handler=ask_emergency,
        permission="keys:write",
    ),
    Page(
        method="POST",
        path=f"{_PATH}/emergency",
        name="keys-emergency",
        handler=rotate_at_once,
        permission="keys:write",
        operation="rotate_keys",
    ),
    Page(
        method="GET",
        path=f"{_PATH}/share",
        name="key-share",
        handler=ask_share,
        permission="keys:write",
    ),
    Page(
        method="POST",
        path=f"{_PATH}/share",
        name="key-share",
        handler=share,
        permission="keys:write",
        operation="share_key",
    ),
)
