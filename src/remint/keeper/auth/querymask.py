"""A token that travels in the query stands in every URL, and HTTP clients log URLs: it is masked there."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

_MASK = "********"


class QueryMask(logging.Filter):
    """Masks the values of some query parameters in what a logger says."""

    def __init__(self) -> None:
        super().__init__()
        self._names: frozenset[str] = frozenset()
        self._pattern = re.compile(r"(?!)")

    def cover(self, loggers: Iterable[str], names: Iterable[str]) -> None:
        """Masks these parameters from now on, in these loggers."""
        for logger in map(logging.getLogger, loggers):
            # A filter that is there already is not added again.
            logger.addFilter(self)
        wanted = self._names.union(names)
        if wanted != self._names:
            alternatives = "|".join(sorted(map(re.escape, wanted)))
            self._pattern = re.compile(rf"(?<=[?&])({alternatives})=[^&#\s\"']*")
            self._names = wanted

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a record."""
        if isinstance(record.args, tuple):
            record.args = tuple(self._masked(each) for each in record.args)
        if isinstance(record.msg, str):
            record.msg = self._pattern.sub(rf"\1={_MASK}", record.msg)
        return True

    def _masked(self, value: object) -> object:
        if value is None or isinstance(value, int | float):
            return value
        text = str(value)
        masked = self._pattern.sub(rf"\1={_MASK}", text)
        return value if masked == text else masked
