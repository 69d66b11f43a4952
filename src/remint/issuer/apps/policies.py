"""The policy of a new app: its dialect's defaults or a preset, and what is asked for on top."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from remint.dialect import Dialect
from remint.errors import ConfigurationError, DialectError
from remint.grant import PRESETS, Policy, policy_from
from remint.grant.policy import for_client
from remint.issuer.keys import LONGEST_ACCESS_SECONDS

_DAYS = LONGEST_ACCESS_SECONDS // 86_400


def dialect_policy(dialect: Dialect) -> Policy:
    """What ``dialect`` proposes. Raises ``DialectError`` that names the line of its ``[policy]``."""
    try:
        policy = policy_from(dialect.policy)
        _check_lifetime(policy)
    except ValueError as error:
        key, message = _blamed(error, dialect.policy)
        raise DialectError(
            message, file=dialect.file, line=dialect.line_of(f"policy.{key}"), key=f"policy.{key}"
        ) from None
    return policy


def policy_for(
    dialect: Dialect,
    *,
    authenticates: bool,
    preset: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    present: Policy | None = None,
) -> Policy:
    """The policy of an app of ``dialect``: what ``overrides`` says, over a base.

    The base is the ``preset``, else the ``present`` policy, else the dialect's own. Raises
    ``ConfigurationError`` that names the key at fault.
    """
    base = _preset(preset) if preset is not None else present or dialect_policy(dialect)
    changes = dict(overrides or {})
    for key in changes:
        if key not in Policy.__struct_fields__:
            raise ConfigurationError(
                "a policy has no such key", key=f"policy {key}", expected=_nearest(key)
            )
    try:
        policy = for_client(policy_from(changes, base), authenticates=authenticates)
        _check_lifetime(policy)
    except ValueError as error:
        key, message = _blamed(error, changes)
        raise ConfigurationError(message, key=f"policy {key}".strip()) from None
    _check_answerable(dialect, policy)
    return policy


def _preset(name: str) -> Policy:
    if name not in PRESETS:
        raise ConfigurationError(
            f"there is no preset {name!r}", key="preset", expected="one of " + ", ".join(PRESETS)
        )
    return PRESETS[name]


def _check_lifetime(policy: Policy) -> None:
    if policy.access_lifetime_seconds > LONGEST_ACCESS_SECONDS:
        raise ValueError(
            f"access_lifetime_seconds must be {LONGEST_ACCESS_SECONDS} ({_DAYS} days) at the most, "
            "so that signing keys can retire"
        )


def _check_answerable(dialect: Dialect, policy: Policy) -> None:
    ends = policy.idle_lifetime_seconds or policy.absolute_lifetime_seconds
    if ends is None and any(
        "refresh_expires_at" in each.always_sends for each in dialect.endpoints
    ):
        raise ConfigurationError(
            f"every answer of the dialect {dialect.name!r} says when the refresh token ends",
            key="policy idle_lifetime_seconds",
            expected="an idle or an absolute lifetime",
        )


def _blamed(error: ValueError, given: Mapping[str, Any]) -> tuple[str, str]:
    """The key that an error is about, one that was given if it can be, and the error's words."""
    message, _, _ = str(error).partition(" - at `$")
    named = [key for key in Policy.__struct_fields__ if key in str(error)]
    key = next((key for key in named if key in given), named[0] if named else "")
    return key, message[:1].lower() + message[1:]


def _nearest(key: str) -> str:
    close = difflib.get_close_matches(key, Policy.__struct_fields__, n=1)
    return close[0] if close else "one of " + ", ".join(Policy.__struct_fields__)
