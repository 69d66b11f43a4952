"""Writes docs/bad-input.md from the tables: ``python -m tests.contracts.badinput.page``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from tests.contracts.badinput.fault import Fault, status_of
from tests.contracts.badinput.goodrequests import GOOD
from tests.contracts.badinput.row import Row
from tests.contracts.badinput.tables import TABLES
from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "bad-input.md"
_INTRODUCTION = """\
# Bad input

What each dialect answers to requests that are wrong. Every line is held by a test over a real socket
(`tests/contracts/badinput`), and this page is made from the same tables: `python -m
tests.contracts.badinput.page`.

Whatever is wrong, an answer holds no secret, costs no renewal, revokes nothing and leaves the connection
usable, but for two cases: a body that is too slow ends its connection, and so does what is not HTTP at all.
That never reaches a dialect and gets a bare 400; headers over the bound get 431, a target over it 414,
headers that do not end in time 408.

Parameters that a dialect does not know are ignored, as RFC 6749 §3.2 asks.
"""


def page() -> str:
    """The whole page."""
    return _INTRODUCTION + "".join(_dialect(name) for name in TABLES)


def _dialect(dialect: str) -> str:
    text = f"\n## {dialect}\n\n{len(TABLES[dialect])} requests.\n"
    for form in GOOD[dialect]:
        rows = [row for row in TABLES[dialect] if row.form == form]
        if rows:
            text += f"\n### {form}\n\n| answer | to |\n| --- | --- |\n" + "".join(
                _lines(dialect, rows)
            )
    return text


def _lines(dialect: str, rows: list[Row]) -> Iterator[str]:
    """One line for each answer."""
    by_answer: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        subject, _, matter = row.name.rpartition(": ")
        by_answer.setdefault(_answer(dialect, row.fault), []).append((subject, matter))
    for answer, found in by_answer.items():
        groups = groupby(found, key=lambda each: each[0])
        listed = ". ".join(
            _group(subject, [matter for _, matter in each]) for subject, each in groups
        )
        yield f"| {answer} | {listed} |\n"


def _group(subject: str, matters: list[str]) -> str:
    listed = "; ".join(matter.replace("|", "\\|") for matter in matters)
    return f"**{subject}:** {listed}" if subject else listed


def _answer(dialect: str, fault: Fault) -> str:
    words = [str(status_of(dialect, fault)), f"`{fault.code}`"]
    if fault.where and fault.code == "invalid_request":
        place = " ".join(part for part in (fault.where, fault.name) if part)
        words.append(f"({place}: {fault.kind})" if fault.kind else f"({place})")
    return " ".join(words)


if __name__ == "__main__":
    PAGE.write_text(page())
