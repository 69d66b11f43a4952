"""AWS Lambda: the store is in PostgreSQL, and the key comes from the environment.

``REMINT_KEEPER_STORE=postgresql://…`` and ``REMINT_KEEPER_KEY`` are set for the function.
"""

from typing import Any

import httpx2

from remint import Keeper, Timing
from remint.keeper.auth.httpx2 import KeeperAuth

# Between two events the process is frozen: a renewal behind its back would be frozen half-way.
keeper = Keeper(timing=Timing(advisory_seconds=0))
client = httpx2.Client(auth=KeeperAuth(keeper, "acme"))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    answer = client.get("https://api.acme.example/orders")
    return {"statusCode": answer.status_code, "body": answer.text}
