"""Partners: the apps that some dialects know by a number, their ``partnerId``."""

from __future__ import annotations

from typing import Final

from remint.errors import NotFound
from remint.issuer.admin.call import Answer, Call
from remint.issuer.admin.cursor import part_of
from remint.issuer.admin.fields import Page, Paging
from remint.issuer.admin.operation import Operation
from remint.issuer.admin.resources.apps import App, shown_app
from remint.store import records

_TAG: Final = "Partners"
_ALL: Final = "/workspaces/{workspace}/partners"
_MADE: Final = "A partner is made, changed and ended as an app; here it is found by its number."


def _number(app: records.App) -> int:
    assert app.number is not None, "a partner has a number"
    return app.number


def _list(call: Call) -> Answer:
    apps = call.installation.catalogue.apps(call.workspace.id)
    return Answer(
        body=part_of(
            "partners",
            [each for each in apps if each.number is not None],
            cursor=call.query.cursor,
            limit=call.query.limit,
            number=_number,
            show=shown_app,
        )
    )


def _show(call: Call) -> Answer:
    number = call.number("number")
    app = call.installation.catalogue.find(number=number)
    if app is None or app.workspace_id != call.workspace.id:
        raise NotFound(f"there is no partner {number}")
    return Answer(body=shown_app(app), version=app.version)


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=_ALL,
        name="list_partners",
        tag=_TAG,
        summary="The apps of a workspace that have a number, by number",
        description=_MADE,
        handler=_list,
        permission="apps:read",
        query=Paging,
        response=Page[App],
        command="app list",
        page="companies",
    ),
    Operation(
        method="GET",
        path=f"{_ALL}/{{number}}",
        name="show_partner",
        tag=_TAG,
        summary="The app that has a number",
        description=_MADE,
        handler=_show,
        permission="apps:read",
        response=App,
        command="app list",
        page="companies",
    ),
)
