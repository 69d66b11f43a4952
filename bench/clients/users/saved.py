"""A file that a program keeps its tokens in."""

import json
import os
import signal
import tempfile
from pathlib import Path
from typing import Any


class SavedTokens:
    """Written beside and moved into place, so that nobody reads half of it.

    With `dies` the process is killed the moment that it is about to save, as a power cut might do.
    """

    def __init__(self, folder: Path, dies: bool) -> None:
        self.path = folder / "tokens.json"
        self._dies = dies

    def read(self) -> Any:
        """What was saved last."""
        return json.loads(self.path.read_text())

    def write(self, tokens: Any) -> None:
        """Replaces what was saved."""
        self.write_text(json.dumps(tokens))

    def write_text(self, text: str) -> None:
        """Replaces what was saved by what is JSON already."""
        if self._dies:
            os.kill(os.getpid(), signal.SIGKILL)
        descriptor, name = tempfile.mkstemp(dir=self.path.parent)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        Path(name).replace(self.path)
