"""`python -m bench.clients`: plays every scene with every library, and prints the table."""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.clients.peers import HOME, LIBRARIES, Library
from bench.clients.provider import make_certificate, serving
from bench.clients.scenes import SCENES, Outcome, Scene
from bench.clients.stage import Stage


def play(folder: Path, scene: Scene, library: Library) -> Outcome:
    """One cell."""
    place = folder / f"{scene.name}-{library.module}"
    place.mkdir()
    with serving(scene.provider(), folder / "ca.pem") as provider:
        outcome = scene.play(Stage(library, provider, place, folder / "ca.pem"))
    print(f"{scene.name} {library.name}: {outcome.verdict}: {outcome.seen}", file=sys.stderr)
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.clients", description=__doc__)
    parser.add_argument("--scene", action="append", help="only this one")
    parser.add_argument("--library", action="append", help="only this one")
    options = parser.parse_args()
    scenes = [s for s in SCENES if not options.scene or s.name in options.scene]
    libraries = [
        each for each in LIBRARIES if not options.library or each.module in options.library
    ]
    HOME.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=HOME, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        make_certificate(folder / "ca.pem")
        cells = [(scene, library) for scene in scenes for library in libraries]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda cell: play(folder, *cell), cells))
    return 0


if __name__ == "__main__":
    sys.exit(main())
