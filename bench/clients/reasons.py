"""Why a cell of the table says what it does, by scene and library, from reading the libraries' code."""

_NO_LOCK = "It has no lock: each renews with the refresh token that it has read."
_REPLAY = "The next process offers the refresh token that was used up."
_ASKS_AGAIN = "It keeps no note of the refusal, and asks again."
_NULL = "A body without an `error` is a token, also one whose tokens are null; the refresh token is gone."

REASONS = {
    (
        "shared-file",
        "remint",
    ): "One process has the lease; the others wait, and read what it stored.",
    ("workers", "remint"): "One thread renews; the others wait for the same result.",
}
