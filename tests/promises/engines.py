"""Which engines a promise is tried on."""

from __future__ import annotations

from typing import Final

import pytest

ON_BOTH: Final = pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
"""For what storage decides: races, crashes, outages, what is kept. The rest is decided before it is asked."""
