"""Blocks marked ``run`` run: a page's from top to bottom, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.page import Block, pages

_SHELLS = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}
_LONGEST_SECONDS = 60


def _environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("REMINT_")}
    # The command and its Python are those that run the tests.
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "HOME": str(folder), "COLUMNS": "200"}


def _run(block: Block, folder: Path) -> None:
    done = subprocess.run(
        [*_SHELLS[block.language], block.code],
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
    )
    said = f"line {block.line}:\n{block.code}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, said
    assert "Traceback" not in done.stderr, said


@pytest.mark.parametrize(
    "page",
    [page for page in pages() if any(block.is_run for block in page.blocks)],
    ids=lambda page: page.path,
)
def test_marked_blocks_run(page, tmp_path):
    """Each marked block ends well, with what those before it have left."""
    for block in page.blocks:
        if block.is_run:
            _run(block, tmp_path)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.path)
def test_marks_are_known(page):
    """A mark that is misspelt does not keep a block from being run."""
    for block in page.blocks:
        assert set(block.words[1:]) <= {"run"}, f"{page.path}:{block.line}: {block.words}"
        assert not block.is_run or block.language in _SHELLS
