"""Where an installation is: the options that every command of the issuer has for it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

from remint.cli.address import refuse_password
from remint.cli.options import Config, Database, DataDir

if TYPE_CHECKING:
    from remint.issuer.settings import Settings


class Whereabouts(NamedTuple):
    """What a command was told of where its installation is; ``None`` for what it was not told.

    A command that has a parameter of this type has an option for each field in its place.
    """

    data_dir: DataDir = None
    database: Database = None
    config: Config = None

    def settings(self, **given: Any) -> Settings:
        """The settings, with those that further options gave. Raises ``ConfigurationError``.

        Raises a usage error for a password in the database's address.
        """
        # Late, because a wrong option need not wait for this.
        from remint.issuer.settings import load_settings

        if self.database:
            ways = (
                "put the address into REMINT_DATABASE, or the password into ~/.pgpass or PGPASSWORD"
            )
            refuse_password(self.database, "--database", ways)
        told = {"data_dir": self.data_dir, "database": self.database, **given}
        return load_settings(told, file=self.config)


def spread(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` with the options of ``Whereabouts`` in the place of its parameter of that type."""
    signature = inspect.signature(function, eval_str=True)
    parameters = list(signature.parameters.values())
    name = next((each.name for each in parameters if each.annotation is Whereabouts), None)
    if name is None:
        return function

    @functools.wraps(function)
    def called(**given: Any) -> Any:
        where = Whereabouts(**{field: given.pop(field) for field in Whereabouts._fields})
        return function(**given, **{name: where})

    options = []
    for each in parameters:
        options += _options() if each.name == name else [_by_name(each)]
    called.__signature__ = signature.replace(parameters=options)  # type: ignore[attr-defined]
    return called


def _options() -> list[inspect.Parameter]:
    hints = get_type_hints(Whereabouts, include_extras=True)
    return [
        inspect.Parameter(
            field, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hints[field]
        )
        for field in Whereabouts._fields
    ]


def _by_name(parameter: inspect.Parameter) -> inspect.Parameter:
    return parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
