"""Companies: whose users and apps carry the same number and name."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import number_of, page_of
from remint.issuer.admin.fields import Moment, Name, Page, Paging, moment
from remint.issuer.admin.operation import Operation
from remint.issuer.tenants import companies as use
from remint.store import records

_TAG: Final = "Companies"
_ALL: Final = "/workspaces/{workspace}/companies"
_ONE: Final = f"{_ALL}/{{company}}"


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """A company in a workspace."""

    id: int
    number: Annotated[int, Meta(description="The claim `company_id` of its users and apps.")]
    name: Annotated[str, Meta(description="The claim `customer_name` of its users and apps.")]
    created_at: Moment | None
    version: int


class CompanyNew(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company to be made."""

    number: Annotated[int, Meta(ge=1, le=(1 << 53) - 1, examples=[7713])]
    name: Name


class CompanyChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another name."""

    name: Name


class CompanyQuery(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which companies are wanted."""

    query: Annotated[
        str, Meta(max_length=200, description="A part of the name or of the number.")
    ] = ""


def _shown(company: records.Company) -> Company:
    return Company(
        id=company.id,
        number=company.number,
        name=company.name,
        created_at=moment(company.created_at),
        version=company.version,
    )


def _list(call: Call) -> Answer:
    found = use.companies(
        call.installation,
        call.workspace,
        query=call.query.query,
        after=number_of("companies", call.query.cursor) or 0,
        limit=call.query.limit + 1,
    )
    limit = call.query.limit
    return Answer(
        body=page_of("companies", found, limit=limit, place=lambda each: each.id, show=_shown)
    )


def _create(call: Call) -> Answer:
    made = use.create_company(
        call.installation, call.workspace, call.body.number, call.body.name, actor=call.actor
    )
    location = f"/workspaces/{call.workspace.id}/companies/{made.id}"
    return Answer(body=_shown(made), version=made.version, location=location)


def _show(call: Call) -> Answer:
    company = use.company(call.installation, call.workspace, call.number("company"))
    return Answer(body=_shown(company), version=company.version)


def _change(call: Call) -> Answer:
    company = use.company(call.installation, call.workspace, call.number("company"))
    changed = use.change_company(
        call.installation,
        company,
        name=call.body.name,
        expected=call.expected,
        actor=call.actor,
    )
    return Answer(body=_shown(changed), version=changed.version)


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        name="list_companies",
        tag=_TAG,
        summary="The companies of a workspace, oldest first",
        handler=_list,
        permission="users:read",
        query=CompanyQuery,
        response=Page[Company],
        command="company list",
        page="companies",
    ),
    Operation(
        method="POST",
        path=_ALL,
        name="create_company",
        tag=_TAG,
        summary="Make a company",
        handler=_create,
        permission="users:write",
        request=CompanyNew,
        response=Company,
        status=201,
        creates=True,
        command="company create",
        page="company-new",
    ),
    Operation(
        method="GET",
        path=_ONE,
        name="show_company",
        tag=_TAG,
        summary="One company",
        handler=_show,
        permission="users:read",
        response=Company,
        command="company list",
        page="company",
    ),
    Operation(
        method="PATCH",
        path=_ONE,
        name="change_company",
        tag=_TAG,
        summary="Give a company another name",
        handler=_change,
        permission="users:write",
        request=CompanyChanges,
        response=Company,
        versioned="required",
        command="company change",
        page="company",
    ),
)
