"""`python speaker.py LIBRARY FOLDER BASE_URL OPTIONS`: one process of a user's program.

It reads commands from its input, a line of JSON each, and answers a line each. It runs under whatever Python
has the library, and needs nothing else.
"""

import importlib
import json
import logging
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MOST_LETTERS = 300


def main() -> int:
    """Obeys until the input ends."""
    library, folder, base_url, given = sys.argv[1:]
    options = json.loads(given)
    if options.get("log"):
        logging.basicConfig(level=logging.DEBUG, filename=options["log"])
    client = importlib.import_module(f"{library}_user").Client(Path(folder), base_url, options)
    _say({"ready": True})
    for line in sys.stdin:
        command = json.loads(line)
        _say(_obeyed(client, command))
    return 0


def _obeyed(client: Any, command: dict[str, Any]) -> dict[str, Any]:
    wanted = command.pop("do")
    if wanted == "call":
        return _threads(client, 1, 0)[0]
    if wanted == "calls":
        call = client.session()
        return {"all": [_tried(call) for _ in range(command["count"])]}
    if wanted == "threads":
        return {"all": _threads(client, **command)}
    if wanted == "renew":
        return _tried(client.renew)
    getattr(client, wanted)(**command)
    return {"done": True}


def _threads(client: Any, count: int, apart_seconds: float) -> list[dict[str, Any]]:
    """What so many threads get that share one session and come so far apart."""
    results: list[dict[str, Any]] = []
    call = client.session()

    def work(number: int) -> None:
        time.sleep(number * apart_seconds)
        results.append(_tried(call))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _tried(call: Callable[[], int]) -> dict[str, Any]:
    try:
        return {"status": call()}
    except Exception as error:  # noqa: BLE001
        return {"error": f"{type(error).__name__}: {error}"[:MOST_LETTERS]}


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    sys.exit(main())
