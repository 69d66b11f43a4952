"""``remint database``: its schema, its condition, and its way from one engine to the other."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from remint.cli.address import refuse_password
from remint.cli.help import command
from remint.cli.options import Json
from remint.cli.output import print_json, print_record, print_table, remark
from remint.cli.whereabouts import Whereabouts
from remint.errors import ConfigurationError, Conflict

if TYPE_CHECKING:
    from remint.issuer.settings import Settings
    from remint.store.copying import Progress
    from remint.store.places import Place

app = typer.Typer(
    no_args_is_help=True, help="The database: its schema, its condition, and moving it."
)

_SQLITE: Final = "sqlite"

Target = Annotated[
    str,
    typer.Argument(
        help="postgresql://USER@HOST:PORT/DATABASE, or sqlite for the one in the data directory.",
        metavar="TO",
        show_default=False,
    ),
]
Finish = Annotated[
    bool,
    typer.Option(
        "--finish",
        help="The last run: every server is stopped. The source is closed then, and the copy opened.",
        metavar="",
    ),
]


@command(app, "migrate")
def migrate(*, where: Whereabouts) -> None:
    """Brings the database's schema to the present, as the next start would.

    Of several processes one does it, and the others wait. An older release does not work on it afterwards.
    In an empty database on a server it makes the tables: by a role that may, for one that may only use them.

        remint database migrate
        remint database migrate --database postgresql://owner@db.example.com/remint
    """
    from remint.store import migrate as migration

    _place(where.settings(), may_be_empty=True).upgrade()
    remark(f"The database is at revision {migration.HEAD}.")


@command(app, "check")
def check(*, where: Whereabouts, as_json: Json = False) -> None:
    """Tells what the database is, how large it is, how it is set up, and what would be better.

    It changes nothing. The exit status is 1 where something would be better.

        remint database check
        remint database check --database postgresql://remint@db.example.com/remint
    """
    from remint.clock import SystemClock

    condition = _place(where.settings()).condition(SystemClock())
    standbys = condition.facts.pop("standbys", [])
    if as_json:
        print_json({**condition.facts, "standbys": standbys, "advice": condition.advice})
    else:
        print_record(condition.facts)
        if standbys:
            print_table(list(standbys[0]), [list(each.values()) for each in standbys], empty="")
        for line in condition.advice:
            typer.echo(f"• {line}")
    if condition.advice:
        raise typer.Exit(1)


@command(app, "copy")
def copy(
    to: Target,
    finish: Finish = False,
    *,
    where: Whereabouts,
    as_json: Json = False,
) -> None:
    """Copies the database to another engine: most of it while the servers go on, the rest when they rest.

    The first run takes everything over, and any further one what changed since: it goes on where it was
    stopped. Then stop every server, and run it with --finish: it takes over the last changes, compares both
    sides by digest, closes the old database and opens the new one. Keys, and the journal of revocations, stay
    in the data directory. A password stands in ~/.pgpass or PGPASSWORD.

        remint database copy postgresql://remint@db.example.com/remint
        remint database copy postgresql://remint@db.example.com/remint --finish
        remint database copy sqlite --database postgresql://remint@db.example.com/remint
    """
    from remint.clock import SystemClock
    from remint.store.copying import Copying

    settings = where.settings()
    source = _place(settings)
    with _target(to, settings) as target:
        if finish and source.is_in_use():
            raise Conflict(f"somebody works on {source}: stop every server and command first")
        if finish:
            _bring_up_to_date(settings)
        source.upgrade()
        target.upgrade()
        clock = SystemClock()
        with (
            contextlib.closing(source.database(clock)) as ours,
            contextlib.closing(target.database(clock)) as theirs,
        ):
            copying = Copying(ours, theirs, (str(source), str(target)))
            copying.check()
            with _progress(str(target), copying.size(), quiet=as_json) as progress:
                copied = copying.finish(progress) if finish else copying.run(progress)
    if as_json:
        print_json(copied)
        return
    remark(
        f"{copied.rows:,} rows compared: {copied.written:,} written, {copied.removed:,} removed."
    )
    if finish:
        print_record({name: digest[:16] for name, digest in copied.digests.items()})
        remark(f"Both sides are the same. From now on the setting `database` is {_setting(to)}.")
    else:
        remark("Stop every server, and run it once more with --finish.")


def _setting(to: str) -> str:
    return '""' if to == _SQLITE else f'"{to}"'


def _place(settings: Settings, *, may_be_empty: bool = False) -> Place:
    """The database that is there. Raises ``ConfigurationError`` where there is none."""
    from remint.store.places import place_of

    place = place_of(settings.database, settings.data_dir, is_spread=settings.database_is_sharded)
    if not place.exists() and not (may_be_empty and place.is_shared):
        raise ConfigurationError(
            "there is no database here",
            file=str(place),
            expected="the data directory of an issuer, or its `database`",
        )
    return place


def _bring_up_to_date(settings: Settings) -> None:
    """Has this machine's keys and the source's revocations be the newest, unless the source is closed."""
    from remint.issuer.installation import Installation

    with contextlib.suppress(Conflict):
        Installation(settings).close()


@contextlib.contextmanager
def _target(to: str, settings: Settings) -> Iterator[Place]:
    from remint.store.places import place_of

    if to == _SQLITE:
        if not settings.database:
            raise typer.BadParameter(
                "the database is SQLite's already; `remint backup` copies it", param_hint="TO"
            )
        yield place_of("", settings.data_dir)
        return
    if not to:
        raise typer.BadParameter("is empty", param_hint="TO")
    refuse_password(to, "TO", "put it into ~/.pgpass or PGPASSWORD")
    # A directory of its own for its lock: whoever works on the source does not wait for this.
    with tempfile.TemporaryDirectory(prefix="remint-copy-") as directory:
        yield place_of(to, Path(directory))


class _Silent:
    def advance(self, rows: int) -> None:
        pass


@contextlib.contextmanager
def _progress(name: str, size: int, *, quiet: bool) -> Iterator[Progress]:
    if quiet or not sys.stderr.isatty():
        yield _Silent()
        return
    from remint.cli.bar import RowBar

    with RowBar(name, size) as bar:
        yield bar
