"""What importing the keeper costs, and what it brings along that the base install has not got."""

import importlib.metadata
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import Section, Wanted

_ROOT = Path(__file__).parents[1]
#: Processor time: an import hardly waits, and others' load is not its cost.
_TIMED = "import time; t = time.process_time(); {}; print((time.process_time() - t) * 1000)"
_WANTED = Wanted(60, most=True, unit=" ms")
#: What a large module of Python's own takes in the same minute tells how fast the machine is.
_STATEMENTS = {
    "import remint": ("import remint", _WANTED),
    "from remint import Keeper": ("from remint import Keeper", _WANTED),
    "  beside them: import asyncio": ("import asyncio", None),
}
_NAME = re.compile(r"[A-Za-z0-9._-]+")
#: Opens a store, makes a connection, takes a token, and tells which packages that took.
_USE = """
import json, sys, tempfile, time
from remint import AsyncKeeper, Keeper, Scheduler
with tempfile.TemporaryDirectory() as folder:
    keeper = Keeper(folder, key="file")
    keeper.connect("a", "oauth2", base_url="https://localhost", client_id="c", client_secret="s",
        refresh_token="r", access_token="t", expires_at_ms=int(time.time() * 1000) + 9_000_000)
    assert keeper.token("a") == "t"
    keeper.close()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names)))
"""


def measure(rounds: int, section: Section) -> None:
    """Adds the time of the imports, and the packages that a keeper takes in."""
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for title, (statement, _wanted) in _STATEMENTS.items():
            times.setdefault(title, []).append(_milliseconds(statement))
    for title, (_statement, wanted) in _STATEMENTS.items():
        ms = statistics.median(times[title])
        section.figure(title, ms, f"{ms:.0f} ms", wanted)
    packages = in_base_install(_USE)
    shown = ", ".join(name for name in json.loads(packages) if not name.startswith("_"))
    section.note(f"with the base install alone a keeper works, and takes in: {shown}")


def in_base_install(code: str) -> str:
    """What `code` prints where nothing is installed but what `pip install remint` brings.

    Raises `RuntimeError` with its errors if it fails there.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file in _base_files():
            link = folder / file.name
            if not link.exists():
                link.symlink_to(file)
        # -S leaves out site-packages, where everything else is.
        setup = f"import sys; sys.path[:0] = [{str(_ROOT / 'src')!r}, {name!r}]\n"
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", setup + code], capture_output=True, text=True
        )
    if done.returncode != 0:
        raise RuntimeError(f"the base install does not do:\n{done.stderr[-2000:]}")
    return done.stdout


def _base_files() -> Iterator[Path]:
    """The packages of the base install where this Python has them: files and folders at the top."""
    for name in _closure("remint"):
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or ():
            top = file.parts[0]
            if name != "remint" and top not in ("..", "__pycache__"):
                yield Path(str(distribution.locate_file(top)))


def _closure(first: str) -> list[str]:
    """A distribution and all that it requires, without extras."""
    found, left = {first}, [first]
    while left:
        for requirement in importlib.metadata.requires(left.pop()) or ():
            words, _, condition = requirement.partition(";")
            match = _NAME.match(words)
            name = match[0] if match else ""
            if "extra" in condition or name in found or not _is_installed(name):
                continue
            found.add(name)
            left.append(name)
    return sorted(found)


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _milliseconds(statement: str) -> float:
    code = _TIMED.format(statement)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=_ROOT
    )
    return float(done.stdout)
