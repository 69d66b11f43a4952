"""`python -m bench.clients`: plays every scene with every library, and prints the table.

With `--write` what was seen is recorded in `result.json`, and the table in `docs/compared.md` is made anew.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.clients.peers import HOME, LIBRARIES, Library
from bench.clients.provider import make_certificate, serving
from bench.clients.result import PAGE, RECORD, Cells, as_record, made_anew, merged, read, write
from bench.clients.scenes import SCENES, Outcome, Scene
from bench.clients.stage import Stage
from bench.clients.table import table

# The processes mostly wait.
_AT_ONCE = 3


def main() -> int:
    """Exits 1 where Remint does not survive a scene."""
    options = _options()
    if options.again:
        PAGE.write_text(made_anew(PAGE.read_text(), read()))
        return 0
    scenes = [each for each in SCENES if options.scene in (None, each.name)]
    libraries = [each for each in LIBRARIES if options.library in (None, each.module)]
    versions = {each.module: each.version() for each in libraries}
    for each in libraries:
        if not versions[each.module]:
            print(f"{each.name} is left out: see bench/clients/README.md", file=sys.stderr)
    played = _played(scenes, [each for each in libraries if versions[each.module]])
    record = as_record(played, versions)
    if options.write:
        if RECORD.exists():
            record = merged(read(), record)
        write(record)
        PAGE.write_text(made_anew(PAGE.read_text(), record))
        print(f"{RECORD.name} and {PAGE.name} are written", file=sys.stderr)
    print(table(record))
    own = [cells["remint"] for cells in played.values() if "remint" in cells]
    return int(any(outcome.verdict != "yes" for outcome in own))


def _played(scenes: Sequence[Scene], libraries: Sequence[Library]) -> Cells:
    HOME.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=HOME, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        make_certificate(folder / "ca.pem")
        cells = [(scene, library) for scene in scenes for library in libraries]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            outcomes = list(pool.map(lambda cell: _play(folder, *cell), cells))
    played: Cells = {scene.name: {} for scene in scenes}
    for (scene, library), outcome in zip(cells, outcomes, strict=True):
        played[scene.name][library.module] = outcome
    return played


def _play(folder: Path, scene: Scene, library: Library) -> Outcome:
    """One cell."""
    place = folder / f"{scene.name}-{library.module}"
    place.mkdir()
    with serving(scene.provider(), folder / "ca.pem") as provider:
        outcome = scene.play(Stage(library, provider, place, folder / "ca.pem"))
    shown = f"{scene.name}, {library.name}: {outcome.verdict}: {outcome.seen}"
    print(shown, file=sys.stderr, flush=True)
    return outcome


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.clients", description=__doc__)
    parser.add_argument("--scene", metavar="NAME", help="only this one")
    parser.add_argument("--library", metavar="MODULE", help="only this one")
    parser.add_argument("--write", action="store_true", help="record it, and make the page anew")
    parser.add_argument(
        "--again", action="store_true", help="make the page anew from what is recorded"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
