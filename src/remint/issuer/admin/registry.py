"""Every operation of the admin API: what the dispatcher, the description, the docs and the tests go by."""

from __future__ import annotations

from typing import Any, Final

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.openapi import describe
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.resources import (
    accounts,
    activity,
    adminkeys,
    apikeys,
    appinstallations,
    apps,
    audit,
    companies,
    dialects,
    grants,
    invitations,
    members,
    partners,
    policies,
    saleschannel,
    secrets,
    signingkeys,
    users,
    workspaces,
)


def _describe(call: Call) -> Answer:
    return Answer(body=describe(OPERATIONS, server_url=call.installation.settings.base_url))


OPERATIONS: Final[tuple[Operation, ...]] = (
    *workspaces.OPERATIONS,
    *members.OPERATIONS,
    *invitations.OPERATIONS,
    *adminkeys.OPERATIONS,
    *apps.OPERATIONS,
    *secrets.OPERATIONS,
    *apikeys.OPERATIONS,
    *appinstallations.OPERATIONS,
    *saleschannel.OPERATIONS,
    *partners.OPERATIONS,
    *companies.OPERATIONS,
    *users.OPERATIONS,
    *grants.OPERATIONS,
    *audit.OPERATIONS,
    *activity.OPERATIONS,
    *policies.OPERATIONS,
    *dialects.OPERATIONS,
    *signingkeys.OPERATIONS,
    *accounts.OPERATIONS,
    Operation(
        method="GET",
        path="/openapi.json",
        name="describe",
        tag="Description",
        summary="This API as an OpenAPI 3.1 document",
        handler=_describe,
        permission=None,
        public=True,
        response=dict[str, Any],
        command="no: it describes requests",
        page="no: it describes requests",
    ),
)
