"""Wire formats: a TOML file becomes a compiled codec, used in both directions, and an OpenAPI description."""

from remint.dialect.authorize import Authorize
from remint.dialect.call import Call
from remint.dialect.catalogue import builtin, builtin_names, load_all, provider_names
from remint.dialect.check import check
from remint.dialect.dialect import Dialect, load
from remint.dialect.endpoint import Endpoint
from remint.dialect.inputs import Input
from remint.dialect.message import TokenAnswer, TokenRequest, WireAnswer, WireRequest
from remint.dialect.openapi import openapi
from remint.dialect.renewal import Limit, Renewal
from remint.dialect.use import Use

__all__ = [
    "Authorize",
    "Call",
    "Dialect",
    "Endpoint",
    "Input",
    "Limit",
    "Renewal",
    "TokenAnswer",
    "TokenRequest",
    "Use",
    "WireAnswer",
    "WireRequest",
    "builtin",
    "builtin_names",
    "check",
    "load",
    "load_all",
    "openapi",
    "provider_names",
]
