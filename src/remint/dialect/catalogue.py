"""The dialects at hand: those that come with Remint, and those of folders that the operator names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from remint.dialect.dialect import Dialect, load
from remint.errors import DialectError

_BUILTIN = Path(__file__).parent / "builtin"


def builtin_names() -> tuple[str, ...]:
    """The names of the dialects that come with Remint, sorted."""
    return tuple(sorted(file.stem for file in _BUILTIN.glob("*.toml")))


@cache
def builtin(name: str) -> Dialect:
    """One that comes with Remint. Raises ``DialectError`` where there is none of that name."""
    if name not in builtin_names():
        raise DialectError(
            f"no dialect {name!r} comes with Remint",
            expected=f"one of {', '.join(builtin_names())}",
        )
    return load(_BUILTIN / f"{name}.toml")


def load_all(folders: Iterable[Path]) -> dict[str, Dialect]:
    """Every dialect by name: the builtin ones, then each ``*.toml`` of each folder, sorted.

    Raises ``DialectError`` for a file that is wrong, a folder that is not there, a name that is taken, and
    an address (method and path) that is taken.
    """
    found = {name: builtin(name) for name in builtin_names()}
    addresses = {place: d for d in found.values() for place in _addresses(d)}
    for folder in folders:
        if not folder.is_dir():
            raise DialectError("is not a folder", file=folder, expected="a folder of dialect files")
        for file in sorted(folder.glob("*.toml")):
            dialect = load(file)
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
