"""From what is given on the command line to a connection."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from remint.cli.dialectfile import adopt, check_file, is_file
from remint.cli.inputs import Inputs, asks
from remint.cli.moment import milliseconds
from remint.cli.output import remark
from remint.dialect import Dialect, Input
from remint.errors import ConfigurationError, Conflict, RenewalDelayed
from remint.keeper.keeper import Keeper
from remint.keeper.request import call_of
from remint.keeper.status import Status

_EXTRA: Final = "extras."
#: What a login in the browser brings by itself.
_OF_BROWSER: Final = frozenset({"code", "code_verifier", "redirect_uri"})
#: What ``settings`` and ``login`` of a ``Wanted`` hold.
SETTINGS: Final = (
    "base_url",
    "token_url",
    "rotation",
    "grace_seconds",
    "replace",
    "insecure",
)
LOGIN: Final = ("authorize_url", "issuer", "port", "redirect_uri", "timeout_seconds")
_ADDRESSES: Final = ("base_url", "token_url")
_EXPIRY: Final = "expires_at"


@dataclass
class Wanted:
    """A connection that somebody wants.

    ``settings`` are those of ``Keeper.connect``, ``login`` those of ``remint.keeper.browser.authorize``.
    """

    name: str
    dialect: str
    grant: str
    inputs: Inputs
    settings: dict[str, Any]
    login: dict[str, Any]
    opens: bool


def connected(keeper: Keeper, place: str | Path, wanted: Wanted) -> Status:
    """Makes the connection. Raises what ``Keeper.connect`` does."""
    if not wanted.settings["replace"] and keeper.around.store.load(wanted.name) is not None:
        raise Conflict(
            f"there is a connection {wanted.name!r} already; --replace puts this one in its place"
        )
    is_new = is_file(wanted.dialect)
    dialect = _file(wanted.dialect) if is_new else keeper.dialect(wanted.dialect)
    grant = wanted.grant or chosen_grant(dialect, wanted)
    values = _values(dialect, grant, wanted)
    if is_new:
        adopt(dialect, place, replace=wanted.settings["replace"])
    if grant == "authorization_code":
        return _by_browser(keeper, dialect, wanted, values)
    if wanted.login["issuer"]:
        _look_up(keeper, wanted)
    try:
        return keeper.connect(
            wanted.name, dialect.name, grant=grant, **wanted.settings, **_credentials(values)
        )
    except RenewalDelayed:
        if keeper.around.store.load(wanted.name) is not None:
            remark("The refresh token is kept, and will be tried again.")
        raise


def chosen_grant(dialect: Dialect, wanted: Wanted) -> str:
    """The grant type that what is given tells; else the first that this dialect has and somebody can do."""
    inputs, known = wanted.inputs, [call.grant for call in dialect.calls]
    if inputs.has("refresh_token") or inputs.has("access_token"):
        return "refresh_token"
    if "password" in known and (inputs.has("password") or inputs.has("username")):
        return "password"
    if "authorization_code" in known and _leads_somewhere(dialect, wanted):
        return "authorization_code"
    likely = ("refresh_token", "password", "client_credentials")
    return next((grant for grant in likely if grant in known), known[0])


def _leads_somewhere(dialect: Dialect, wanted: Wanted) -> bool:
    """Whether a browser could be sent to log in, with somebody before it."""
    if dialect.authorize is None or (wanted.opens and not asks()):
        return False
    said = wanted.settings["base_url"] or wanted.login["authorize_url"] or wanted.login["issuer"]
    return bool(said or dialect.authorize.absolute or dialect.base_url)


def needed(dialect: Dialect, grant: str, *, has_address: bool) -> Iterator[Input]:
    """What has to be given for a first grant, and for the renewals after it; each once."""
    seen: set[str] = set()
    wanted = [*call_of(dialect, grant).inputs, *dialect.use.inputs]
    if grant == "authorization_code" and dialect.authorize is not None:
        wanted += dialect.authorize.inputs
    wanted += [
        each
        for call in dialect.calls
        if call.grant == "refresh_token"
        for each in call.inputs
        if each.extra
    ]
    if not has_address:
        wanted += [_place(name) for name in dialect.address_extras]
    for each in wanted:
        is_brought = grant == "authorization_code" and each.meaning in _OF_BROWSER
        if each.meaning not in seen and not is_brought:
            seen.add(each.meaning)
            yield each


def _file(path: str) -> Dialect:
    return check_file(Path(path).expanduser())


def _values(dialect: Dialect, grant: str, wanted: Wanted) -> dict[str, Any]:
    has_address = any(wanted.settings[key] for key in _ADDRESSES) or bool(wanted.login["issuer"])
    inputs = list(needed(dialect, grant, has_address=has_address))
    known = {each.meaning for each in inputs} | {"scope"}
    if grant == "refresh_token":
        known |= {"access_token", _EXPIRY}
    wanted.inputs.check_known(known)
    for meaning in wanted.inputs.options:
        if meaning not in known:
            raise ConfigurationError(
                f"the dialect {dialect.name!r} has no use for it in {grant!r}",
                key=meaning.removeprefix(_EXTRA),
                expected=f"some of {', '.join(sorted(known))}",
            )
    values = wanted.inputs.given(inputs)
    for meaning in ("scope", "access_token", _EXPIRY):
        if meaning in known and wanted.inputs.has(meaning):
            values[meaning] = wanted.inputs.value(meaning)
    if _EXPIRY in values:
        values["expires_at_ms"] = milliseconds(values.pop(_EXPIRY))
    return values


def _by_browser(
    keeper: Keeper, dialect: Dialect, wanted: Wanted, values: Mapping[str, Any]
) -> Status:
    from remint.keeper.browser import authorize

    return authorize(
        keeper,
        wanted.name,
        dialect.name,
        show=_opened if wanted.opens else _shown,
        **wanted.login,
        **wanted.settings,
        **_credentials(values),
    )


def _look_up(keeper: Keeper, wanted: Wanted) -> None:
    from remint.keeper.browser import metadata_of

    found = metadata_of(keeper, wanted.login["issuer"], insecure=wanted.settings["insecure"])
    wanted.settings["token_url"] = wanted.settings["token_url"] or found.token_endpoint


def _shown(url: str) -> None:
    remark(f"Go to this address and log in:\n\n{url}\n")


def _opened(url: str) -> None:
    if webbrowser.open(url):
        remark("Log in with the browser that has opened. If none has, go to this address:\n")
        remark(f"{url}\n")
    else:
        _shown(url)


def _credentials(values: Mapping[str, Any]) -> dict[str, Any]:
    extras = {
        key.removeprefix(_EXTRA): value for key, value in values.items() if key.startswith(_EXTRA)
    }
    plain = {key: value for key, value in values.items() if not key.startswith(_EXTRA)}
    return {**plain, "extras": extras}


def _place(name: str) -> Input:
    return Input(
        meaning=f"{_EXTRA}{name}",
        extra=name,
        title=name.replace("_", " ").capitalize(),
        secret=False,
        required=True,
        type="string",
    )
