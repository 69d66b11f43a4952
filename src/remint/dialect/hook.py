"""Hooks: Python that a dialect file names, for what no template can say."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

from remint.dialect.table import Table

Hook = Callable[..., Any]

_TARGET = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)


def read_hook(table: Table, key: str, allowed: bool) -> Hook | None:
    """The function that ``key`` names as ``package:function``; ``None`` where it names none.

    Nothing is imported unless hooks are ``allowed``: a file that only describes a format must not run code.
    Raises ``DialectError``.
    """
    target = table.text(key)
    if target is None:
        return None
    if not _TARGET.fullmatch(target):
        raise table.wrong(key, f"{target!r} names no function")
    if not allowed:
        raise table.wrong(
            key, "names Python code, and hooks are not allowed here", "load(file, hooks=True)"
        )
    module, _, name = target.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise table.wrong(key, f"{module} cannot be imported: {error}") from error
    except AttributeError:
        raise table.wrong(key, f"{module} has no {name}") from None
    if not callable(found):
        raise table.wrong(key, f"{target} is no function")
    hook: Hook = found
    return hook
