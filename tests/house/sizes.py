"""Small rooms: how long a file and a function may be.

The numbers are a ratchet: lower one when the tree allows it, never raise it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.house.tree import File, Problem

FILE_LINES = 400
HALF_OF_FILES_UNDER = 150
FUNCTION_LINES = 70
# Without the docstring: what is explained well should not count as long.
HALF_OF_FUNCTIONS_UNDER = 10


def long_files(files: Sequence[File]) -> list[Problem]:
    """Files over ``FILE_LINES``."""
    return [
        file.problem(FILE_LINES + 1, f"{len(file.lines)} lines; at most {FILE_LINES}")
        for file in files
        if len(file.lines) > FILE_LINES
    ]


def long_functions(files: Sequence[File]) -> list[Problem]:
    """Functions over ``FUNCTION_LINES``."""
    return [
        file.problem(found.line, f"{found.name}: {found.lines} lines; at most {FUNCTION_LINES}")
        for file in files
        for found in file.functions()
        if found.lines > FUNCTION_LINES
    ]


def files_too_long_by_half(files: Sequence[File]) -> list[Problem]:
    """The files that are not small, longest first, when they are more than half."""
    big = [file for file in files if len(file.lines) >= HALF_OF_FILES_UNDER]
    if 2 * len(big) <= len(files):
        return []
    big.sort(key=lambda file: -len(file.lines))
    return [
        file.problem(
            1, f"{len(file.lines)} lines; {len(big)} of {len(files)} files are over the half mark"
        )
        for file in big
    ]


def functions_too_long_by_half(files: Sequence[File]) -> list[Problem]:
    """The functions that are not small, longest first, when they are more than half."""
    functions = [found for file in files for found in file.functions()]
    big = [found for found in functions if found.code_lines >= HALF_OF_FUNCTIONS_UNDER]
    if 2 * len(big) <= len(functions):
        return []
    big.sort(key=lambda found: -found.code_lines)
    share = f"{len(big)} of {len(functions)} functions are over the half mark"
    return [
        Problem(found.path, found.line, f"{found.name}: {found.code_lines} lines; {share}")
        for found in big
    ]
