"""The dialects at hand: those that come with Remint, and those of folders that the operator names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from remint.dialect.dialect import Dialect, load
from remint.errors import DialectError

_BUILTIN = Path(__file__).parent / "builtin"
_PROVIDERS = Path(__file__).parent / "providers"


def builtin_names() -> tuple[str, ...]:
    """The names of the dialects that come with Remint and are served, sorted."""
    return tuple(sorted(file.stem for file in _BUILTIN.glob("*.toml")))


def provider_names() -> tuple[str, ...]:
    """The names of the providers that Remint knows how to call, sorted."""
    return tuple(sorted(file.stem for file in _PROVIDERS.glob("*.toml")))


@cache
def builtin(name: str) -> Dialect:
    """One that comes with Remint, served or only called. Raises ``DialectError`` where there is none."""
    if name in builtin_names():
        return load(_BUILTIN / f"{name}.toml")
    if name in provider_names():
        return load(_PROVIDERS / f"{name}.toml")
    known = (*builtin_names(), *provider_names())
    near = difflib.get_close_matches(name, known, n=1)
    guess = f"; did you mean {near[0]!r}?" if near else ""
    raise DialectError(
        f"no dialect {name!r} comes with Remint{guess}", expected=f"one of {', '.join(known)}"
    )


def load_all(folders: Iterable[Path], *, hooks: bool = False) -> dict[str, Dialect]:
    """Every dialect that may be served, by name: the builtin ones, then each ``*.toml`` of each folder.

    ``hooks`` is for those of the folders: see ``load``. Raises ``DialectError`` for a file that is wrong, a
    folder that is not there, a name that is taken, and an address (method and path) that is taken.
    """
    found = {name: builtin(name) for name in builtin_names()}
    addresses = {place: d for d in found.values() for place in _addresses(d)}
    for folder in folders:
        if not folder.is_dir():
            raise DialectError("is not a folder", file=folder, expected="a folder of dialect files")
        for file in sorted(folder.glob("*.toml")):
            dialect = load(file, hooks=hooks)
            _add(dialect, found, addresses)
    return found


def check_beside(dialect: Dialect, others: Mapping[str, Dialect]) -> None:
    """Raises ``DialectError`` where one of ``others`` has the name, or an address, of ``dialect``."""
    addresses = {place: other for other in others.values() for place in _addresses(other)}
    _add(dialect, dict(others), addresses)


def _add(
    dialect: Dialect, found: dict[str, Dialect], addresses: dict[tuple[str, str], Dialect]
) -> None:
    other = found.get(dialect.name)
    if other is not None:
        raise DialectError(
            f"{dialect.name!r} is the name of {other.file} already",
            file=dialect.file,
            line=dialect.line_of("name"),
            key="name",
            expected="a name that is free",
        )
    for place, at in _addresses(dialect).items():
        other = addresses.get(place)
        if other is not None:
            raise DialectError(
                f"{' '.join(place)} is an address of the dialect {other.name!r} already",
                file=dialect.file,
                line=dialect.line_of(at),
                key=at,
                expected="an address that is free",
            )
        addresses[place] = dialect
    found[dialect.name] = dialect


def _addresses(dialect: Dialect) -> dict[tuple[str, str], str]:
    """Each method and path that a dialect serves, and the key that says so."""
    return {
        (endpoint.method, path): f"call.{endpoint.calls[0].grant}.path"
        for endpoint in dialect.endpoints
        for path in endpoint.paths
    }
