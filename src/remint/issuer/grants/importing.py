"""Bringing the live refresh tokens of another system in, by their hashes, in chunks.

A chunk is one transaction, and a token's grant id is derived from its hash: so an import that is stopped
anywhere, or run twice, leaves nothing half done and nothing double.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from remint.errors import ConfigurationError, Conflict, NotFound, RemintError
from remint.grant import Grant, Terms
from remint.issuer.actor import NOBODY, Actor, note
from remint.issuer.dialects import find_dialect
from remint.issuer.grants.claims import check_complete
from remint.issuer.grants.importplace import Place, PlaceFile, Tally
from remint.issuer.grants.issuing import new_grant, terms_for
from remint.issuer.grants.legacyfile import (
    LONGEST_LINE,
    LegacyToken,
    Line,
    Parse,
    parser_for,
    read_lines,
)
from remint.issuer.installation import Installation
from remint.store.records import App

CHUNK_LINES: Final = 1000
_TERMS_KEPT: Final = 4096
_REASONS_KEPT: Final = 50

OnRefusal = Callable[[Line, ConfigurationError], None]
OnChunk = Callable[[Place], None]


class LegacyGrants:
    """Makes grants of legacy tokens; apps and terms are looked up once."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._now_s = installation.clock.now_ms() // 1000
        self._apps: dict[str, App | RemintError] = {}
        self._terms: OrderedDict[bytes, Terms] = OrderedDict()

    def of(self, token: LegacyToken) -> tuple[Grant, Terms] | None:
        """The grant that ``token`` is an alias of, or ``None`` if it has expired.

        Raises ``ConfigurationError`` for a client that is not known, or terms that cannot be.
        """
        if token.expires_at is not None and token.expires_at <= self._now_s:
            return None
        app = self._app(token.client_id)
        try:
            terms = self._terms_for(app, token)
        except (Conflict, NotFound) as error:
            raise ConfigurationError(str(error)) from None
        grant_id = self._installation.keys.alias_ids(token.token_sha256)[0]
        grant = new_grant(
            self._installation,
            app,
            token.subject,
            terms,
            grant_id=grant_id,
            expires_at=token.expires_at,
        )
        return grant, terms

    def _app(self, client_id: str) -> App:
        if client_id not in self._apps:
            try:
                self._apps[client_id] = self._installation.catalogue.app(client_id)
            except NotFound as error:
                # A file has few clients; one that is all typing errors must not fill the memory either.
                if len(self._apps) < _TERMS_KEPT:
                    self._apps[client_id] = error
                raise _unknown_client() from None
        found = self._apps[client_id]
        if isinstance(found, App):
            return found
        raise _unknown_client()

    def _terms_for(self, app: App, token: LegacyToken) -> Terms:
        key = msgspec.json.encode([app.id, token.scope, token.claims])
        terms = self._terms.get(key)
        if terms is None:
            dialect = find_dialect(self._installation, app.dialect)
            whose = "neither the line nor its app"
            check_complete(dialect, {**app.token_claims, **token.claims}, whose=whose)
            terms = terms_for(app, scope=token.scope, claims=token.claims)
            self._terms[key] = terms
            if len(self._terms) > _TERMS_KEPT:
                self._terms.popitem(last=False)
        return terms


class LegacyImport:
    """One file's import. ``run`` does it; everything else is told by what it is given."""

    def __init__(
        self,
        installation: Installation,
        path: Path,
        *,
        on_refusal: OnRefusal,
        on_chunk: OnChunk,
        actor: Actor = NOBODY,
    ) -> None:
        self._installation = installation
        self._path = path
        self._on_refusal = on_refusal
        self._on_chunk = on_chunk
        self._actor = actor
        self._grants = LegacyGrants(installation)
        self._places = PlaceFile(installation.settings.data_dir, path)

    def place(self, *, restart: bool = False) -> Place:
        """Where it will go on. Raises ``ConfigurationError`` if the file cannot be read."""
        if restart:
            self._places.clear()
        with self._open() as file:
            return self._places.load(file)

    def run(self, place: Place, *, from_line: int = 1) -> Tally:
        """Imports the file from ``place`` on, but nothing before ``from_line``.

        Raises ``ConfigurationError`` for a header that will not do, ``StoreUnavailable``.
        """
        try:
            with self._open() as file:
                self._read(file, place, from_line)
        finally:
            # Running servers look again at which tokens may be imported ones.
            self._installation.catalogue.touch()
        self._places.clear()
        self._note(place.tally)
        return place.tally

    def _read(self, file: BinaryIO, place: Place, from_line: int) -> None:
        parse, has_header = self._parser(file)
        file.seek(place.offset)
        first = max(from_line, 2 if has_header else 1)
        chunk: list[tuple[Grant, Terms]] = []
        for line in read_lines(file, place.line):
            if line.number >= first:
                place.tally.lines += 1
                self._take(line, parse, place.tally, chunk)
            place.offset, place.line = line.end, line.number + 1
            if line.number % CHUNK_LINES == 0:
                self._finish(chunk, place, file)
        self._finish(chunk, place, file)

    def _take(
        self, line: Line, parse: Parse, tally: Tally, chunk: list[tuple[Grant, Terms]]
    ) -> None:
        try:
            if line.raw is None:
                raise ConfigurationError(
                    "the line is too long", expected=f"{LONGEST_LINE} bytes at the most"
                )
            if not line.raw.strip():
                return
            made = self._grants.of(parse(line.raw))
        except ConfigurationError as error:
            _count(tally, error.message)
            self._on_refusal(line, _placed(error, self._path, line.number))
            return
        if made is None:
            tally.expired += 1
        else:
            chunk.append(made)

    def _finish(self, chunk: list[tuple[Grant, Terms]], place: Place, file: BinaryIO) -> None:
        if chunk:
            grants, terms = zip(*chunk, strict=True)
            new = self._installation.ledger.bring_in(grants, terms)
            place.tally.imported += new
            place.tally.present += len(chunk) - new
            chunk.clear()
        # First the rows, then the place: a crash in between repeats the chunk, which changes nothing.
        self._on_chunk(place)
        self._places.save(place, file)

    def _parser(self, file: BinaryIO) -> tuple[Parse, bool]:
        try:
            return parser_for(file.readline(LONGEST_LINE))
        except ConfigurationError as error:
            raise _placed(error, self._path, 1) from None

    def _open(self) -> BinaryIO:
        try:
            return self._path.open("rb")
        except OSError as error:
            raise ConfigurationError(f"cannot be read: {error.strerror}", file=self._path) from None

    def _note(self, tally: Tally) -> None:
        note(
            self._installation,
            "tokens_imported",
            self._actor,
            imported=tally.imported,
            refused=tally.refused,
        )


def _count(tally: Tally, reason: str) -> None:
    tally.refused += 1
    if reason not in tally.reasons and len(tally.reasons) >= _REASONS_KEPT:
        reason = "other reasons"
    tally.reasons[reason] = tally.reasons.get(reason, 0) + 1


def _placed(error: ConfigurationError, path: Path, line: int) -> ConfigurationError:
    return ConfigurationError(
        error.message, file=path, line=line, key=error.key, expected=error.expected
    )


def _unknown_client() -> ConfigurationError:
    return ConfigurationError(
        "there is no app of that client id",
        key="client_id",
        expected="one of `remint app list`; `remint app create --client-id` makes one of a given id",
    )
