"""Why a cell of the table says what it does, by scene and library, from reading the libraries' code."""

_NO_LOCK = "There is no lock: each caller sends the refresh token that it has read."
_IN_MEMORY = "The answer is in memory only, until the program has saved it."
_ASKS_AGAIN = "The refusal is not remembered."
_NULL = (
    "A body that has the names is a token, also where the values are null or empty; the refresh token in"
    " use is overwritten."
)
_FOREVER = "What is taken for fresh is never renewed: a 401 is given to the caller as it is."
_REPEATS = "The saved refresh token is unchanged, so the next call repeats the renewal."
_KEPT_OUT = "Tokens are not logged."

REASONS = {
    (
        "shared-file",
        "remint",
    ): "One process holds the lease; the others wait and read what it stored.",
    ("shared-file", "authlib"): _NO_LOCK,
    ("shared-file", "requests_oauthlib"): _NO_LOCK,
    ("shared-file", "google_auth"): _NO_LOCK,
    ("shared-file", "httpx_auth"): "Its lock is one of threads, not of processes.",
    ("shared-file", "msal"): (
        "Its cache has a lock of threads only. A package of its own, MSAL Extensions, locks the file while it"
        " is read and written, not while a token is renewed."
    ),
    ("workers", "remint"): "One thread renews; the others wait for its result.",
    ("workers", "authlib"): (
        "`OAuth2Session` has no lock. (`AsyncOAuth2Client` has one, for the tasks of one event loop.)"
    ),
    ("workers", "requests_oauthlib"): _NO_LOCK,
    ("workers", "google_auth"): _NO_LOCK,
    ("workers", "httpx_auth"): (
        "The first takes the expired entry out of the cache before it has a new one; the others find none and"
        " ask the user to log in. The session itself lives on."
    ),
    ("workers", "msal"): "The cache is locked, the renewal is not.",
    ("waiter", "remint"): "Who waited looks at what is stored before anything is sent.",
    ("waiter", "authlib"): _NO_LOCK,
    ("waiter", "requests_oauthlib"): _NO_LOCK,
    ("waiter", "google_auth"): _NO_LOCK,
    ("waiter", "httpx_auth"): "As above: who comes second is asked to log in.",
    ("waiter", "msal"): "The cache is locked, the renewal is not.",
    ("slow-provider", "remint"): (
        "The lease, of one second here, is renewed for as long as the call takes."
    ),
    ("slow-provider", "authlib"): _NO_LOCK,
    ("slow-provider", "requests_oauthlib"): _NO_LOCK,
    ("slow-provider", "google_auth"): _NO_LOCK,
    ("slow-provider", "httpx_auth"): "Its lock is one of threads, not of processes.",
    ("slow-provider", "msal"): "Its lock is one of threads, not of processes.",
    ("crash", "remint"): (
        "The raw answer is on the disk before it is read; the next process goes on from there. Killed in the"
        " instant between the last byte's arrival and that write, it is the lost answer below."
    ),
    ("crash", "authlib"): _IN_MEMORY,
    ("crash", "requests_oauthlib"): _IN_MEMORY,
    ("crash", "google_auth"): _IN_MEMORY,
    ("crash", "httpx_auth"): _IN_MEMORY,
    ("crash", "msal"): _IN_MEMORY,
    ("junk", "remint"): (
        "What the dialect does not read as tokens replaces none; the caller gets `RenewalDelayed`. The pauses"
        " between the tries are shortened here."
    ),
    ("junk", "authlib"): (
        "Below status 500, whatever JSON has no `error` becomes the token, and is saved."
    ),
    ("junk", "requests_oauthlib"): _NULL,
    ("junk", "google_auth"): _NULL,
    ("junk", "httpx_auth"): (
        "An answer without an access token is refused. It then asks the user to log in, but forgets nothing."
    ),
    ("junk", "msal"): _NULL,
    ("dead-session", "remint"): (
        "The connection is dead, for all processes, and says why, until it is connected anew or a renewal is"
        " asked for in so many words."
    ),
    ("dead-session", "authlib"): _ASKS_AGAIN,
    ("dead-session", "requests_oauthlib"): _ASKS_AGAIN,
    ("dead-session", "google_auth"): _ASKS_AGAIN,
    ("dead-session", "httpx_auth"): (
        "The entry leaves the cache in memory, not the file: each process asks once, then wants a login."
    ),
    ("dead-session", "msal"): (
        "Such a refusal is remembered in memory, for a minute: each process asks once."
    ),
    ("race-loser", "remint"): "There is no loser: one call was made.",
    ("race-loser", "authlib"): "A refusal changes nothing that is saved.",
    ("race-loser", "requests_oauthlib"): "A refusal changes nothing that is saved.",
    ("race-loser", "google_auth"): "A refusal changes nothing that is saved.",
    ("race-loser", "httpx_auth"): "A refusal changes nothing in the file.",
    ("race-loser", "msal"): (
        "An expired access token that is dropped from the cache counts as a change. Saving whenever there is"
        " one, as its documentation has it, the loser overwrites the winner's cache with its own."
    ),
    ("too-early", "remint"): (
        "45 seconds before the end a token is renewed behind the caller's back at most, and a refusal of that"
        " changes nothing. The dialect can also say from when on a renewal is allowed."
    ),
    (
        "too-early",
        "authlib",
    ): "It renews 60 seconds ahead (`leeway`), and the refusal is the caller's.",
    ("too-early", "requests_oauthlib"): "It renews at the expiry, not before.",
    ("too-early", "google_auth"): "It renews 225 seconds ahead, and the refusal is the caller's.",
    ("too-early", "httpx_auth"): "It renews 30 seconds ahead (`early_expiry`).",
    ("too-early", "msal"): "It renews 300 seconds ahead, and the refusal is the caller's.",
    ("debug-log", "remint"): _KEPT_OUT,
    ("debug-log", "authlib"): _KEPT_OUT,
    ("debug-log", "requests_oauthlib"): "It logs bodies, headers and tokens at DEBUG.",
    ("debug-log", "google_auth"): _KEPT_OUT,
    ("debug-log", "httpx_auth"): _KEPT_OUT,
    ("debug-log", "msal"): _KEPT_OUT,
    ("expiry", "remint"): (
        "For the moment that is called `expires_in` a dialect of twelve lines says so; nothing guesses. What"
        " carries no expiry is renewed at the first 401."
    ),
    ("expiry", "authlib"): _FOREVER,
    ("expiry", "requests_oauthlib"): _FOREVER,
    (
        "expiry",
        "google_auth",
    ): "`AuthorizedSession` renews at a 401, whatever it was told of the expiry.",
    ("expiry", "httpx_auth"): (
        "A moment is taken for a span of decades. Without `expires_in` the renewal fails, after the provider"
        " has used the refresh token up."
    ),
    ("expiry", "msal"): (
        "Without `expires_in` it assumes ten minutes. It does not see the API's 401; a program that does can"
        " ask it to `force_refresh`."
    ),
    ("lost-answer", "remint"): (
        "The connection is in doubt until the repetition is answered. Where the provider does not forgive it,"
        " the connection dies and says that an answer was lost."
    ),
    ("lost-answer", "authlib"): _REPEATS,
    ("lost-answer", "requests_oauthlib"): _REPEATS,
    ("lost-answer", "google_auth"): _REPEATS,
    ("lost-answer", "httpx_auth"): _REPEATS,
    ("lost-answer", "msal"): _REPEATS,
}
