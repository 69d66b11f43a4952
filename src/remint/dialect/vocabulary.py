"""What a dialect file says, once it has been read and found sound.

These are plain values: the loader makes them, the code generators and the OpenAPI writer read them, and
nothing looks at them while a call is being served.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from remint.dialect.assertion import AssertionForm
from remint.dialect.hook import Hook
from remint.dialect.renewal import Renewal
from remint.dialect.signature import SignatureForm
from remint.dialect.source import KeyPath, Source

if TYPE_CHECKING:
    from remint.dialect.authorize import Authorize
    from remint.dialect.useform import UseForm

#: Where a field of a request may travel.
CARRIERS = (
    "path",
    "query",
    "header",
    "cookie",
    "basic-user",
    "basic-password",
    "bearer",
    "json",
    "form",
    "multipart",
    "nowhere",
)
#: Carriers that share the request's body.
BODY_CARRIERS = frozenset({"json", "form", "multipart"})
#: Carriers that share the ``Authorization`` header.
BASIC_CARRIERS = frozenset({"basic-user", "basic-password"})

#: Types of a request field, with the smallest and largest number of the numeric ones.
INTEGER_BOUNDS = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "positive": (1, 2**63 - 1),
}
REQUEST_TYPES = ("string", *INTEGER_BOUNDS, "boolean")

#: Meanings of a request, with the type that each has unless the file says otherwise.
REQUEST_MEANINGS = {
    "grant_type": "string",
    "refresh_token": "string",
    "client_id": "string",
    "client_secret": "string",
    "client_number": "int32",
    "api_key": "string",
    "scope": "string",
    "username": "string",
    "password": "string",
    "access_token": "string",
    "code": "string",
    "code_verifier": "string",
    "redirect_uri": "string",
}

#: Meanings of an answer, with the formats that each may have; the first is the default.
_SPAN = (
    *("seconds", "seconds-text", "milliseconds", "milliseconds-text", "minutes", "minutes-text"),
    *("hours", "hours-text", "days", "days-text", "duration"),
)
MOMENTS = ("iso8601", "epoch", "epoch-text", "epoch-ms", "epoch-ms-text", "http-date")
_MOMENT = (*MOMENTS, "jwt")
ANSWER_MEANINGS = {
    "access_token": ("string",),
    "refresh_token": ("string",),
    "id_token": ("string",),
    "token_type": ("string",),
    "scope": ("space", "comma", "list"),
    "expires_in": _SPAN,
    "access_expires_at": _MOMENT,
    "refresh_expires_at": _MOMENT,
    "refresh_expires_in": _SPAN,
}
#: Meanings that are counted from some moment.
SPANS = ("expires_in", "refresh_expires_in")
#: Formats of what a dialect adds to an answer.
EXTRA_FORMATS = ("string", "integer", "number", "boolean", "any")
#: Where a field of an answer may stand.
ANSWER_CARRIERS = ("body", "header", "cookie")

#: What can be generated for a request.
GENERATORS = (
    *("uuid", "nonce", "epoch", "epoch-ms", "iso8601", "iso8601-ms", "http-date"),
    *("copy", "signature", "assertion"),
)
#: Those that tell a time.
TIMES = ("epoch", "epoch-ms", "iso8601", "iso8601-ms", "http-date")
#: How an answer's body is written.
BODIES = ("json", "form", "text")
#: How well what a file says of a provider is known.
EVIDENCE = ("documentation", "sdk", "client")

#: Refusal codes, with the status that each has unless the file says otherwise (RFC 6749 §5.2, RFC 9110).
REFUSAL_STATUSES = {
    "invalid_request": 400,
    "invalid_client": 401,
    "invalid_grant": 400,
    "unauthorized_client": 400,
    "unsupported_grant_type": 400,
    "invalid_scope": 400,
    "slow_down": 429,
    "temporarily_unavailable": 503,
    "server_error": 500,
    "method_not_allowed": 405,
    "payload_too_large": 413,
}
#: What each says where nobody says it better.
REFUSAL_WORDS = {
    "invalid_request": "The request is malformed.",
    "invalid_client": "The client is not known, or did not authenticate.",
    "invalid_grant": "What was offered has expired, was revoked or is not valid.",
    "unauthorized_client": "The client may not use this grant type.",
    "unsupported_grant_type": "The grant type is not offered here.",
    "invalid_scope": "The scope is malformed, or more than was granted.",
    "slow_down": "Too many calls; try again later.",
    "temporarily_unavailable": "Not now; try again later.",
    "server_error": "A fault of the server.",
    "method_not_allowed": "Another method is wanted here.",
    "payload_too_large": "The body is too large.",
}
#: What a refusal means to a caller that holds the token, unless the file says otherwise.
REFUSAL_OUTCOMES = {
    "invalid_grant": "dead",
    "slow_down": "later",
    "temporarily_unavailable": "later",
    "server_error": "later",
}
OUTCOMES = ("dead", "login", "later", "early")
#: Words for what is wrong with a parameter.
KINDS = ("missing", "duplicate", "type", "length", "syntax", "value", "media", "credentials")
PLACEHOLDERS = ("code", "description", "where", "name", "kind", "request_id")

POLICY_ROTATIONS = ("rotate", "keep")
POLICY_ALGORITHMS = ("ES256", "RS256", "EdDSA", "HS256")

DEFAULT_MAX_LENGTH = 4096


@dataclass(frozen=True)
class Meant:
    """What every field has, wherever it travels: a meaning."""

    meaning: str  #: ``refresh_token``, … or ``extras.NAME``

    @property
    def extra(self) -> str | None:
        """Its name among the extras, if it is one."""
        prefix, _, name = self.meaning.partition(".")
        return name if prefix == "extras" else None

    @property
    def variable(self) -> str:
        """Its name in generated code."""
        return self.meaning.replace(".", "_")


@dataclass(frozen=True)
class RequestField(Meant):
    """One field of a request: what it means, where it travels and what is accepted there."""

    at: KeyPath  #: where the file says so
    carriers: tuple[str, ...]
    name: tuple[str, ...]  #: on the wire; more than one element is a path into nested JSON
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)  #: by carrier, if they differ
    type: str = "string"
    required: bool = True
    value: Any = None  #: a constant
    generate: str | None = None
    of: str = ""  #: the meaning of the field that a copy is of
    ahead_seconds: int = 0  #: how far from now a generated time is
    length: int = 32  #: of a nonce
    signature: SignatureForm | None = None
    assertion: AssertionForm | None = None
    check: bool = True  #: whether a constant is compared when a request is read
    escaped: bool = False  #: form-urlencoded inside Basic (RFC 6749 §2.3.1)
    repeats: bool = False  #: two carriers may both have it, if they agree
    secret: bool = False  #: whether nobody but the two ends of the call may know it
    min_length: int = 1
    max_length: int = DEFAULT_MAX_LENGTH
    missing: str | None = None  #: the description of its absence
    refuse: str = "invalid_request"  #: the code when it is missing
    unfit: str = "invalid_request"  #: the code of a value of the right type that no real one has
    credential: str = (
        ""  #: what a file of credentials calls it; the meaning, unless the file says so
    )
    title: str | None = None
    description: str | None = None
    example: Any = None

    def name_in(self, carrier: str) -> tuple[str, ...]:
        """What ``carrier`` calls it."""
        return self.names.get(carrier, self.name)

    @property
    def judges_empty(self) -> bool:
        """Whether an empty value is one that no real one has, and not an absent one."""
        return self.unfit != "invalid_request"


@dataclass(frozen=True)
class Since:
    """The moment, told by the answer itself, from which a span is counted."""

    name: tuple[str | int, ...]
    format: str


@dataclass(frozen=True)
class AnswerField(Meant):
    """One field of an answer."""

    at: KeyPath
    name: tuple[str | int, ...]  #: path into the body; empty where nothing of its own travels
    format: str
    required: bool = True
    missed: bool = True  #: whether a caller refuses an answer without it, if it is required
    value: str | int | bool | None = None  #: a constant
    also: tuple[str, ...] = ()  #: formats that are read as well
    since: Since | None = None  #: from when a span is counted, if not from now
    carrier: str = "body"  #: or a header, or a cookie that is set
    prefix: str = ""  #: before the value, in a header
    default: str | int | bool | None = None  #: what its absence means
    daily: int | None = None  #: the token ends every day, so long after midnight
    title: str | None = None
    description: str | None = None
    example: Any = None


@dataclass(frozen=True)
class SchemaNaming:
    """How one JSON object of an answer is called in OpenAPI."""

    schema: str | None = None  #: component
    title: str | None = None
    property_title: str | None = None  #: beside the reference to it


@dataclass(frozen=True)
class AnswerForm:
    """A success."""

    at: KeyPath
    fields: tuple[AnswerField, ...]
    status: int = 200
    also_statuses: tuple[int, ...] = ()  #: successes too, for who reads
    description: str = "A fresh access token."
    prefix: str = ""  #: junk before the JSON
    body: str = "json"
    extends: bool = False  #: no token comes, and the old one lives on
    naming: dict[tuple[str | int, ...], SchemaNaming] = field(default_factory=dict)

    def as_read(self) -> AnswerForm:
        """As a caller has it, who may do without what an endpoint always sends."""
        fields = (replace(each, required=each.required and each.missed) for each in self.fields)
        return replace(self, fields=tuple(fields))


@dataclass(frozen=True)
class RefusalForm:
    """How one refusal code is written."""

    code: str
    at: KeyPath
    status: int
    body: Any  #: a template of JSON
    outcome: str = ""
    description: str | None = None  #: instead of the refusal's own
    descriptions: dict[str, str] = field(default_factory=dict)  #: by kind
    headers: dict[str, str] = field(default_factory=dict)
    summary: str | None = None  #: of the status, in OpenAPI
    schema: str | None = None


@dataclass(frozen=True)
class FailureRule:
    """How a caller recognises a failure: by status, by a predicate on the body, or both."""

    at: KeyPath
    code: str
    outcome: str
    status: tuple[int, ...] = ()
    path: tuple[str | int, ...] = ()
    present: bool | None = None
    equals: tuple[Any, ...] = ()
    differs: tuple[Any, ...] = ()
    contains: tuple[str, ...] = ()
    header: str = ""  #: where to look, instead of in the body
    description: tuple[str | int, ...] = ()  #: where in the body the words are


@dataclass(frozen=True)
class CallForm:
    """One call: a grant type, its method and path, its request and its answer."""

    grant: str
    at: KeyPath
    method: str
    paths: tuple[str, ...]
    request: tuple[RequestField, ...]
    answer: AnswerForm
    hook: Hook | None = None  #: has the last word on a request
    answer_hook: Hook | None = None  #: has the first word on an answer
    serve: bool = True  #: whether an endpoint offers it
    operation_id: str | None = None
    described: bool = True  #: whether OpenAPI tells of it
    summary: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def dispatch(self) -> RequestField | None:
        """The field that says which grant type the call is, if it carries one."""
        return next((f for f in self.request if f.meaning == "grant_type" and f.check), None)


@dataclass(frozen=True)
class DialectForm:
    """A whole file."""

    source: Source
    name: str
    title: str
    summary: str
    serve: bool
    policy: dict[str, Any]
    calls: tuple[CallForm, ...]
    refusals: dict[str, RefusalForm]
    kinds: dict[str, str]
    failures: tuple[FailureRule, ...]
    schemas: dict[str, Any]
    use: UseForm
    authorize: Authorize | None
    base_url: str = ""  #: where the provider is, with placeholders
    evidence: str = ""
    details: bool = True  #: whether OpenAPI states lengths, ranges, headers and examples
    statuses: tuple[int, ...] = ()  #: the refusals that OpenAPI describes; all of them if empty
    renewal: Renewal = field(default_factory=Renewal)

    @property
    def served(self) -> tuple[CallForm, ...]:
        """The calls that endpoints offer."""
        return tuple(call for call in self.calls if self.serve and call.serve)
