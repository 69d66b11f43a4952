"""The admin API, ``/admin/v1``: what the console and the commands do, for machines."""

from __future__ import annotations

from remint.issuer.admin.api import AdminApi
from remint.issuer.admin.registry import OPERATIONS
from remint.issuer.endpoints.service import Service

__all__ = ["OPERATIONS", "make_admin"]


def make_admin(service: Service) -> AdminApi:
    """The ASGI application; its requests' paths arrive whole, ``/admin/v1`` included."""
    return AdminApi(service, OPERATIONS)
