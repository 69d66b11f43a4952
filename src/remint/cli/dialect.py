"""``remint dialect``: the wire formats at hand, and whether a file describes one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from remint.cli.help import command
from remint.cli.options import Config, Json
from remint.cli.output import print_json, print_record, print_table, remark
from remint.errors import ConfigurationError, NotFound

app = typer.Typer(no_args_is_help=True, help="Dialects: wire formats, each of them a TOML file.")


@command(app, "list")
def list_dialects(config: Config = None, as_json: Json = False) -> None:
    """Lists the dialects: those that are served, those of the folders in the settings, and the providers.

    A provider is only called; its dialect comes with Remint too.

    remint dialect list
    REMINT_DIALECT_FOLDERS=dialects remint dialect list
    """
    from remint.cli.dialecttold import brief

    told = [brief(dialect) for dialect in _known(config).values()]
    if as_json:
        print_json(told)
        return
    rows = (
        [
            each["name"],
            "served" if each["served"] else "called",
            "\n".join(each["endpoints"] or each["calls"]),
            each["summary"],
        ]
        for each in told
    )
    print_table(("name", "use", "calls", "summary"), rows, empty="")


@command(app, "show")
def show(
    name: Annotated[str, typer.Argument(help="Its name.", metavar="NAME", show_default=False)],
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Shows what travels where in a dialect, and the rules that its apps begin with."""
    from remint.cli.dialecttold import in_full

    known = _known(config)
    if name not in known:
        raise NotFound(f"there is no dialect named {name!r}; there are {', '.join(known)}")
    told = in_full(known[name])
    if as_json:
        print_json(told)
        return
    policy = {f"policy {key}": value for key, value in told["policy"].items()}
    renewal = {f"renewal {key}": value for key, value in told["renewal"].items()}
    brief = ("name", "title", "summary", "base_url", "evidence", "login", "file")
    use = {"token": " and ".join([told["token"]["in"], *told["token"]["with"]])}
    print_record({key: told[key] for key in brief if told[key]} | policy | renewal | use)
    for call in told["calls"]:
        print_record({"call": _heading(call)})
        columns = ("field", "in", "name", "type", "required")
        rows = [*call["request"], *call["answer"]]
        print_table(columns, ([each[key] for key in columns] for each in rows), empty="")


@command(app, "check")
def check(
    file: Annotated[
        Path, typer.Argument(help="A dialect file.", metavar="FILE", show_default=False)
    ],
    hooks: Annotated[
        bool, typer.Option("--hooks", help="Let the file name Python functions, and run them.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Checks a dialect file, and that it can be served beside the others.

    What is wrong is told by file, line and what was expected there.

        remint dialect check dialects/acme.toml
    """
    from remint.cli.dialecttold import brief, problem
    from remint.dialect import check as problems
    from remint.dialect import load
    from remint.dialect.catalogue import check_beside
    from remint.issuer.apps.policies import dialect_policy

    try:
        dialect = load(file, hooks=hooks)
        dialect_policy(dialect)
        for found in problems(file, hooks=hooks):
            raise found
        others = _served(config).values()
        check_beside(
            dialect, {each.name: each for each in others if each.file.resolve() != file.resolve()}
        )
    except ConfigurationError as error:
        if not as_json:
            raise
        print_json({"ok": False, **problem(error)})
        raise typer.Exit(1) from None
    told: dict[str, Any] = {"ok": True, "file": str(file), **brief(dialect)}
    if as_json:
        print_json(told)
        return
    print_record(told)
    if dialect.endpoints:
        remark("It is sound. Put its folder in the setting dialect_folders to have it served.")
    else:
        remark("It is sound, and can be called.")


def _heading(call: dict[str, Any]) -> str:
    only_called = "" if call["served"] else " (called, not served)"
    return f"{call['grant']}: {call['method']} {call['path']}{only_called}"


def _known(config: Path | None) -> dict[str, Any]:
    """Every dialect by name. A folder's own goes before a provider of the same name."""
    from remint.dialect import builtin, provider_names

    served = _served(config)
    return served | {name: builtin(name) for name in provider_names() if name not in served}


def _served(config: Path | None) -> dict[str, Any]:
    from remint.dialect import load_all
    from remint.issuer.settings import load_settings

    return load_all(load_settings({}, file=config).dialect_folders)
