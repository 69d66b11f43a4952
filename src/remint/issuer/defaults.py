"""What is meant where nothing is said. Apart, so that a command's help costs nothing to print."""

from __future__ import annotations

from typing import Final

DEFAULT_WORKSPACE: Final = "default"
DEFAULT_OVERLAP_SECONDS: Final = 86_400
"""So long the secret before the newest stays good: a day, to bring the new one everywhere."""
