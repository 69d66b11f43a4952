"""`python -m bench.keepertending STORE RENEWALS`: one scheduler in one process, until so many are renewed."""

import asyncio
import json
import resource
import sys
import time

from remint import AsyncKeeper, Scheduler

_PATIENCE_SECONDS = 600


async def main() -> None:
    """Prints what it took."""
    store, renewals = sys.argv[1], int(sys.argv[2])
    keeper = AsyncKeeper(store)
    scheduler = Scheduler(keeper)
    begun, cpu = time.monotonic(), time.process_time()
    running = asyncio.create_task(scheduler.run())
    while scheduler.renewals < renewals and time.monotonic() - begun < _PATIENCE_SECONDS:
        await asyncio.sleep(0.05)
    seen = {
        "renewals": scheduler.renewals,
        "seconds": time.monotonic() - begun,
        "cpu_seconds": time.process_time() - cpu,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    await scheduler.stop()
    await running
    await keeper.close()
    if scheduler.renewals < renewals:
        raise SystemExit(f"only {scheduler.renewals} of {renewals} were renewed")
    print(json.dumps(seen))


if __name__ == "__main__":
    asyncio.run(main())
