"""Every setting of the issuer: its type, its default and what it does.

A setting comes from the command line, the environment (``REMINT_`` and its name in capitals), the
configuration file (TOML, flat) or its default: the first of these that has it wins.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from remint.errors import ConfigurationError
from remint.token.rootkey import ROOT_KEY_VARIABLE

PREFIX: Final = "REMINT_"
CONFIG_VARIABLE: Final = "REMINT_CONFIG"
_OTHER_VARIABLES: Final = frozenset({ROOT_KEY_VARIABLE, CONFIG_VARIABLE})
#: What is the keeper's, and what it may be given for a connection: both may stand in one environment.
_KEEPERS: Final = ("REMINT_KEEPER_", "REMINT_AGENT_", "REMINT_EXTRA_")
_GIVEN: Final = frozenset(
    f"REMINT_{meaning}"
    for meaning in (
        "ACCESS_TOKEN",
        "API_KEY",
        "CLIENT_ID",
        "CLIENT_NUMBER",
        "CLIENT_SECRET",
        "EXPIRES_AT",
        "PASSWORD",
        "REFRESH_TOKEN",
        "SCOPE",
        "USERNAME",
    )
)

Seconds = Annotated[int, Meta(ge=1, le=86_400)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See ``docs/configuration.md``, which a test holds to this list."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8080
    data_dir: Path = Path("remint-data")
    database: str = ""
    database_is_sharded: bool = False
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    server: Literal["uvicorn", "granian"] = "uvicorn"
    issuer_url: str = ""
    root_key_file: Path | None = None
    dialect_folders: tuple[Path, ...] = ()
    console: bool = True
    access_log: Literal["stdout", "off"] = "stdout"
    trusted_proxies: str = ""
    max_body_bytes: Annotated[int, Meta(ge=1024, le=16 << 20)] = 65_536
    max_header_bytes: Annotated[int, Meta(ge=1024, le=1 << 20)] = 32_768
    receive_timeout_seconds: Seconds = 10
    store_timeout_seconds: Seconds = 15
    keep_alive_seconds: Seconds = 75
    stop_grace_seconds: Seconds = 20
    max_connections: Annotated[int, Meta(ge=1)] = 10_000
    max_waiting: Annotated[int, Meta(ge=1)] = 4_096
    password_attempts: Annotated[int, Meta(ge=1)] = 10
    password_attempts_per_address: Annotated[int, Meta(ge=1)] = 100
    password_attempts_seconds: Seconds = 900
    signing_key_days: Annotated[int, Meta(ge=2, le=3650)] = 90
    mac_key_days: Annotated[int, Meta(ge=2, le=3650)] = 180
    purge_after_days: Annotated[int, Meta(ge=0, le=3650)] = 7
    audit_days: Annotated[int, Meta(ge=1, le=36_500)] = 400

    def __repr__(self) -> str:
        """Without the database's address: there may be a password in it."""
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        shown["database"] = "…" if self.database else ""
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def root_key_path(self) -> Path:
        """Where the root key is looked for unless the environment holds it."""
        return self.root_key_file or self.data_dir / "root.key"

    @property
    def base_url(self) -> str:
        """The issuer's address as the world sees it: ``issuer_url``, or made from host and port."""
        if self.issuer_url:
            return self.issuer_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def load_settings(
    given: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Puts the settings together. ``given`` is what the command line said: ``None`` in it means nothing.

    Raises ``ConfigurationError`` naming the file and line, or the variable, and a value that would do.
    """
    path = file or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    lines: dict[str, int] = {}
    if path is not None:
        merged, lines = _from_file(path)
    for name, value in _from_environment(environ).items():
        merged[name], origin[name] = value, PREFIX + name.upper()
    for name, value in (given or {}).items():
        if value is not None:
            merged[name], origin[name] = value, f"--{name.replace('_', '-')}"
    for name in merged:
        if name not in Settings.__struct_fields__:
            _refuse(name, "there is no such setting", _nearest(name), origin, path, lines)
    for name, value in merged.items():
        # One at a time, so that the message can say where it came from.
        try:
            msgspec.convert({name: value}, Settings, strict=False, dec_hook=_decode)
        except msgspec.ValidationError as error:
            message, _, _ = str(error).partition(" - at `$")
            example = f"{name} = {_example(name)}"
            _refuse(name, message[:1].lower() + message[1:], example, origin, path, lines)
    return msgspec.convert(merged, Settings, strict=False, dec_hook=_decode)


def _from_file(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    try:
        text = path.read_text()
        data = tomllib.loads(text)
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", file=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"is not TOML: {error}", file=path) from None
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        lines.setdefault(line.partition("=")[0].strip().strip("\"'[]"), number)
    return data, lines


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable in _OTHER_VARIABLES | _GIVEN:
            continue
        if variable.startswith(_KEEPERS):
            continue
        name = variable.removeprefix(PREFIX).lower()
        is_list = name == "dialect_folders"
        values[name] = [part for part in value.split(os.pathsep) if part] if is_list else value
    return values


def _refuse(
    name: str,
    message: str,
    expected: str,
    origin: Mapping[str, str],
    path: Path | None,
    lines: Mapping[str, int],
) -> None:
    if name in origin:
        raise ConfigurationError(message, key=origin[name], expected=expected)
    raise ConfigurationError(message, file=path, line=lines.get(name), key=name, expected=expected)


def _nearest(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, Settings.__struct_fields__, n=1)
    return close[0] if close else "one of " + ", ".join(Settings.__struct_fields__)


def _example(name: str) -> str:
    default = getattr(Settings(), name)
    shown = msgspec.to_builtins(default, enc_hook=str)
    return msgspec.json.encode(shown if shown is not None else "/path/to/file").decode()


def _decode(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str | Path) and value:
        return Path(value).expanduser()
    raise ValueError("expected a path")
