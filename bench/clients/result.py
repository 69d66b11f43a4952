"""What was seen, as it is recorded, and the page that shows it."""

import json
import platform
from pathlib import Path
from typing import Any

from bench.clients.peers import LIBRARIES
from bench.clients.scenes import Outcome
from bench.clients.table import table

RECORD = Path(__file__).parent / "result.json"
PAGE = Path(__file__).parents[2] / "docs" / "compared.md"
BEGIN = "<!-- Made by `python -m bench.clients --write`; do not edit. -->"
END = "<!-- The end of what is made. -->"

Cells = dict[str, dict[str, Outcome]]
Record = dict[str, Any]


def as_record(played: Cells, versions: dict[str, str]) -> Record:
    """The outcomes as JSON has them."""
    return {
        "python": platform.python_version(),
        "libraries": {
            each.module: {"name": each.name, "version": versions[each.module]}
            for each in LIBRARIES
            if versions.get(each.module)
        },
        "scenes": {
            name: {
                module: {"verdict": outcome.verdict, "seen": outcome.seen}
                for module, outcome in cells.items()
            }
            for name, cells in played.items()
        },
    }


def merged(before: Record, now: Record) -> Record:
    """What is recorded, with what was played now in its place."""
    libraries = {**before["libraries"], **now["libraries"]}
    scenes = {
        name: {**before["scenes"].get(name, {}), **now["scenes"].get(name, {})}
        for name in {**before["scenes"], **now["scenes"]}
    }
    return {"python": now["python"], "libraries": libraries, "scenes": scenes}


def read() -> Record:
    """What is recorded."""
    record: Record = json.loads(RECORD.read_text())
    return record


def write(record: Record) -> None:
    """Records it."""
    RECORD.write_text(json.dumps(record, indent=1) + "\n")


def made_anew(page: str, record: Record) -> str:
    """The page with the table of this record. Raises `ValueError` where it has no place for one."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN!r} … {END!r}")
    return f"{before}{BEGIN}\n\n{table(record)}\n\n{END}{after}"
