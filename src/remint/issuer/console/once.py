"""Forms that are good once: what they make is shown on the answer, and a reload of that sends them again.

What is kept of a form is a hash of its token, which is another each time that a page is shown, among the
answers to creations: for a day, longer than a session lasts that nobody uses.
"""

from __future__ import annotations

from hashlib import sha256

from remint.errors import Conflict
from remint.issuer.console.page import Answer, Shown
from remint.issuer.console.visit import Visit
from remint.store.idempotency import Kept

_PURPOSE = b"remint console once"
_NOTHING_KEPT = Kept(b"", 0, b"")


def answer_once(visit: Visit) -> Answer:
    """What the page's handler answers to a form that was not sent before. Raises ``Conflict`` for another.

    A form that was refused, and made nothing, may be sent again.
    """
    kept = visit.installation.idempotency
    name = sha256(b"\0".join((_PURPOSE, visit.address.encode(), visit.token.encode()))).digest()
    try:
        kept.put(name, _NOTHING_KEPT)
    except Conflict:
        raise Conflict(
            "this form was sent before: what it made was shown then, and is not shown again. Nothing was made"
            " now; go back and load the page if you want another"
        ) from None
    made = False
    try:
        answer = visit.page.handler(visit)
        made = isinstance(answer, Shown) and answer.shows_secret
    finally:
        if not made:
            kept.drop(name)
    return answer
