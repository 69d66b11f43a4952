"""What ``remint import`` does: each connection wholly or not at all, and none where one is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer

from remint.cli.connecting import Wanted, connected
from remint.cli.fault import status_of
from remint.cli.inputs import Inputs
from remint.cli.output import print_json, remark
from remint.cli.passphrase import passphrase_of
from remint.errors import ConfigurationError, Conflict, RemintError
from remint.keeper.exporting import Exported, head_of, imported, read_export
from remint.keeper.foreigntokens import read_foreign
from remint.keeper.keeper import Keeper
from remint.secret import Secret

_MOST_FOREIGN_BYTES: Final = 262_144
_LONGEST_NAME: Final = 200


def import_file(
    keeper: Keeper,
    place: str | Path,
    file: str,
    passphrase_file: str,
    wanted: Wanted,
    *,
    as_json: bool,
) -> int:
    """Imports what is in ``file``, tells of each connection, and gives the exit status."""
    path = Path(file)
    try:
        with path.open("rb") as opened:
            head = head_of(opened.readline(_MOST_FOREIGN_BYTES))
            is_open = bool(os.fstat(opened.fileno()).st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", file=file) from None
    if head is None:
        report = [_foreign(keeper, place, path, wanted)]
    else:
        passphrase = passphrase_of(passphrase_file, is_new=False) if head.sealed else None
        # Once only to look, so that a file that is not whole leaves nothing behind.
        for _ in _records(path, passphrase):
            pass
        is_over = bool(wanted.settings["replace"])
        report = [_ours(keeper, each, is_over=is_over) for each in _records(path, passphrase)]
    _tell(report, as_json=as_json)
    if is_open and not (head and head.sealed):
        remark(f"{file} can be read by others, and holds tokens: delete it.")
    return next((each["status"] for each in report if each["status"]), 0)


def _records(path: Path, passphrase: Secret | None) -> Iterator[Exported]:
    with path.open("rb") as file:
        yield from read_export(file, path, passphrase)


def _ours(keeper: Keeper, record: Exported, *, is_over: bool) -> dict[str, Any]:
    try:
        _check_name(record.name)
        keeper.dialect(record.setup.dialect)
        around = keeper.around
        if not around.store.create(imported(record, around.entropy), replace=is_over):
            raise Conflict("is there already; --replace puts the one of the file in its place")
    except RemintError as error:
        return {"name": record.name, "imported": False, "why": str(error), "status": 1}
    return {"name": record.name, "imported": True, "why": "", "status": 0}


def _foreign(keeper: Keeper, place: str | Path, path: Path, wanted: Wanted) -> dict[str, Any]:
    with path.open("rb") as file:
        found = read_foreign(file.read(_MOST_FOREIGN_BYTES), path)
    if not wanted.name:
        raise typer.BadParameter("a file of another library needs it", param_hint="--name")
    moment = {"expires_at": found.expires_at_ms / 1000} if found.expires_at_ms is not None else {}
    given = wanted.inputs
    wanted.inputs = Inputs(
        given.options,
        {**found.credentials, **moment, **given.file},
        given.environ,
        given.may_ask,
    )
    if not wanted.settings["base_url"] and not wanted.settings["token_url"]:
        wanted.settings["token_url"] = found.token_url
    try:
        connected(keeper, place, wanted)
    except RemintError as error:
        status = status_of(error)
        return {"name": wanted.name, "imported": False, "why": str(error), "status": status}
    return {"name": wanted.name, "imported": True, "why": "", "status": 0}


def _check_name(name: str) -> None:
    if not (0 < len(name) <= _LONGEST_NAME and name.isprintable() and name == name.strip()):
        raise ConfigurationError(
            "cannot name a connection", key="name", expected="1 to 200 printable characters"
        )


def _tell(report: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json([{key: each[key] for key in ("name", "imported", "why")} for each in report])
        return
    for each in report:
        if not each["imported"]:
            remark(f"remint: {each['name']}: {each['why']}")
    done = sum(each["imported"] for each in report)
    typer.echo(f"{done:,} imported, {len(report) - done:,} not")
