"""Words that may not stand in a file: places of one machine, download hosts, work left undone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.house.tree import File, Problem

# The brackets keep this file from reporting itself.
_MACHINE = re.compile(r"(?<![\w.~-])/(?:wor[k]|roo[t]|far[m])/")
_DOWNLOAD = re.compile(
    r'"resolve[d]"\s*:'
    r"|--(?:extra-)?index-ur[l]\b|--find-link[s]\b|index_ur[l]\s*="
    r"|https?://[^\s\"'<>)]+\.(?:wh[l]|tar\.g[z]|tg[z]|de[b]|ja[r])\b"
    r"|\b(?:files\.pythonhoste[d]|pyp[i]|registry\.npmj[s]|npmj[s]|deb\.debia[n]|crate[s]|proxy\.golan[g]"
    r"|repo\d*\.mave[n](?:\.apache)?)\.(?:org|io)\b"
)
_UNDONE = re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X]|NotImplementedErro[r])\b|pragma: no cove[r]")


def _find(files: Sequence[File], pattern: re.Pattern[str], text: str) -> list[Problem]:
    return [
        file.problem(number, text.format(found.group().strip()))
        for file in files
        for number, line in enumerate(file.lines, 1)
        for found in pattern.finditer(line)
    ]


def machine_paths(files: Sequence[File]) -> list[Problem]:
    """Absolute paths that exist on one machine only."""
    return _find(files, _MACHINE, "{} is a place on one machine")


def download_hosts(files: Sequence[File]) -> list[Problem]:
    """Where packages come from: the reader's own client knows that, and a mirror must do as well."""
    return _find(files, _DOWNLOAD, "{} says where to download from")


def work_undone(files: Sequence[File]) -> list[Problem]:
    """Notes of work left undone, and code that is kept from being measured."""
    return _find(files, _UNDONE, "{}: do it, or file it")
