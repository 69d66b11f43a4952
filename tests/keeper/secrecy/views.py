"""Every way in which people and their tools look at an object or an exception."""

from __future__ import annotations

import contextlib
import io
import pickle
import pprint
import pydoc
import reprlib
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

TESTS = str(Path(__file__).parents[2])
#: rich cuts strings to so many letters unless it is told otherwise.
_MOST_LETTERS = 80


def of_object(thing: Any) -> Iterator[tuple[str, str]]:
    """An object, as a log, a debugger, a crash reporter or a notebook would show it."""
    yield "repr", repr(thing)
    yield "reprlib", reprlib.repr(thing)
    yield "pprint", pprint.pformat(thing)
    yield "pydoc", str(pydoc.html.repr(thing))
    yield "rich", pretty_repr(thing)
    yield "rich, cut", pretty_repr(thing, max_string=_MOST_LETTERS, max_length=10)
    yield "in a list", f"{[thing]} { ({'x': thing}) }"


def of_printed(thing: Any) -> Iterator[tuple[str, str]]:
    """An object that is no string, printed, pickled or taken apart."""
    yield "str", str(thing)
    yield "format", f"{thing} {thing!s:>9} {thing!a}"
    with contextlib.suppress(TypeError, pickle.PicklingError, AttributeError):
        yield "pickle", pickle.dumps(thing).decode("latin-1")
    with contextlib.suppress(TypeError):
        yield "vars", repr(vars(thing))


def of_exception(error: BaseException) -> Iterator[tuple[str, str]]:
    """An exception: its words, and all that a traceback with local variables tells but of the tests' own."""
    for each in chain(error):
        yield from of_object(each)
        yield from of_printed(each)
        yield "notes", repr(getattr(each, "__notes__", ""))
    yield "traceback", "".join(traceback.format_exception(error))
    for each in chain(error):
        for frame, line in frames(each.__traceback__):
            where = f"{Path(frame.f_code.co_filename).name}:{line} {frame.f_code.co_name}"
            for name, value in frame.f_locals.items():
                for how, shown in of_object(value):
                    yield f"{where}, {name} ({how})", shown
    outer = past_tests(error.__traceback__)
    if outer is not None:
        whole = traceback.TracebackException(type(error), error, outer, capture_locals=True)
        yield "captured locals", "".join(whole.format(chain=False))
        console = Console(file=io.StringIO(), width=400)
        with console.capture() as printed:
            console.print(Traceback.from_exception(type(error), error, outer, show_locals=True))
        yield "rich traceback", printed.get()


def chain(error: BaseException) -> list[BaseException]:
    """An exception, and those that it came of or on top of, also where that is hidden."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in found:
            found.append(each)
            waiting += [each.__cause__, each.__context__]
    return found


def frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    """Its frames, without those of tests: what a caller names, the caller shows."""
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(TESTS):
            yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def past_tests(trace: TracebackType | None) -> TracebackType | None:
    """The rest of it from where the test called."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(TESTS):
        trace = trace.tb_next
    return trace
