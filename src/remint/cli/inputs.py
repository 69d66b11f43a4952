"""What a connection needs to be given, and where each value is found: secrets never on the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import typer

from remint.cli.options import texts
from remint.cli.secretsfile import read_secrets
from remint.errors import ConfigurationError

if TYPE_CHECKING:
    from remint.dialect import Input

#: Meanings that have an option: none of them is a secret.
PLAIN: Final = ("client_id", "client_number", "username", "scope")
_EXTRA: Final = "extras."
_INTEGERS: Final = frozenset({"int32", "int64", "positive"})
_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def variable_of(meaning: str) -> str:
    """The environment variable of a meaning: ``REMINT_CLIENT_SECRET``, ``REMINT_EXTRA_PRIVATE_KEY``."""
    name = meaning.replace(_EXTRA, "extra_")
    return "REMINT_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in name).upper()


@dataclass
class Inputs:
    """Values by meaning. Options win over the secrets file, that over the environment.

    What is required and nowhere is asked for, without echo where it is secret, if there is a terminal.
    """

    options: Mapping[str, Any]
    file: Mapping[str, Any]
    environ: Mapping[str, str]
    may_ask: bool
    _typed: dict[str, Any] = field(default_factory=dict)

    def has(self, meaning: str) -> bool:
        """Whether a value is given."""
        return self._found(meaning) not in (None, "")

    def value(self, meaning: str) -> Any:
        """What is given for a meaning; ``None`` where nothing is."""
        return self._found(meaning)

    def given(self, wanted: Iterable[Input]) -> dict[str, Any]:
        """The values of ``wanted`` by meaning, asked for where they are missing.

        Raises ``ConfigurationError`` that says how to give what is missing, and a usage error for a secret
        that stands on the command line.
        """
        wanted = list(wanted)
        for each in wanted:
            if each.secret and each.meaning in self.options:
                raise typer.BadParameter(
                    f"{each.extra or each.meaning} is a secret, which everybody on this machine could"
                    f" see: {_ways(each.meaning)}"
                )
        found: dict[str, Any] = {}
        for each in wanted:
            value = self._found(each.meaning)
            if value in (None, "") and (each.required or each.secret):
                value = self._asked(each)
            if value not in (None, ""):
                found[each.meaning] = _typed(each, value)
        return found

    def check_known(self, known: Iterable[str]) -> None:
        """Raises ``ConfigurationError`` for what the secrets file has and nobody wants."""
        names = sorted(known)
        for meaning in self.file:
            if meaning not in names:
                raise ConfigurationError(
                    "is of no use here", key=meaning, expected=f"some of {', '.join(names)}"
                )

    def _found(self, meaning: str) -> Any:
        for source in (self._typed, self.options, self.file):
            if source.get(meaning) not in (None, ""):
                return source[meaning]
        return self.environ.get(variable_of(meaning))

    def _asked(self, each: Input) -> Any:
        if not self.may_ask:
            if not each.required:
                return None
            raise ConfigurationError(
                "is missing, and there is no terminal to ask for it at",
                key=each.meaning,
                expected=_ways(each.meaning) if each.secret else _option(each),
            )
        optional = "" if each.required else " (Enter if there is none)"
        default = None if each.required else ""
        value = typer.prompt(
            f"{each.title}{optional}", default=default, show_default=False, hide_input=each.secret
        )
        self._typed[each.meaning] = value.strip()
        return self._typed[each.meaning]


def given_inputs(
    plain: Mapping[str, Any], extras: Sequence[str] | None, secrets_file: str
) -> Inputs:
    """What ``plain``, extras as ``NAME=VALUE``, the secrets file and the environment give.

    Raises a usage error for an extra that is none.
    """
    options = {key: value for key, value in plain.items() if value not in (None, "")}
    named = {f"{_EXTRA}{key}": value for key, value in texts(extras, "--extra").items()}
    return Inputs(
        {**options, **named},
        read_secrets(secrets_file) if secrets_file else {},
        os.environ,
        may_ask=asks() and not secrets_file,
    )


def asks() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _ways(meaning: str) -> str:
    return f"{variable_of(meaning)} in the environment, or {meaning} in --secrets FILE"


def _option(each: Input) -> str:
    if each.extra:
        return f"--extra {each.extra}=VALUE"
    return f"--{each.meaning.replace('_', '-')}"


def _typed(each: Input, value: Any) -> Any:
    if each.type in _INTEGERS and isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            raise _mistyped(each, "a whole number") from None
    if each.type == "boolean" and isinstance(value, str):
        if value.lower() not in _TRUTH:
            raise _mistyped(each, "true or false")
        return _TRUTH[value.lower()]
    if each.type == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str | int | bool):
        raise _mistyped(each, "a string")
    return value


def _mistyped(each: Input, expected: str) -> ConfigurationError:
    # Never the value: it may be a secret.
    return ConfigurationError("has a value of another type", key=each.meaning, expected=expected)
