"""``remint export``: connections into a file."""

from __future__ import annotations

from typing import Annotated

import typer

from remint.cli.keeping import DialectFolders, StorePlace, opened_keeper
from remint.cli.output import counted, remark
from remint.cli.passphrase import PassphraseFile, passphrase_of

Names = Annotated[
    list[str] | None,
    typer.Argument(help="The connections; else all.", metavar="[NAME…]", show_default=False),
]
To = Annotated[
    str,
    typer.Option(
        help="The file, which must not be there yet; - is standard output.",
        metavar="FILE",
        show_default=False,
    ),
]
Plain = Annotated[
    bool,
    typer.Option(
        "--plain",
        help="Seal nothing: whoever can read the file can use the tokens in it.",
        metavar="",
    ),
]
Move = Annotated[
    bool,
    typer.Option(
        "--move",
        help="Forget the connections here once the file is written; nobody renews them meanwhile.",
        metavar="",
    ),
]


def export(
    to: To,
    names: Names = None,
    move: Move = False,
    plain: Plain = False,
    passphrase_file: PassphraseFile = "",
    store: StorePlace = None,
    dialects: DialectFolders = None,
) -> None:
    """Writes connections, with their tokens and credentials, to a file: sealed under a passphrase.

    A refresh token is for one holder. A copy of one that is renewed in two places dies, in both; so move
    connections, or keep the copy only for the case that this store is lost. Dialect files do not come along.

        remint export --to connections.export --move
        remint import connections.export                # on the other machine
        remint export acme books --to acme.export --passphrase-file passphrase.txt
        remint export --plain --to - | age -e -r age1… >connections.age
    """
    from remint.cli.exportwork import moved_or_copied
    from remint.cli.targetfile import Target

    passphrase = None if plain else passphrase_of(passphrase_file, is_new=True)
    with opened_keeper(store, dialects) as keeper, Target(to) as target:
        count, doubtful = moved_or_copied(keeper, names or [], target, passphrase, forgets=move)
    remark(f"{counted(count)} {'moved' if move else 'copied'}.")
    if plain:
        remark("They are not sealed: whoever can read them can use them.")
    for name in doubtful:
        remark(f"{name}: a renewal was under way; its refresh token may be used up.")
